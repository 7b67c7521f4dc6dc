import { notFound, Problem } from "../problem.ts"
import type { RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { exists, isHidden } from "./access.ts"
import { Raced } from "./batch-step.ts"
import type { Call, Collector } from "./call.ts"
import type { create } from "./create.ts"
import { failed, requireAbsent } from "./precondition.ts"

/** Creates the row of a PUT. */
export type CreateIt = () => ReturnType<typeof create>

/** What a replacement left. */
export interface Replaced {
  body: string
  created: boolean
}

/** Whether a row is there for a step of a batch, after those before it. */
export const isThereThen = async (
  call: Call,
  { rows }: Collector,
  resource: Resource,
  id: RowKey,
): Promise<boolean> => rows.isThere(resource, id) ?? (await exists(call, resource, id))

/** Creates the row as a step of a batch: where another request is first, the batch is to be tried again. */
export async function createdInBatch(
  call: Call,
  resource: Resource,
  id: RowKey,
  createIt: CreateIt,
): Promise<Replaced> {
  const isGone = call.collector?.rows.isThere(resource, id) === false
  try {
    return await createdBy(createIt)
  } catch (error) {
    if (!isGone && (await hasRaced(call, resource, id, error))) throw new Raced()
    throw error
  }
}

/**
 * Whether a create failed since another request has made the row meanwhile, or has deleted it again: another try may replace
 * or create it. One that is there and hidden stays in the way, and so does the row of another key.
 */
export async function hasRaced(call: Call, resource: Resource, id: RowKey, error: unknown): Promise<boolean> {
  if (!(error instanceof Problem) || error.code !== "duplicate") return false
  if (await exists(call, resource, id)) return true
  if (!error.issues?.every(({ path }) => resource.keys.includes(path))) return false
  return !(await isHidden(call, resource, id))
}

export async function createdBy(createIt: CreateIt): Promise<Replaced> {
  const { rows } = await createIt()
  return { body: rows[0]?.body ?? "", created: true }
}

/** Creates a row that `If-None-Match: *` asks to be absent. */
export async function createAbsent(
  call: Call,
  resource: Resource,
  id: RowKey,
  createIt: CreateIt | undefined,
): Promise<Replaced> {
  const isThere = call.collector?.rows.isThere(resource, id)
  if (isThere) throw failed("There is such a row already")
  if (!createIt) {
    if (isThere === undefined) await requireAbsent(call, resource, id)
    throw notFound()
  }
  try {
    return await createdBy(createIt)
  } catch (error) {
    const isTaken = error instanceof Problem && error.code === "duplicate"
    if (isTaken && isThere === undefined) await requireAbsent(call, resource, id)
    throw error
  }
}
