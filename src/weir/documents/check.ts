import type { JsonSchema } from "../db/dialect/collections.ts"
import type { Resource } from "../resource/resource.ts"
import { validatorFor } from "./input.ts"
import { schemaFault } from "./schema-fault.ts"
import { referenceFault } from "./schema-references.ts"

/** Throws one line that names the first collection whose JSON Schema is none. */
export function checkCollections(resources: readonly Resource[]): void {
  for (const resource of resources) {
    const { name, collection } = resource
    if (collection?.schema === undefined) continue
    const fault = faultOf(resource, collection.schema)
    if (fault !== undefined) throw new Error(`${name}: ${fault}`)
  }
}

function faultOf(resource: Resource, schema: JsonSchema): string | undefined {
  try {
    return schemaFault(schema) ?? referenceFault(schema) ?? unusable(resource)
  } catch (error) {
    if (error instanceof RangeError) return "schema holds itself, or nests too deeply: use $ref"
    throw error
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
