import { notFound, Problem } from "../problem.ts"
import { isLater, type RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { keyValues } from "../sql/columns.ts"
import { compileHeld } from "../sql/held.ts"
import { ownValues, planOf, withValues } from "../sql/plan.ts"
import type { Call } from "./call.ts"
import { isSameState, jsonOf, validatorOf } from "./validator.ts"

/** What a write requires of the row as it is (RFC 9110, 13.1). */
export interface Precondition {
  /** The row has one of these validators; `*`: it is there. */
  match?: readonly string[] | "*" | undefined
  /** The row has none of these validators; `*`: it is not there. */
  noneMatch?: readonly string[] | "*" | undefined
  /** The row was not changed after this time, in ms. */
  unmodifiedSince?: number | undefined
}

/** A row as its viewer may see it. */
interface HeldRow {
  /** As a write returns it. */
  text: string
  etag: string
  /** What it must still be for a write to hold: its version or text. */
  held: string
}

/** A 412, with the row as it is now. */
export const failed = (detail: string, row?: Pick<HeldRow, "text" | "etag">): Problem =>
  new Problem("precondition_failed", detail, {
    current: row && jsonOf(row.text),
    headers: row ? { etag: row.etag } : {},
  })

/** The row as it is, and when it was changed; undefined where the viewer can see none. */
async function rowNow(
  call: Call,
  resource: Resource,
  id: RowKey,
): Promise<(HeldRow & { updated: unknown }) | undefined> {
  const { viewer } = call
  const { kind } = viewer
  const plan = planOf(resource, `held:${kind}`, () => compileHeld(resource, kind))
  const values = { ...keyValues(resource, id), ...ownValues(viewer) }
  const [row] = await call.client().query(withValues(plan, values, true))
  if (!row) return undefined
  const text = String(row[0])
  return { text, etag: await validatorOf(text, call.viewer), updated: row[1], held: String(row[2]) }
}

/**
 * The version or the text that the row must still have when it is written, so that the precondition holds then: the write's own
 * statement asks for it. Undefined without a precondition. Throws a 412 where it does not hold now, and a 404 where there
 * is no such row.
 */
export async function heldTextOf(
  call: Call,
  resource: Resource,
  id: RowKey,
  precondition: Precondition | undefined,
): Promise<string | undefined> {
  if (!precondition) return undefined
  if (isLater(id)) return requireUntagged(precondition)
  // A row may be one that the batch has changed by then, or made: the write asks itself whether it is there.
  if (call.collector && isPresence(precondition)) return undefined
  return (await rowHeld(call, resource, id, precondition)).held
}

/** The row. Throws as `heldTextOf` does. */
export async function rowHeld(
  call: Call,
  resource: Resource,
  id: RowKey,
  precondition: Precondition,
): Promise<HeldRow> {
  const row = await rowNow(call, resource, id)
  if (!row) throw notFound()
  const why = brokenBy(precondition, row)
  if (why !== undefined) throw failed(why, row)
  return row
}

/** Whether a precondition asks for no more than that there is a row. */
const isPresence = ({ match, noneMatch, unmodifiedSince }: Precondition): boolean =>
  match === "*" && noneMatch === undefined && unmodifiedSince === undefined

/** Of a row that the same batch makes, nobody knows a tag: only that it is there can be asked for. */
function requireUntagged({ match }: Precondition): undefined {
  if (match !== undefined && match !== "*")
    throw failed("The row is made by this batch, and has no such ETag")
}

/** Throws a 412 where a row that was held has changed since, or a 404 where it is gone. */
export async function requireStillHeld(
  call: Call,
  resource: Resource,
  id: RowKey,
  held: string | undefined,
): Promise<void> {
  if (held === undefined) return
  const row = await rowNow(call, resource, id)
  if (!row) throw notFound()
  if (row.held !== held) throw failed("The row was changed meanwhile", row)
}

/** Throws a 412 where there is such a row that the viewer can see. */
export async function requireAbsent(call: Call, resource: Resource, id: RowKey): Promise<void> {
  const row = await rowNow(call, resource, id)
  if (row) throw failed("There is such a row already", row)
}

function brokenBy(
  { match, noneMatch, unmodifiedSince }: Precondition,
  { etag, updated }: HeldRow & { updated: unknown },
): string | undefined {
  // If-Unmodified-Since counts only without If-Match (RFC 9110, 13.2.2).
  if (match !== undefined) {
    if (match !== "*" && !match.some((tag) => isSameState(tag, etag)))
      return "The row has another ETag than If-Match names"
  } else if (unmodifiedSince !== undefined && isChangedAfter(updated, unmodifiedSince))
    return "The row was changed after If-Unmodified-Since"
  if (noneMatch !== undefined && (noneMatch === "*" || noneMatch.some((tag) => isSameState(tag, etag))))
    return "The row is one that If-None-Match names"
  return undefined
}

/** Whether a time of the wire is later than one of whole seconds; a row without such a time is not. */
function isChangedAfter(updated: unknown, time: number): boolean {
  if (updated === null || updated === undefined) return false
  const text = String(updated).replace(/^"|"$/g, "")
  const at = Date.parse(/Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`)
  return Math.floor(at / 1000) * 1000 > time
}
