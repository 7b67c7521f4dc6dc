import type { SQL } from "drizzle-orm"
import { dialectName } from "./choose.ts"
import * as postgres from "./postgres/json-path.ts"
import * as sqlite from "./sqlite/json-path.ts"

/** A step into JSON: a member by its name, which may be bound, or an element by its index. */
export type JsonStep = string | number | SQL

/** The kinds of JSON values that are compared. */
export type JsonKind = "number" | "text" | "boolean"

/** What a place in JSON says of its value. Each is null where there is none, or one of another kind. */
export interface PlaceParts {
  /** The order of kinds: 1 for numbers, 2 text, 3 false, 4 true, 5 arrays, 6 objects. */
  rank: SQL
  /** The number, as the nearest double. */
  number: SQL
  text: SQL
}

/** How a place is compared with operands of one kind, so that an index of its order serves. */
export interface ComparedPlace {
  value: SQL
  /** Beside a range, the bound that keeps other kinds out of it. */
  only: SQL
  /** The same beside equality, where other kinds may be equal. */
  onlyEqual?: SQL
  operand(value: SQL): SQL
  /** The query of several, which are bound as a JSON array. */
  operands(list: SQL): SQL
}

/** A place in a JSON column. */
export interface JsonPlace extends PlaceParts {
  /** What rows are sorted by and found by. None of it is null: no value is the last one. */
  order: SQL[]
  compared: Record<JsonKind, ComparedPlace>
  /** What rows are grouped by, of which `partsOf` tells the parts: arrays, objects and no value are one group. */
  grouped: SQL[]
  /** Whether there is no value, or JSON's null. */
  isNull: SQL
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

/** What a place is sorted by, from its parts that are not null, in the dialect in use. */
export const orderOf: typeof sqlite.orderOf = (parts) =>
  ((process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? postgres : sqlite).orderOf(parts)

/** The parts of a place from what it is sorted by, in the dialect in use. */
export const partsOf: typeof sqlite.partsOf = (order) =>
  ((process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? postgres : sqlite).partsOf(order)

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
