import { type Components, freeName, type Json, type Reference } from "../http/components.ts"
import type { OperationDoc } from "../http/document.ts"
import { schemaNames } from "../resource/document-names.ts"
import { pascal } from "../resource/names.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import { readable } from "../resource/schemas.ts"
import type { Within } from "./handlers.ts"
import { type FieldDoc, fieldDocs } from "./openapi-fields.ts"

/** What the operations of an API's resources are documented with. */
export interface Documents {
  /** Whether writes take an `Idempotency-Key`. */
  records: boolean
  components: Components
  fieldDoc: (field: Field) => FieldDoc
  /** The fields of a resource that some viewer may see. */
  readable: (resource: Resource) => Field[]
  /** The name of the schema of a resource's embedded rows. */
  embedded: (resource: Resource) => string
  /** The name of the schema of its groups. */
  grouped: (resource: Resource) => string
  /** The name of the type of a resource's trees of filters. */
  treeName: (resource: Resource) => string
  /** The parameters of each resource's key and lists, and those of filters by a name and a type. */
  keys: Map<Resource, Reference[]>
  lists: Map<Resource, Reference[]>
  filters: Map<string, Reference[]>
  /** The types of each resource's trees of filters, and of what they say of fields of each type. */
  trees: Map<Resource, Reference>
  operands: Map<string, Reference>
}

/** Makes the documentation of an operation, with what all of them share. */
export type Documented = (
  make: (documents: Documents) => OperationDoc,
) => (components: Components) => OperationDoc

/** Makes the documentation of an operation of these resources. What they share is made at the first of a document. */
export function documentsOf(resources: readonly Resource[], records: boolean): Documented {
  // Weak: what a document was made of goes with it, and its text alone stays.
  const known = new WeakMap<Components, Documents>()
  return (make) => (components) => {
    let documents = known.get(components)
    if (!documents) {
      documents = {
        records,
        components,
        fieldDoc: fieldDocs(resources),
        readable: perResource(readable),
        embedded: namesOf(resources, "Embedded"),
        treeName: namesOf(resources, "Filter"),
        grouped: namesOf(resources, "Group"),
        keys: new Map(),
        lists: new Map(),
        filters: new Map(),
        trees: new Map(),
        operands: new Map(),
      }
      known.set(components, documents)
    }
    return make(documents)
  }
}

/** Makes a value for each resource once. */
function perResource<T>(make: (resource: Resource) => T): (resource: Resource) => T {
  const values = new Map<Resource, T>()
  return (resource) => {
    const known = values.get(resource)
    if (known !== undefined) return known
    const value = make(resource)
    values.set(resource, value)
    return value
  }
}

/** The names of schemas that each resource has one of, of which the types of other resources may be one. */
function namesOf(resources: readonly Resource[], word: string): (resource: Resource) => string {
  const taken = schemaNames(resources)
  return perResource(({ typeName }) => {
    const name = freeName([`${typeName}${word}`, `${word}${typeName}`], (one) => taken.has(one))
    taken.add(name)
    return name
  })
}

/** A parameter of the query string. */
export const inQuery = (name: string, description: string, schema: Json): Json => ({
  name,
  in: "query",
  required: false,
  description,
  schema,
})

export const jsonOf = (schema: Json, example?: unknown) => ({
  content: { "application/json": { schema, ...(example === undefined ? {} : { example }) } },
})

/** An object as JSON Schema, by its members and whether it must have them. */
export function objectOf(members: Record<string, { schema: Json; required: boolean }>): Json {
  const entries = Object.entries(members)
  const required = entries.filter(([, member]) => member.required).map(([name]) => name)
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
    ...(required.length ? { required } : {}),
  }
}

/** Whether an action, on all of these, needs a token, or only shows more with one. */
export const securityOf = (
  resource: Resource,
  action: "read" | "create" | "update" | "delete" | "restore",
  ...others: Resource[]
): "optional" | "required" =>
  [resource, ...others].every(({ rules }) => isOpen(rules[action], "anonymous")) ? "optional" : "required"

/** The scopes of a key for an action on rows that are reached by way of others. */
export const nestedScopes = (
  { name }: Resource,
  action: "read" | "create" | "delete",
  ...others: (Resource | undefined)[]
): string[] => [`${name}:${action}`, ...others.flatMap((one) => (one ? [`${one.name}:read`] : []))]

/** What the operations on a list of rows are called: those of a resource, or those of one parent. */
export const nestedNames = (resource: Resource, parent?: Within): { operation: string; words: string } =>
  parent
    ? {
        operation: parent.relation.documentName,
        words: ` in the ${parent.relation.name} of one ${parent.within.singular}`,
      }
    : { operation: pascal(resource.name), words: "" }
