import type { StorageClass } from "../fields/type.ts"
import { fnv1a } from "../lib/fnv.ts"
import type { FromCursor, ListQuery, SortField } from "./query.ts"
import type { ParamReader } from "./reader.ts"

/**
 * The position of a row in a sort: the values of its sort keys, null included. A long text may be cut: an array holds
 * its beginning, and the rest is looked up by the row's key. A value of another kind than its column's is the kind and
 * its digits.
 */
export type Position = (
  | string
  | number
  | boolean
  | null
  | [beginning: string]
  | [kind: StorageClass, digits: string]
)[]

/** What a part of a position is, and what is bound of it: a value is bound as its column encodes it. */
export function partOf(value: Position[number]): {
  part: FromCursor["parts"][number]
  bound?: string | undefined
} {
  if (!Array.isArray(value)) return { part: value === null ? "null" : "value" }
  const [first, digits] = value
  return digits === undefined ? { part: "cut", bound: first } : { part: first as StorageClass, bound: digits }
}

/** Where a page begins that no row at hand can name: so many rows further than a position, or at its very row. */
export interface Beside {
  skip?: number
  inclusive?: boolean
}

/** A position up to this length, as JSON in bytes, is kept whole: a cursor has at most 651 characters then. */
const maxWholeBytes = 480
/** The shortest beginning of a cut text, as JSON in bytes; the longest is half of what is kept whole. */
const shortestCut = 15
/** The longest position that a cursor holds, as JSON in bytes: the headers of its answer stay below 4 KiB. */
const maxBytes = 2_200

/**
 * A cursor: the position, and a checksum over it and its sort, as base64url. The checksum detects accidents, not
 * forgeries: a forged cursor can only name a position, and rules hold at every position.
 */
export function encodeCursor(sort: string, position: Position, { skip = 0, inclusive }: Beside = {}): string {
  const beside = { ...(skip && { skip }), ...(inclusive && { inclusive }) }
  const text = JSON.stringify(skip || inclusive ? [...position, beside] : position)
  return toBase64Url(`${fnv1a(`${sort}\n${text}`)}${text}`)
}

/**
 * The cursor of a row, in which long texts are cut that the row's key finds again: none of the key's own. Undefined
 * where it would be too long even so.
 */
export function shortCursor(
  sort: string,
  position: Position,
  isCuttable: (key: number) => boolean,
): string | undefined {
  const short = shortened(position, isCuttable)
  return jsonBytes(short) > maxBytes ? undefined : encodeCursor(sort, short)
}

/** The position with its texts cut, the longest first, until it is short. */
function shortened(position: Position, isCuttable: (key: number) => boolean): Position {
  let short = position
  for (let bytes = maxWholeBytes / 2; jsonBytes(short) > maxWholeBytes && bytes >= shortestCut; bytes /= 2)
    short = position.map((value, key) =>
      typeof value === "string" && isCuttable(key) && jsonBytes(value) > bytes ? [cut(value, bytes)] : value,
    )
  return short
}

/** The beginning of a text that has at most `bytes` bytes as JSON, in whole characters. */
function cut(text: string, bytes: number): string {
  let beginning = ""
  for (const character of text) {
    if (jsonBytes(beginning + character) > bytes) break
    beginning += character
  }
  return beginning
}

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** Reads `after` or `before`, never both, and never with `skip`. Undefined where a page begins at the start. */
export function readCursorText(
  reader: ParamReader,
  skips: boolean,
): { cursor: "after" | "before"; text: string } | undefined {
  const after = reader.single("after")
  const before = reader.single("before")
  const text = after ?? before
  if (text === undefined) return undefined
  const cursor = after === undefined ? "before" : "after"
  if (after !== undefined && before !== undefined)
    reader.issue("before", "cannot be used with after", "conflict")
  if (skips) reader.issue("skip", `cannot be used with ${cursor}`, "conflict")
  return { cursor, text }
}

/** Where a page begins, as a part of its statement's shape. */
export const startShape = (from: ListQuery["from"]): string =>
  from.cursor === "start"
    ? ""
    : `${from.cursor}${from.inclusive ? "=" : ""}:${from.parts.map((part) => part[0]).join("")}`

/** The position of a cursor, or undefined if it is mangled or was made for another sort. */
export function decodeCursor(
  sort: string,
  keys: SortField[],
  cursor: string,
  isKey: (field: string) => boolean,
): ({ position: Position } & Required<Beside>) | undefined {
  const text = fromBase64Url(cursor)
  if (text === undefined || text.slice(0, 8) !== fnv1a(`${sort}\n${text.slice(8)}`)) return undefined
  let parts: unknown
  try {
    parts = JSON.parse(text.slice(8))
  } catch {
    return undefined
  }
  if (!Array.isArray(parts) || parts.length < keys.length) return undefined
  const [beside, ...others] = parts.slice(keys.length).map(readBeside)
  if (others.length || (parts.length > keys.length && !beside)) return undefined
  const position = parts.slice(0, keys.length)
  const valid = keys.every((key, i) => isPart(key, position[i], isKey(key.name)))
  return valid ? { position, skip: 0, inclusive: false, ...beside } : undefined
}

/** Whether a value can be what a cursor holds of a sort key. */
export function isPart({ type, spec }: SortField, value: unknown, isKey: boolean): boolean {
  if (value === null) return !isKey
  const isCut = Array.isArray(value) && value.length === 1
  if (isCut && isKey) return false
  if (Array.isArray(value) && type.sql.isStored) return type.sql.isStored(value)
  if (isCut && spec.type !== "text") return false
  return type.accepts(isCut ? value[0] : value)
}

/** Where beside its position a cursor leads: undefined for what is none. */
function readBeside(value: unknown): Beside | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined
  const { skip = 0, inclusive = false } = value as Record<string, unknown>
  const isRight = Number.isSafeInteger(skip) && (skip as number) >= 0 && typeof inclusive === "boolean"
  return isRight ? { skip: skip as number, inclusive } : undefined
}

function toBase64Url(text: string): string {
  return Buffer.from(text).toString("base64url")
}

function fromBase64Url(text: string): string | undefined {
  if (!/^[A-Za-z0-9_-]{12,4096}$/.test(text)) return undefined
  const bytes = Buffer.from(text, "base64url")
  // Node skips invalid characters: only text that encodes back to itself is a cursor.
  return bytes.toString("base64url") === text ? bytes.toString() : undefined
}
