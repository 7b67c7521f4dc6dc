import type { SQL } from "drizzle-orm"
import { dialectName } from "./choose.ts"
import * as postgres from "./postgres/json-path.ts"
import * as sqlite from "./sqlite/json-path.ts"

/** A step into JSON: a member by its name, which may be bound, or an element by its index. */
export type JsonStep = string | number | SQL

/** The kinds of JSON values that are compared. */
export type JsonKind = "number" | "text" | "boolean"

/** A place in a JSON column. What it says is null where the place has no value, or one of another kind. */
export interface JsonPlace {
  /** The order of kinds: 1 for numbers, 2 text, 3 false, 4 true, 5 arrays, 6 objects. */
  rank: SQL
  /** The number, as the nearest double. */
  number: SQL
  text: SQL
  /** Whether there is a value, JSON's null included. */
  exists: SQL
  /** The value as JSON. */
  json: SQL
  /** Whether it is an array with such an element; `value` is a boolean's rank. */
  holds(kind: JsonKind, value: SQL): SQL
}

/**
 * Members that statements say by name, in quotes: an index may serve them, and D1 binds 100 values at the most. No such name
 * can end the quotes of a text, or those of SQLite's paths.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: no text of SQL may hold them
const plainName = /^[^'"\\.[\]\u0000-\u001f\u007f]{1,100}$/u

/** Whether a member's name may be part of a statement. */
export const isPlainMember = (name: string): boolean => plainName.test(name)

/**
 * The columns of an index that finds rows by what stands at a place, and in its order. Comparisons name the kind first, so
 * that one index serves numbers and texts.
 */
export const indexColumns = ({ rank, number, text }: JsonPlace): [SQL, SQL, SQL] => [rank, number, text]

/** An object of members, in the dialect in use, but for those that have no value. */
export const objectOf: typeof sqlite.objectOf = (members) =>
  ((process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? postgres : sqlite).objectOf(members)

/** An object of one member, in the dialect in use. As it nests nothing, it may be deep. */
export const objectAround: typeof sqlite.objectAround = (name, json) =>
  ((process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? postgres : sqlite).objectAround(name, json)

/** A place in a JSON column, in the dialect in use. Names that are not plain must come as bound values. */
export const jsonPlace: typeof sqlite.jsonPlace = (column, spec, steps) => {
  const raw = steps.find((step) => typeof step === "string" && !isPlainMember(step))
  if (raw !== undefined) throw new Error(`"${raw}" must be bound`)
  return ((process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? postgres : sqlite).jsonPlace(
    column,
    spec,
    steps,
  )
}
