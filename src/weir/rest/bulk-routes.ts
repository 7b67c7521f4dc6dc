import { patchTypes } from "../http/media-types.ts"
import type { Registry } from "../http/registry.ts"
import type { Resource } from "../resource/resource.ts"
import type { Rule } from "../resource/rules.ts"
import { removeRows, updateRows } from "./bulk.ts"
import { answeredOnce } from "./idempotency.ts"
import { deleteManyDoc, updateManyDoc } from "./openapi-bulk.ts"
import type { Documented } from "./openapi-parts.ts"

/** Changes of many rows at once, at the list's path. */
export function bulkRoutes(
  registry: Registry,
  documented: Documented,
  all: string,
  served: (rule: Rule) => boolean,
  resource: Resource,
): void {
  const { rules } = resource
  if (served(rules.update))
    registry.add(
      "patch",
      all,
      documented((d) => updateManyDoc(d, resource)),
      answeredOnce((c) => updateRows(c, resource)),
      { patchTypes },
    )
  if (served(rules.delete))
    registry.add(
      "delete",
      all,
      documented((d) => deleteManyDoc(d, resource)),
      (c) => removeRows(c, resource),
    )
}
