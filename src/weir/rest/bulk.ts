import { requireJsonAccepted } from "../http/accept.ts"
import { readJson } from "../http/body.ts"
import type { AppContext } from "../http/context.ts"
import { acceptPatch, patchTypes } from "../http/media-types.ts"
import { searchOf } from "../http/query-string.ts"
import { reply } from "../http/reply.ts"
import { requireOpen } from "../operations/access.ts"
import { removeWhere, updateWhere } from "../operations/bulk.ts"
import { keyOf } from "../operations/create.ts"
import type { Outcome } from "../operations/recording.ts"
import { allShaped, shapeOf } from "../operations/shaped.ts"
import { type UpdatedRow, updateMany } from "../operations/update-many.ts"
import { invalid } from "../problem.ts"
import type { RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { onceIn } from "./idempotency.ts"
import { refusePreconditions } from "./precondition.ts"
import { preferencesOf } from "./prefer.ts"
import { verbatimOf } from "./verbatim.ts"

/** `PATCH /resource`: an array of rows with their keys, or one patch of the rows that filters find. */
export async function updateRows(c: AppContext, resource: Resource): Promise<Response> {
  const call = c.get("call")
  requireJsonAccepted(c)
  requireOpen(call, resource.rules.update)
  refusePreconditions((name) => c.req.header(name), ": each row may have its _version")
  const input = await readJson(c, patchTypes, verbatimOf(resource))
  if (Array.isArray(input)) return updateEach(c, resource, input)
  if (resource.document)
    throw invalid("The body is not valid", [
      { path: "body", message: "must be an array of documents, each with its key", code: "invalid_type" },
    ])
  return counted(c, () => updateWhere(call, resource, searchOf(c), input))
}

/** `DELETE /resource`: the rows that filters find. */
export async function removeRows(c: AppContext, resource: Resource): Promise<Response> {
  const call = c.get("call")
  requireJsonAccepted(c)
  requireOpen(call, resource.rules.delete)
  refusePreconditions((name) => c.req.header(name))
  return counted(c, () => removeWhere(call, resource, searchOf(c)))
}

/** Answers with how many rows were changed. */
async function counted(c: AppContext, change: () => Promise<number>): Promise<Response> {
  const { isMinimal, applied } = preferencesOf(c)
  const { value, replayed } = await onceIn(c, c.get("call"), change, countOf)
  const headers = { ...applied, ...replayed }
  return isMinimal ? reply(c, 204, null, headers) : reply(c, 200, JSON.stringify({ count: value }), headers)
}

const countOf = (outcomes: Outcome[]): number => outcomes.reduce((sum, { body }) => sum + Number(body), 0)

async function updateEach(c: AppContext, resource: Resource, input: unknown[]): Promise<Response> {
  const call = c.get("call")
  const shaped = shapeOf(call, resource, searchOf(c))
  const { isMinimal, applied } = preferencesOf(c)
  const rowOf = ({ key, body }: Outcome): UpdatedRow => ({ key: keyOf(resource, key) as RowKey, body })
  const { value: rows, replayed } = await onceIn(
    c,
    call,
    () => updateMany(call, resource, input),
    (outcomes) => outcomes.map(rowOf),
  )
  const headers = { ...applied, ...replayed, ...acceptPatch }
  if (isMinimal) return reply(c, 204, null, headers)
  const bodies = await allShaped(call, rows, ({ key, body }) => shaped(key, body))
  return reply(c, 200, `[${bodies.join(",")}]`, headers)
}
