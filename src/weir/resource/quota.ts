import { columnOf, type Rule } from "./rules.ts"

/** The most rows with one value in a column: rows of one owner. */
export interface QuotaOptions<C extends string = string> {
  rows: number
  /** The column that is counted by, or a rule made by `viewerIs`, such as `owner`, for the column that it names. */
  per: C | Rule<C>
}

/** A quota, resolved. */
export interface Quota {
  rows: number
  column: string
}

/** Resolves the quota of a table. Throws one line that names what is wrong. */
export function quotaOf(
  table: string,
  options: QuotaOptions | undefined,
  columns: readonly string[],
): Quota | undefined {
  if (!options) return undefined
  const { rows, per } = options
  if (!Number.isSafeInteger(rows) || rows < 1)
    throw new Error(`${table}: quota.rows is ${rows}; it must be a whole number, 1 or more`)
  const column = typeof per === "string" ? per : columnOf(per)
  if (column === undefined)
    throw new Error(`${table}: quota.per must be a column, or a rule that viewerIs made, such as owner`)
  if (!columns.includes(column)) throw new Error(`${table}: quota names "${column}", which is no column`)
  return { rows, column }
}
