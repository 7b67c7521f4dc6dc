import type { Value } from "./statement.ts"

/** The values of a record, but for the body and the key of the row. */
export interface RecordValues {
  id: string
  record: string
  position: number
  request: string
  verb: string
  expires_at: string
}

/** The columns of `weir_write_records` that these values fill, in their order. */
const recordColumns = ["id", "record", "position", "request", "verb", "expires_at"] as const

/** The columns of a record, for an insert. */
export const columnList: string = [...recordColumns, "body", "row_key"].map((name) => `"${name}"`).join(", ")

/** The values in the order of their columns. */
export const valuesInOrder = (values: RecordValues): Value[] => recordColumns.map((name) => values[name])

/** What a write does beside itself. */
export interface WrittenWith {
  /** The record that it keeps of its row. */
  record?: RecordValues | undefined
  /** What its record has: all its rows, whose places in the request are JSON, or how many it has changed. Default: its row. */
  kept?: { places: string } | "count" | undefined
  /** Whether its `@made` says that it was an insert, whatever the verb of the record. */
  upserts?: boolean
  /** It fails where it changes no row, by that number. */
  required?: number | undefined
}
