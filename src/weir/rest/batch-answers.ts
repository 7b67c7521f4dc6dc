import { parseWithLong } from "../lib/long-integer.ts"
import type { Call } from "../operations/call.ts"
import type { CreateResult } from "../operations/create.ts"
import type { Outcome } from "../operations/recording.ts"
import { allShaped, type Shape, shapeOf } from "../operations/shaped.ts"
import { jsonOf, validatorOf } from "../operations/validator.ts"
import { isLater, type KeyPart, type RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import type { SentOperation } from "./batch-input.ts"
import type { Target } from "./batch-target.ts"
import { rowPath } from "./path-key.ts"
import { isUpsert, rowOf, type Upserted, upsertOf } from "./upsert.ts"

/** What an operation is answered with. */
export interface Result {
  status: number
  location?: string | undefined
  etag?: string | undefined
  /** JSON; undefined for none. */
  body?: string | undefined
}

/** Whether an operation creates rows, or finds them by a unique key. */
export const isCreate = ({ method }: SentOperation, { key, named, word, relation }: Target): boolean =>
  method === "POST" && (key === undefined || relation !== undefined || (isBatch(key, named) && !word))

/** Whether a segment stands for a create of many. */
export const isBatch = (key: string | undefined, named?: string): boolean =>
  key === "batch" && named === undefined

/** The answer to a create. */
export async function createdResult(
  call: Call,
  resource: Resource,
  { rows, many }: CreateResult,
  shaped: Shape,
): Promise<Result> {
  const bodies = await allShaped(call, rows, (row) => shaped(row.key, row.body))
  if (many) return { status: 201, location: `/${resource.name}`, body: `[${bodies.join(",")}]` }
  return createdOne(call, resource, rows[0], bodies[0] as string)
}

/** The answer to a create of one row, whose `body` has its shape. */
export async function createdOne(
  { viewer }: Call,
  resource: Resource,
  row: CreateResult["rows"][number] | undefined,
  body: string,
): Promise<Result> {
  const location = row?.key === undefined ? undefined : rowPath(resource, row.key)
  return { status: 201, location, etag: await validatorOf(row?.body ?? "{}", viewer), body }
}

/** The answer to an upsert. */
export async function upsertedResult(
  answer: ReturnType<typeof upsertOf>["answer"],
  upserted: Upserted,
): Promise<Result> {
  const { body, ...result } = await answer(upserted)
  return { ...result, body: await body() }
}

/** The answer to a change of one row, or to a `PUT` that has created it. */
export async function changedResult(
  call: Call,
  resource: Resource,
  shaped: Shape,
  { key: named, body, created = false }: { key: RowKey | undefined; body: string; created?: boolean },
): Promise<Result> {
  const key = named !== undefined && isLater(named) ? keyIn(resource, body) : named
  return {
    status: created ? 201 : 200,
    location: created && key !== undefined ? rowPath(resource, key) : undefined,
    etag: await validatorOf(body, call.viewer),
    body: await shaped(key, body),
  }
}

/** The key of a row that a reference has named, by its text; undefined where the viewer may not see it. */
function keyIn({ keys }: Resource, text: string): RowKey | undefined {
  const row = parseWithLong(jsonOf(text)) as Record<string, KeyPart>
  const parts = keys.map((name) => row[name] as KeyPart)
  if (parts.some((part) => part === undefined || part === null)) return undefined
  return parts.length === 1 ? parts[0] : parts
}

/** The answer to an operation that was carried out before, made of what it left: what it read is not known any more. */
export async function resultAgain(
  call: Call,
  sent: SentOperation,
  target: Target,
  outcomes: Outcome[],
): Promise<Result> {
  const { method, body } = sent
  const { relation, targetKey, search } = target
  if (method === "GET") return { status: 200 }
  if (method === "DELETE" || targetKey !== undefined) return { status: 204 }
  const resource = relation?.target ?? target.resource
  const rows = outcomes.map((outcome) => rowOf(resource, outcome))
  const written = { rows, many: Array.isArray(body?.value) }
  if (isUpsert(resource, search) && isCreate(sent, target))
    return upsertedResult(upsertOf(call, resource, search, true).answer, written)
  const shaped = shapeOf(call, resource, search, true)
  if (isCreate(sent, target)) return createdResult(call, resource, written, shaped)
  return changedResult(call, resource, shaped, rows[0] ?? { key: undefined, body: "{}" })
}
