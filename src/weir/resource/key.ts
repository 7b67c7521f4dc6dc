import { Between, Invalid } from "../fields/type.ts"
import type { Field, Resource } from "./resource.ts"
import { isOpenToAll } from "./rules.ts"
import type { ViewerKind } from "./viewer.ts"

/** A key of one column: that of an account, and of most rows. */
export type Key = string | number

/**
 * Whether cursors may name rows by their key: they hold it, so that whoever sees a row must see its key. Where there is
 * none, or one that is hidden from some who see the row, pages go by `skip`.
 */
export const hasCursors = ({ keys, fields, rules, options }: Resource, kind: ViewerKind): boolean =>
  keys.length > 0 &&
  keys.every((key) => {
    const read = fields[key]?.read
    return read !== undefined && (read === rules.read || read === options.read || isOpenToAll(read, kind))
  })

/** A row's key: its value, or the values of its columns in the key's order. */
export type RowKey = KeyPart | readonly KeyPart[]

/** The value of one column of a key. */
export type KeyPart = Key | boolean

/** Whether a key is of a row that a statement before is to write: it is known to the database alone. */
export const isLater = (key: RowKey): boolean => keyParts(key).some((part) => typeof part === "object")

/** The values of a key, in its order. */
export const keyParts = (key: RowKey): readonly KeyPart[] => (typeof key === "object" ? key : [key])

/** The fields of a key, in its order. */
export const keyFields = ({ keys, fields }: Pick<Resource, "keys" | "fields">): Field[] =>
  keys.map((name) => fields[name] as Field)

/** Whether columns are those of a key, in any order. */
export const isKey = (keys: readonly string[], columns: readonly string[]): boolean =>
  keys.length > 0 && keys.length === columns.length && keys.every((key) => columns.includes(key))

/** The columns on the other side of a relation over a key, in the key's order. */
export const oppositeKey = (
  keys: readonly string[],
  columns: readonly string[],
  opposite: readonly string[],
): string[] => keys.map((key) => opposite[columns.indexOf(key)] as string)

/** A key as the segment of a path: its values percent-encoded, with commas between them. */
export const keySegment = (key: RowKey): string =>
  keyParts(key)
    .map((part) => encodeURIComponent(part))
    .join(",")

/** What names a key among those of its table. */
export const keyName = (key: RowKey): Key => {
  if (typeof key === "object") return keySegment(key)
  return typeof key === "boolean" ? String(key) : key
}

/**
 * Reads a key from the texts of its parts: `Invalid` for a text that is no value of its column, null for a key that no
 * row can have.
 */
export function parseKey(fields: Field[], texts: readonly string[]): RowKey | null | Invalid {
  if (texts.length !== fields.length)
    return new Invalid(`must be ${fields.map(({ name }) => name).join(",")}`, "invalid_value")
  const parts: KeyPart[] = []
  let isPossible = true
  for (const [i, field] of fields.entries()) {
    const value = parsePart(field, texts[i] as string)
    if (value instanceof Invalid) return value
    if (value === null) isPossible = false
    else parts.push(value)
  }
  if (!isPossible) return null
  return parts.length === 1 ? (parts[0] as KeyPart) : parts
}

function parsePart({ type, spec }: Field, text: string): KeyPart | null | Invalid {
  if (spec.type === "id" && !/^\d{1,40}$/.test(text))
    return new Invalid("must be a whole number", "invalid_integer")
  // A whole number of any length is no key of these rows, rather than no number.
  if (type.operators.includes("gt") && /^-?\d{17,40}$/.test(text) && type.parse("0") === 0) {
    const value = type.parse(text)
    return value instanceof Invalid ? null : (value as Key)
  }
  const value = type.parse(text)
  if (value instanceof Between) return null
  if (value instanceof Invalid) return value.code === "out_of_range" ? null : value
  return value
}
