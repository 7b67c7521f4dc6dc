import { type SQL, sql } from "drizzle-orm"
import { PgDialect } from "drizzle-orm/pg-core"
import type { FieldSpec } from "../field.ts"
import type { ListPage, NamedSql } from "../page.ts"

const dialect = new PgDialect()

/** Drizzle's own rendering: text with `$1`, and the params in their order. */
export function render(query: SQL): { text: string; params: unknown[] } {
  const { sql: text, params } = dialect.sqlToQuery(query)
  return { text, params }
}

/** A column as its JSON value. Instants are spelled out: Postgres would write `+00:00` and drop zeros. */
export function jsonValue(spec: FieldSpec, column: SQL): SQL {
  return spec.type === "timestamp"
    ? sql`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
    : column
}

const selected = (entries: NamedSql[]): SQL =>
  sql.join(
    entries.map(([name, value]) => sql`${value} as ${sql.identifier(name)}`),
    sql`, `,
  )

/** A JSON object. `row_to_json` has no limit of arguments, and is faster than `json_build_object`. */
export function jsonObject(entries: NamedSql[]): SQL {
  return sql`(select row_to_json(o) from (select ${selected(entries)}) o)`
}

/** A JSON array of the objects of `from`, in its order; `[]` for none. Plain entries take the fast form. */
export function jsonList(entries: NamedSql[] | undefined, object: SQL, from: SQL): SQL {
  return entries
    ? sql`(select coalesce(json_agg(o), '[]') from (select ${selected(entries)} from ${from}) o)`
    : sql`(select coalesce(json_agg(o.o), '[]') from (select ${object} as o from ${from}) o)`
}

/** A JSON object of the one row of `from`, or SQL null. */
export function jsonMember(entries: NamedSql[] | undefined, object: SQL, from: SQL): SQL {
  return entries
    ? sql`(select row_to_json(o) from (select ${selected(entries)} from ${from}) o)`
    : sql`(select ${object} from ${from})`
}

/** The same as a whole statement: one row with the object's text, or no row. */
export function jsonOne(entries: NamedSql[] | undefined, object: SQL, from: SQL): SQL {
  return entries
    ? sql`select row_to_json(o)::text from (select ${selected(entries)} from ${from}) o`
    : sql`select (${object})::text from ${from}`
}

/** The expression of `insert/update/delete … returning`: one column of JSON text. */
export function jsonText(object: SQL): SQL {
  return sql`(${object})::text`
}

/**
 * The rows of a page: read once, with the columns that their JSON needs. The keys are named outside the
 * sort, which would spell them out for every row that the limit drops.
 */
export function page(list: ListPage): { cte: SQL; rows: SQL } {
  const { table, alias, keys, columns, where, order, limit, skip, reverse, pageSize } = list
  const names = keys.map((k, i) => sql`${k} as ${sql.identifier(`_k${i}`)}`)
  const read = sql`select ${sql.join(columns, sql`, `)} from ${table} ${alias} where ${where} order by ${order} limit ${limit}${skip ? sql` offset ${skip}` : sql``}`
  return {
    cte: sql`page as materialized (select ${alias}.*, ${sql.join(names, sql`, `)} from (${read}) ${alias})`,
    rows: reverse
      ? sql`(select * from (select * from page order by ${reverse.read} limit ${pageSize}) p order by ${reverse.serve}) ${alias}`
      : sql`(select * from page limit ${pageSize}) ${alias}`,
  }
}

/** The first rows of an embedded list. */
export function embeddedRows({ table, alias, where, order, limit, skip }: ListPage): SQL {
  return sql`(select * from ${table} ${alias} where ${where} order by ${order} limit ${limit}${skip ? sql` offset ${skip}` : sql``}) ${alias}`
}

/** Text is compared byte by byte, as SQLite does, whatever the database's locale. */
export const collated = (expression: SQL): SQL => sql`${expression} collate "C"`
/** Ascending puts nulls last and descending first: the database's own default. */
export const ordered = (expression: SQL, descending: boolean, _nullable: boolean): SQL =>
  sql`${expression} ${sql.raw(descending ? "desc" : "asc")}`
export const contains = (text: SQL, part: SQL): SQL => sql`strpos(${text}, ${part}) > 0`
export const startsWith = (text: SQL, start: SQL): SQL => sql`starts_with(${text}, ${start})`

const sqlTypes = {
  id: "bigint",
  integer: "bigint",
  real: "double precision",
  boolean: "boolean",
  timestamp: "timestamptz",
  text: "text",
  json: "json",
}

/** `list` is a JSON array in one parameter, so that its length is not part of the statement. */
export const oneOfList = (expression: SQL, list: SQL, spec: FieldSpec): SQL =>
  sql`${expression} in (select value::${sql.raw(sqlTypes[spec.type])} from json_array_elements_text(${list}::text::json))`
export const distinct = (a: SQL, b: SQL): SQL => sql`${a} is distinct from ${b}`
export const now = (): SQL => sql`now()`
/** A bound value with the type of its field, where nothing else says it. */
export const typed = (spec: FieldSpec, value: SQL): SQL => sql`${value}::${sql.raw(sqlTypes[spec.type])}`
/** How a checked value of a field is bound. */
export const encode = (_spec: FieldSpec, value: unknown): string | number | boolean | null =>
  value === undefined ? null : (value as string | number | boolean | null)
