import { type SQL, sql } from "drizzle-orm"
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core"
import type { FieldSpec } from "../field.ts"
import type { NamedSql, PageSql, Rows } from "../page.ts"

const dialect = new SQLiteAsyncDialect()

/** Drizzle's own rendering: text with `?`, and the params in their order. */
export function render(query: SQL): { text: string; params: unknown[] } {
  const { sql: text, params } = dialect.sqlToQuery(query)
  return { text, params }
}

/** A column as its JSON value. Numbers keep every digit, although SQLite's own JSON stops at 15. */
export function jsonValue(spec: FieldSpec, column: SQL): SQL {
  if (spec.type === "boolean")
    return sql`json(case ${column} when 1 then 'true' when 0 then 'false' else 'null' end)`
  if (spec.type === "json") return sql`json(${column})`
  if (spec.type !== "real") return column
  // Four decimals or fewer print exactly with 15 digits; the rest take 17 and one more parse.
  return sql`iif(${column} is null or (abs(${column}) < 1e11 and cast(${column} * 1e4 + 0.5 as integer) / 1e4 = ${column}), ${column}, json(printf('%!.17g', ${column})))`
}

const maxPairs = 60 // json_object takes 127 arguments

/** A JSON object. Wide ones go in pieces. */
export function jsonObject(entries: NamedSql[]): SQL {
  const pieces: SQL[] = []
  for (let i = 0; i < Math.max(entries.length, 1); i += maxPairs) {
    const pairs = entries.slice(i, i + maxPairs).map(([name, value]) => sql`${text(name)}, ${value}`)
    pieces.push(sql`json_object(${sql.join(pairs, sql`, `)})`)
  }
  if (pieces.length === 1) return pieces[0] as SQL
  const inner = pieces.map((piece) => sql`substr(${piece}, 2, length(${piece}) - 2)`)
  return sql`json('{' || ${sql.join(inner, sql` || ',' || `)} || '}')`
}

/** A JSON array of the objects of `from`, in its order; `[]` for none. */
export function jsonList(_entries: NamedSql[] | undefined, object: SQL, from: SQL): SQL {
  return sql`(select json_group_array(${object}) from ${from})`
}

/** A JSON object of the one row of `from`, or SQL null. */
export function jsonMember(_entries: NamedSql[] | undefined, object: SQL, from: SQL): SQL {
  return sql`(select ${object} from ${from})`
}

/** The same by a left join, which takes a tenth less time in a list; `key` is null where nothing was joined. */
export const joinedMember: ((key: SQL, object: SQL) => SQL) | undefined = (key, object) =>
  sql`iif(${key} is null, null, ${object})`

/** The same as a whole statement: one row with the object's text, or no row. */
export function jsonOne(_entries: NamedSql[] | undefined, object: SQL, from: SQL): SQL {
  return sql`select ${object} from ${from}`
}

/** The expression of `insert/update/delete … returning`: one column of JSON text. */
export function jsonText(object: SQL): SQL {
  return object
}

/**
 * A page. Only its primary keys are sorted and kept, and its rows fetched by them, which halves the time of
 * a sort without an index and costs nothing with one. JSON text holds no raw line feed.
 */
export function page(
  rows: Rows,
  _entries: NamedSql[] | undefined,
  object: SQL,
  _linesWithin: boolean,
): PageSql {
  return {
    from: firstRows(rows),
    body: sql`'[' || group_concat(${object}, ${sql.raw("',\n'")}) || ']'`,
    separator: ",\n",
  }
}

/** The first rows, by their keys. */
export function firstRows({ table, alias, key, where, order, limit, skip }: Rows): SQL {
  return sql`(select ${key} as _k from ${table} ${alias} where ${where} order by ${order} limit ${limit}${skip ? sql` offset ${skip}` : sql``}) as kept cross join ${table} ${alias} on ${key} = kept._k`
}
/** How often that names its table. */
export const firstRowsName: number = 2

/** The values of a column in all rows, as the text of a JSON array. */
export const jsonColumn = (spec: FieldSpec, column: SQL): SQL =>
  sql`json_group_array(${jsonValue(spec, column)})`

export const collated = (expression: SQL): SQL => expression
/** Ascending puts nulls last and descending first, as Postgres does. */
export const ordered = (expression: SQL, descending: boolean, nullable: boolean): SQL =>
  sql`${expression} ${sql.raw(`${descending ? "desc" : "asc"}${nullable ? (descending ? " nulls first" : " nulls last") : ""}`)}`
export const contains = (text: SQL, part: SQL): SQL => sql`instr(${text}, ${part}) > 0`
export const startsWith = (text: SQL, start: SQL): SQL => sql`instr(${text}, ${start}) = 1`
/** `list` is a JSON array in one parameter, so that its length is not part of the statement. */
export const oneOfList = (expression: SQL, list: SQL, _spec: FieldSpec): SQL =>
  sql`${expression} in (select value from json_each(${list}))`
/** The elements of a JSON array of arrays, as `value`. */
export const elements = (list: SQL): SQL => sql`json_each(${list})`
/** The columns that a JSON array holds, in the order of their specs. */
export const arrayColumns = (array: SQL, specs: FieldSpec[]): SQL =>
  sql.join(
    specs.map((_, i) => sql`${array} ->> ${sql.raw(String(i))}`),
    sql`, `,
  )
/** A table in which arrays wait in their order. */
export const waitingTable = (name: string): SQL =>
  sql`create table ${sql.identifier(name)} (n integer primary key, shape text not null, array text not null)`
/** An encoded value as it stands in such an array. */
export const inArray = (_spec: FieldSpec, value: unknown): unknown => value
/** What must follow an insert of given ids, so that no later row is given one of them. SQLite sees to it. */
export const keepIds = (_table: string, _key: string): string[] => []
export const distinct = (a: SQL, b: SQL): SQL => sql`${a} is not ${b}`
export const now = (): SQL => sql`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`
/** A bound value with the type of its field, where nothing else says it. */
export const typed = (_spec: FieldSpec, value: SQL): SQL => value
/** How a checked value of a field is bound. */
export const encode = (spec: FieldSpec, value: unknown): string | number | boolean | null =>
  value === null || value === undefined
    ? null
    : spec.type === "boolean"
      ? Number(value)
      : spec.type === "json"
        ? JSON.stringify(value)
        : (value as string | number)

const text = (value: string): SQL => sql.raw(`'${value.replaceAll("'", "''")}'`)
