import { type SQL, sql } from "drizzle-orm"
import { PgDialect } from "drizzle-orm/pg-core"
import type { NamedSql, PageSql, Rows } from "../page.ts"

const dialect = new PgDialect()

/** Drizzle's own rendering: text with `$1`, and the params in their order. */
export function render(query: SQL): { text: string; params: unknown[] } {
  const { sql: text, params } = dialect.sqlToQuery(query)
  return { text, params }
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

/** Not by a join: the row as a whole, or as part of a wider one, takes Postgres longer than the subselect. */
export const joinedMember: ((key: SQL, object: SQL) => SQL) | undefined = undefined

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
 * A page. `json_agg` sets line feeds between records, so that its rows are told apart where no row holds a
 * line feed itself; elsewhere a record separator does it, which JSON text cannot hold (RFC 8259, section 2).
 */
export function page(
  rows: Rows,
  entries: NamedSql[] | undefined,
  object: SQL,
  linesWithin: boolean,
): PageSql {
  const from = firstRows(rows)
  if (entries && !linesWithin)
    return {
      from: sql`${from}, lateral (select ${selected(entries)}) o`,
      body: sql`json_agg(o)::text`,
      separator: ", \n ",
    }
  return {
    from,
    body: sql`'[' || string_agg((${object})::text, chr(30)) || ']'`,
    separator: "\u001e",
  }
}

/** The first rows. All columns: Postgres passes on whole rows faster than it picks from them. */
export function firstRows({ table, alias, where, order, limit, skip }: Rows): SQL {
  return sql`(select * from ${table} ${alias} where ${where} order by ${order} limit ${limit}${skip ? sql` offset ${skip}` : sql``}) ${alias}`
}
/** How often `firstRows` mentions its table. */
export const firstRowsMentions: number = 1

/** A JSON value of each row, as the text of a JSON array. */
export const jsonColumn = (value: SQL): SQL => sql`json_agg(${value})::text`

/** Text is compared byte by byte, as SQLite does, whatever the database's locale. */
export const collated = (expression: SQL): SQL => sql`${expression} collate "C"`
/** Ascending puts nulls last and descending first: the database's own default. */
export const ordered = (expression: SQL, descending: boolean, _nullable: boolean): SQL =>
  sql`${expression} ${sql.raw(descending ? "desc" : "asc")}`
export const contains = (text: SQL, part: SQL): SQL => sql`strpos(${text}, ${part}) > 0`
export const startsWith = (text: SQL, start: SQL): SQL => sql`starts_with(${text}, ${start})`

/** The elements of a JSON array of arrays, as `value`. */
export const elements = (list: SQL): SQL => sql`json_array_elements(${list}::text::json)`
/** A table that keeps arrays in the order of their insertion. */
export const stagingTable = (name: string): SQL =>
  sql`create table ${sql.identifier(name)} (n bigint generated always as identity primary key, shape text not null, "array" json not null)`
/** What must follow an insert of given ids, so that no later row is given one of them. */
export const keepIds = (table: string, key: string): string[] => [
  `select setval(s, greatest((select max("${key}") from "${table}"), (select last_value from pg_sequences where format('%I.%I', schemaname, sequencename)::regclass = s::regclass), 1)) from (select pg_get_serial_sequence('"${table}"', '${key}') s) _ where exists (select 1 from "${table}")`,
]
export const distinct = (a: SQL, b: SQL): SQL => sql`${a} is distinct from ${b}`
export const now = (): SQL => sql`now()`
