import { type StorageClass, storageClasses } from "../fields/type.ts"
import { fnv1a } from "../lib/fnv.ts"
import { storable } from "../lib/storable.ts"
import type { FromCursor, ListQuery, SortField, SortKey } from "./query.ts"
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

/** A position up to this length, as JSON in bytes, is kept whole: a cursor has at most 651 characters then. */
const maxWholeBytes = 480
/** The shortest beginning of a cut text, as JSON in bytes; the longest is half of what is kept whole. */
const shortestCut = 15

/**
 * A cursor: the position, and a checksum over it and its sort, as base64url. The checksum detects accidents, not
 * forgeries: a forged cursor can only name a position, and rules hold at every position.
 */
export function encodeCursor(sort: string, position: Position, maxBytes = maxWholeBytes): string {
  const text = JSON.stringify(shortened(position, maxBytes))
  return toBase64Url(`${fnv1a(`${sort}\n${text}`)}${text}`)
}

/** The position with its texts cut, the longest first, until it is short. */
function shortened(position: Position, maxBytes: number): Position {
  let short = position
  for (let bytes = maxBytes / 2; jsonBytes(short) > maxBytes && bytes >= shortestCut; bytes /= 2)
    short = position.map((value) =>
      typeof value === "string" && jsonBytes(value) > bytes ? [cut(value, bytes)] : value,
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

/**
 * The position with its texts cut before what is no text in the database, which is looked up by the row's key: its last
 * `keys` parts.
 */
export const cutAtOdd = (position: Position, sort: SortKey[], keys: number): Position =>
  position.map((value, i) =>
    typeof value === "string" &&
    value.includes("\ufffd") &&
    i < position.length - keys &&
    sort[i]?.field.type.sql.stored
      ? [value.slice(0, value.indexOf("\ufffd"))]
      : value,
  )

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
  from.cursor === "start" ? "" : `${from.cursor}:${from.parts.map((part) => part[0]).join("")}`

/** The position of a cursor, or undefined if it is mangled or was made for another sort. */
export function decodeCursor(
  sort: string,
  keys: SortField[],
  cursor: string,
  isKey: (field: string) => boolean,
): Position | undefined {
  const text = fromBase64Url(cursor)
  if (text === undefined || text.slice(0, 8) !== fnv1a(`${sort}\n${text.slice(8)}`)) return undefined
  let position: unknown
  try {
    position = JSON.parse(text.slice(8))
  } catch {
    return undefined
  }
  if (!Array.isArray(position) || position.length !== keys.length) return undefined
  const valid = keys.every(({ name, type, spec }, i) => {
    const value: unknown = position[i]
    if (value === null) return !isKey(name)
    if (Array.isArray(value) && type.sql.stored) return isStored(value)
    const isCut = Array.isArray(value) && value.length === 1 && spec.type === "text"
    return type.accepts(isCut ? value[0] : value)
  })
  return valid ? (position as Position) : undefined
}

/** Whether it is a beginning, or a kind and digits. */
function isStored([first, digits, ...others]: unknown[]): boolean {
  if (typeof first !== "string" || !storable(first) || others.length > 0) return false
  if (digits === undefined) return true
  const isKind = (storageClasses as readonly string[]).includes(first)
  return isKind && typeof digits === "string" && /^[-+.\dA-Fe]*$/.test(digits)
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
