import type { Resource } from "../resource/resource.ts"
import { validatorFor } from "./input.ts"
import { schemaFault } from "./schema-fault.ts"

/** Throws one line that names the first collection whose JSON Schema is none. */
export function checkCollections(resources: readonly Resource[]): void {
  for (const resource of resources) {
    const { name, collection } = resource
    if (collection?.schema === undefined) continue
    const fault = schemaFault(collection.schema) ?? unusable(resource)
    if (fault !== undefined) throw new Error(`${name}: ${fault}`)
  }
}

/** What the validator itself says of a schema. */
function unusable(resource: Resource): string | undefined {
  try {
    validatorFor(resource)?.({})
    return undefined
  } catch (error) {
    return `schema: ${(error as Error).message.split("\n")[0]}`
  }
}
