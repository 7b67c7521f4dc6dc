import { invalid } from "../problem.ts"
import type { Resource } from "../resource/resource.ts"
import { updateSchema } from "../resource/schemas.ts"
import { refuseUnconfirmed } from "./access.ts"
import type { Call } from "./call.ts"
import { parseBody, requireWritable, schemaOnce } from "./input.ts"

const schemaOf = schemaOnce(updateSchema)

/**
 * The checked fields of a merge patch of rows, that of one row of an array at `prefix`. Throws a 422 that names every wrong
 * member, and for a patch that changes nothing, and a 403 for fields that are not the viewer's to set.
 */
export function patchInput(
  call: Pick<Call, "viewer" | "rejected">,
  resource: Resource,
  patch: unknown,
  prefix: string[] = [],
): Record<string, unknown> {
  const input = parseBody(schemaOf(resource), patch, prefix)
  requireWritable(resource, call.viewer, input, false, prefix)
  refuseUnconfirmed(call, resource, input)
  if (Object.keys(input).length > 0) return input
  const message = `must hold at least one field${prefix.length ? " beside its key" : ""}`
  throw invalid("The patch changes nothing", [{ path: prefix.join(".") || "body", message, code: "empty" }])
}
