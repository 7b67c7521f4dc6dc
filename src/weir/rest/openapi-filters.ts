import { type Operator, partial } from "../fields/operators.ts"
import type { Json, Reference } from "../http/components.ts"
import { operatorsOf } from "../query/query.ts"
import type { Field, Relation, Resource } from "../resource/resource.ts"
import type { Documents } from "./openapi-parts.ts"

/** The type of a resource's trees of filters: `ItemFilter`. */
export function treeType(d: Documents, resource: Resource): Reference {
  const known = d.trees.get(resource)
  if (known) return known
  const name = d.treeName(resource)
  // Trees refer to each other: the reference is there before the type is made.
  const reference: Reference = { $ref: `#/components/schemas/${name}` }
  d.trees.set(resource, reference)
  d.components.named("schemas", name, () => tree(d, resource, reference))
  return reference
}

function tree(d: Documents, resource: Resource, self: Reference): Json {
  const fields = d.readable(resource)
  const named = fields.filter(({ name }) => name !== resource.document)
  const ofFields = named.map((field) => [field.name, fieldType(d, field)] as const)
  const ofRelations = Object.values(resource.relations).map(
    (relation) => [relation.name, relationType(d, relation)] as const,
  )
  const many = { type: "array", items: self }
  return {
    type: "object",
    description: `A tree of filters of ${resource.name}`,
    properties: { ...Object.fromEntries([...ofRelations, ...ofFields]), and: many, or: many, not: self },
    // Places in JSON have names of their own.
    additionalProperties: fields.some(({ spec }) => spec.type === "json") || resource.document !== undefined,
  }
}

/** What a field must be: a value, null, or what operators say. Fields of one type share it. */
function fieldType(d: Documents, field: Field): Json | Reference {
  const { type, value } = d.fieldDoc(field)
  const key = `${type} ${field.nullable}`
  const known = d.operands.get(key)
  if (known) return known
  const operators = operatorsOf(field)
  const members = operators.map((operator) => [operator, operandType(operator, value)])
  const object = { type: "object", properties: Object.fromEntries(members), additionalProperties: false }
  const anyOf = [
    ...(operators.includes("eq") ? [value] : []),
    ...(field.nullable ? [{ type: "null" }] : []),
    object,
  ]
  const names = [`${field.spec.type}Operators`, `${field.name}Operators`] as [string, string]
  const reference = d.components.shareable("schemas", { anyOf }, ...names)
  d.operands.set(key, reference)
  return reference
}

function operandType(operator: Operator, value: Json): Json {
  if (operator === "is_null" || operator === "exists") return { type: "boolean" }
  if (operator === "in" || operator === "nin") return { type: "array", items: value }
  if (operator === "between") return { type: "array", items: value, minItems: 2, maxItems: 2 }
  return partial.includes(operator) ? { type: "string" } : value
}

function relationType(d: Documents, { kind, target }: Relation): Json {
  const rows = treeType(d, target)
  if (kind === "one") return rows
  return {
    anyOf: [
      rows,
      {
        type: "object",
        properties: { some: rows, none: rows, every: rows },
        minProperties: 1,
        additionalProperties: false,
      },
    ],
  }
}
