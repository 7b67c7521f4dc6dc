import type { Field } from "../resource/resource.ts"

/** The position of a row in a sort: the values of its sort keys, null included. */
export type Position = (string | number | boolean | null)[]

/**
 * A cursor: the position, and a checksum over it and its sort, as base64url. The checksum detects accidents, not
 * forgeries: a forged cursor can only name a position, and rules hold at every position.
 */
export function encodeCursor(sort: string, position: Position): string {
  const text = JSON.stringify(position)
  return toBase64Url(`${checksum(`${sort}\n${text}`)}${text}`)
}

/** The position of a cursor, or undefined if it is mangled or was made for another sort. */
export function decodeCursor(sort: string, keys: Field[], cursor: string): Position | undefined {
  const text = fromBase64Url(cursor)
  if (text === undefined || text.slice(0, 8) !== checksum(`${sort}\n${text.slice(8)}`)) return undefined
  let position: unknown
  try {
    position = JSON.parse(text.slice(8))
  } catch {
    return undefined
  }
  if (!Array.isArray(position) || position.length !== keys.length) return undefined
  const valid = keys.every(({ type, spec }, i) =>
    position[i] === null ? spec.type !== "id" : type.accepts(position[i]),
  )
  return valid ? (position as Position) : undefined
}

/** FNV-1a, 32 bits, in hexadecimal. http://www.isthe.com/chongo/tech/comp/fnv/ */
function checksum(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, "0")
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
