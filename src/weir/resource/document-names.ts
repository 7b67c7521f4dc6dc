import { pascal } from "./names.ts"
import type { Resource } from "./resource.ts"

/** Schemas and operations that the document has of the engine itself. */
const schemasOfWeir = ["Health", "Problem", "Readiness", "Token"]
const operationsOfWeir = ["createToken", "health", "ready"]

/** The names that a resource has in the document. */
function namesOf({ name, typeName, relations }: Resource): { schemas: string[]; operations: string[] } {
  const nested = Object.values(relations)
    .filter(({ kind }) => kind === "many")
    .map((relation) => `${typeName}${pascal(relation.name)}`)
  return {
    schemas: [
      ...["", "Part", "Create", "Update"].map((suffix) => typeName + suffix),
      ...nested.map((list) => `${list}Create`),
    ],
    operations: [
      `list${pascal(name)}`,
      ...["read", "create", "update", "delete"].map((verb) => verb + typeName),
      ...["read", "update", "delete"].map((verb) => `${verb}Current${typeName}`),
      `createMany${pascal(name)}`,
      ...nested.flatMap((list) => [`list${list}`, `create${list}`, `createMany${list}`]),
    ],
  }
}

/** Throws where two resources, or one and the engine, have one name in the document, which generated clients go by. */
export function checkDocumentNames(resources: readonly Resource[]): void {
  const schemas = new Map(schemasOfWeir.map((name) => [name, "Weir itself"]))
  const operations = new Map(operationsOfWeir.map((name) => [name, "Weir itself"]))
  for (const resource of resources) {
    const { name, singular } = resource
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
}

/** All operation names of the resources and of the engine. */
export const operationNames = (resources: readonly Resource[]): Set<string> =>
  new Set([...operationsOfWeir, ...resources.flatMap((resource) => namesOf(resource).operations)])
