import { pascal } from "./names.ts"
import type { Relation, Resource } from "./resource.ts"

/** Schemas and operations that the document has of the engine itself. */
const schemasOfWeir = ["Count", "Health", "Problem", "Readiness", "Token"]
const operationsOfWeir = ["createToken", "health", "ready"]

/** The names that a resource has in the document. */
function namesOf({ name, typeName, softDelete, history, document, options }: Resource): Names {
  const optional = [...(options.replace ? ["Replace"] : []), ...(history ? ["Version"] : [])]
  if (options.bulk) optional.push("BulkUpdate")
  const suffixes = ["", "Part", "Create", "Update", ...optional]
  return {
    schemas: suffixes.map((suffix) => typeName + suffix),
    operations: [
      `list${pascal(name)}`,
      ...["read", "create", "update", "delete"].map((verb) => verb + typeName),
      ...["read", "update", "delete"].map((verb) => `${verb}Current${typeName}`),
      `createMany${pascal(name)}`,
      ...(document || options.replace ? [`replace${typeName}`] : []),
      ...(options.bulk ? ["updateMany", "deleteMany"].map((verb) => verb + pascal(name)) : []),
      ...(softDelete ? [`restore${typeName}`] : []),
      ...(history ? [`list${typeName}Versions`] : []),
    ],
  }
}

interface Names {
  schemas: string[]
  operations: string[]
}

/** The names that the rows of one parent have in the document: they are created there, or linked. */
const namesWithin = (list: string, { via }: Relation): Names =>
  via
    ? { schemas: [`${list}Link`], operations: [`list${list}`, `link${list}`, `unlink${list}`] }
    : { schemas: [`${list}Create`], operations: [`list${list}`, `create${list}`, `createMany${list}`] }

const nestedOf = ({ relations }: Resource): Relation[] =>
  Object.values(relations).filter(({ kind }) => kind === "many")

/** Names lists of one parent's rows: `UserItems`, or where that is taken, `ItemsOfUser`, and so on. */
function nameNested(resource: Resource, schemas: Map<string, string>, operations: Map<string, string>): void {
  for (const relation of nestedOf(resource)) {
    const { typeName } = resource
    const plain = pascal(relation.name)
    const candidates = [`${typeName}${plain}`, `${plain}Of${typeName}`, `${typeName}${plain}List`]
    const isFree = (list: string): boolean => {
      const names = namesWithin(list, relation)
      return (
        names.schemas.every((one) => !schemas.has(one)) &&
        names.operations.every((one) => !operations.has(one))
      )
    }
    let list = candidates.find(isFree)
    for (let n = 2; list === undefined; n++) {
      const numbered = `${typeName}${plain}${n}`
      if (isFree(numbered)) list = numbered
    }
    relation.documentName = list
    const names = namesWithin(list, relation)
    for (const one of names.schemas) schemas.set(one, resource.name)
    for (const one of names.operations) operations.set(one, resource.name)
  }
}

/** Throws where two resources, or one and the engine, have one name in the document, which generated clients go by. */
export function checkDocumentNames(resources: readonly Resource[]): void {
  const schemas = new Map(schemasOfWeir.map((name) => [name, "Weir itself"]))
  const operations = new Map(operationsOfWeir.map((name) => [name, "Weir itself"]))
  for (const resource of resources) {
    const { name } = resource
    // A guess gives way.
    const isTaken = ({ schemas: s, operations: o }: Names): boolean =>
      s.some((one) => schemas.has(one)) || o.some((one) => operations.has(one))
    if (resource.options.singular === undefined && isTaken(namesOf(resource))) {
      resource.singular = name
      resource.typeName = pascal(name)
    }
    const { singular } = resource
    if (!/^[A-Za-z]\w*$/.test(singular))
      throw new Error(`${name}: singular "${singular}" must be a word of letters, digits and _`)
    const names = namesOf(resource)
    for (const [taken, own, what] of [
      [schemas, names.schemas, "schema"],
      [operations, names.operations, "operation"],
    ] as const)
      for (const one of own) {
        const other = taken.get(one)
        if (other !== undefined)
          throw new Error(
            `${name}: the document has a ${what} called ${one} already, of ${other}; give ${name} another singular`,
          )
        taken.set(one, name)
      }
  }
  for (const resource of resources) nameNested(resource, schemas, operations)
}

/** All schema names of the resources and of the engine. */
export const schemaNames = (resources: readonly Resource[]): Set<string> =>
  new Set([
    ...schemasOfWeir,
    ...resources.flatMap((resource) => [
      ...namesOf(resource).schemas,
      ...nestedOf(resource).flatMap((relation) => namesWithin(relation.documentName, relation).schemas),
    ]),
  ])

/** All operation names of the resources and of the engine. */
export const operationNames = (resources: readonly Resource[]): Set<string> =>
  new Set([
    ...operationsOfWeir,
    ...resources.flatMap((resource) => [
      ...namesOf(resource).operations,
      ...nestedOf(resource).flatMap((relation) => namesWithin(relation.documentName, relation).operations),
    ]),
  ])
