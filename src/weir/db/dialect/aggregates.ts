import type { SQL } from "drizzle-orm"

/** An aggregate: columns of the grouped rows, and what is made of these for each group. */
export interface AggregateSql {
  /** Expressions over the rows of a group. */
  parts: SQL[]
  /** The result as it is compared and sorted, from the columns of these. */
  value(parts: SQL[]): SQL
  /** Its JSON. */
  json(parts: SQL[]): SQL
  /** What a cursor holds of it, where that is not what its type says. */
  position?(parts: SQL[]): SQL
}

/** How exactly numbers are added: whole ones, decimals with so many digits after the point, and floating point ones. */
export type Exactness =
  /** `scale` is undefined where the column does not say it. */
  | { kind: "whole" | "decimal"; scale: number | undefined }
  /** Decimals that the column keeps 15 digits of. */
  | { kind: "rounded" }
  | { kind: "real" }

/** Lengths of time that instants are grouped by, in their order. */
export const units = ["hour", "day", "week", "month", "quarter", "year"] as const
export type Unit = (typeof units)[number]

/** What is grouped by a length of time: a column of that type, in a zone. */
export interface BucketOf {
  unit: Unit
  type: "timestamp" | "local_timestamp" | "date"
  /** `UTC`, or a name of the IANA's list, which Postgres is given as the bound value `param`. */
  zone: string
  param: SQL
  /** What an integer of SQLite counts. */
  counts?: "s" | "ms" | undefined
  /** Whether a column of Postgres has a zone. */
  hasZone: boolean
}

/** The beginning of a length of time. */
export interface BucketSql {
  /** What rows are grouped by. */
  key(column: SQL): SQL
  /** The beginning as a value of the column, from the key. */
  start(key: SQL): SQL
}

/** Digits of an average that is exact. */
export const averageDigits = 16
