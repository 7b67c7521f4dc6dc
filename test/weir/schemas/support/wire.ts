import { type Column, is, type SQL, sql } from "drizzle-orm"
import { PgColumn } from "drizzle-orm/pg-core"
import type { Row } from "../../support/samples.ts"
import type { PlainDrizzle } from "./database.ts"
import { inSeconds, kindOf, type TableFacts } from "./facts.ts"

/** The rows of a table as Weir's JSON must have them, all properties, by what Drizzle reads. */
export async function wireRows(db: PlainDrizzle, { table, columns }: TableFacts): Promise<Row[]> {
  const selection: Record<string, Column | SQL> = {}
  for (const [property, column] of Object.entries(columns))
    selection[property] = is(column, PgColumn) && kindOf(column) === "instant" ? microseconds(column) : column
  const rows = await db.select(selection).from(table)
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(columns).map(([property, column]) => [property, wire(column, row[property])]),
    ),
  )
}

/** A Date holds milliseconds, and these columns microseconds. */
const microseconds = (column: Column): SQL => sql`to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** A value that Drizzle reads, in JSON. */
function wire(column: Column, value: unknown): unknown {
  if (!(value instanceof Date)) return value
  const text = value.toISOString()
  return inSeconds(column) ? text.replace(".000Z", "Z") : text
}

/**
 * An answered row, ready to compare. Instants of whole seconds may be spelled with milliseconds or without; all else
 * must be as Drizzle has it.
 */
export function normal({ columns }: TableFacts, row: Row): Row {
  const entries = Object.entries(row).map(([property, value]) => {
    const column = columns[property]
    return [
      property,
      column && inSeconds(column) && typeof value === "string" ? value.replace(".000Z", "Z") : value,
    ]
  })
  return Object.fromEntries(entries)
}

/** Some members of a row. */
export const only = (properties: string[], row: Row): Row =>
  Object.fromEntries(properties.map((property) => [property, row[property]]))

/** A row's key as text that tells it from all others. */
export const keyText = ({ key }: TableFacts, row: Row): string =>
  JSON.stringify(key.map((property) => row[property]))

/** The path of a row: key parts in key order, percent-encoded, comma-separated. */
export const pathOf = ({ name, key }: TableFacts, row: Row): string =>
  `/${name}/${key.map((property) => encodeURIComponent(String(row[property]))).join(",")}`

/** Words that a path has another use for: rows whose key they are have `?key=`. */
const reserved = ["", ".", "..", "batch"]

/** Whether a row can be reached by a path alone. */
export const hasPath = ({ key }: TableFacts, row: Row): boolean =>
  key.length > 1 || !reserved.includes(String(row[key[0] as string]))
