import { type SQL, sql } from "drizzle-orm"
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core"
import { marks } from "../../errors.ts"
import type { JoinedTable, NamedSql, PageSql, Rows, ValueOf } from "../page.ts"
import { versionMarkText as mark } from "../page.ts"
import type { Value } from "../statement.ts"

export { asText, mergePatch, patchValue } from "./merge-patch.ts"
export { keyPart, placeholder, skippingLocked, writtenWithin } from "./recording.ts"
export { cutAtOdd, exactText, sentText, shortText } from "./sent.ts"

const dialect = /* @__PURE__ */ new SQLiteAsyncDialect()

/** The SQL text with `?` placeholders and its parameters in order, as Drizzle renders them. */
export function render(query: SQL): { text: string; params: unknown[] } {
  const { sql: text, params } = dialect.sqlToQuery(query)
  return { text, params }
}

const maxPairs = 60 // json_object takes at most 127 arguments

/** A JSON object. One with more than 60 members is built from several. */
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

/** Characters that JSON text may have around its tokens. */
const whitespace = sql.raw("char(32, 9, 10, 13)")

/** The text of an object of these members, but for its end. */
const beginning = (entries: NamedSql[]): SQL => {
  const own = entries.map(([name, value], i) => {
    const before = text(`${i ? "," : "{"}${JSON.stringify(name)}:`)
    return sql`${before} || json_quote(${value})`
  })
  return sql.join(own, sql` || `)
}

/** A JSON object with members of its own, and with those of the text of another object after them. */
export function withMembers(entries: NamedSql[], members: SQL): SQL {
  const further = sql`ltrim(substr(trim(${members}, ${whitespace}), 2), ${whitespace})`
  return sql`json(${beginning(entries)} || coalesce(',' || nullif(${further}, '}'), '}'))`
}

/** The same as text without line feeds. What is stored without them, as the engine does, is not read as JSON again. */
export const withMembersText = (entries: NamedSql[], members: SQL): SQL =>
  sql`iif(substr(${members}, 1, 2) = '{"' and instr(${members}, char(10)) = 0, ${beginning(entries)} || ',' || substr(${members}, 2), ${withMembers(entries, members)})`

/** The members of an object that may be missing alone. */
export const onlyMembers = (members: SQL): SQL => sql`json(coalesce(${members}, '{}'))`

/** The text of an object without members of these names, which are words. */
export const withoutMembers = (object: SQL, names: string[]): SQL =>
  sql`json_remove(${object}, ${sql.join(
    names.map((name) => text(`$."${name}"`)),
    sql`, `,
  )})`

/** The text of an object with the one member `mark`. */
export const markedObject = (mark: string): SQL => text(JSON.stringify({ [mark]: true }))

/** The text of a document, or `otherwise` where its `size` is more than that. */
export const documentUpTo = (document: SQL, size: SQL, maxBytes: number, otherwise: SQL): SQL =>
  sql`case when ${size} > ${sql.raw(String(maxBytes))} then ${otherwise} else ${document} end`

/** A JSON array of the objects of `from`, in its order; `[]` for none. `ctes` is a WITH clause for it, or nothing. */
export function jsonList(_entries: NamedSql[] | undefined, object: SQL, from: SQL, ctes: SQL): SQL {
  return sql`(${ctes}select json_group_array(${object}) from ${from})`
}

/** A JSON object of the one row of `from`, or SQL null. */
export function jsonMember(_entries: NamedSql[] | undefined, object: SQL, from: SQL): SQL {
  return sql`(select ${object} from ${from})`
}

/** The object of a left-joined row, or null if its `key` is null. In a list, a tenth faster than `jsonMember`. */
export const joinedMember: ((key: SQL, object: SQL) => SQL) | undefined = (key, object) =>
  sql`iif(${key} is null, null, ${object})`

/** A whole statement that returns one row with the JSON text of the object and the `further` columns, or no row. */
export function jsonOne(_entries: NamedSql[] | undefined, object: SQL, from: SQL, further: SQL): SQL {
  return sql`select ${object}${further} from ${from}`
}

/** What stands for a row's validator until the answer is complete: a mark, and the row's text in hexadecimal. */
export const versionMark = (text: SQL): SQL => sql`${sql.raw(`'${mark}'`)} || hex(${text})`

/** The object as one column of JSON text, for `insert/update/delete … returning`. */
export function jsonText(object: SQL): SQL {
  return object
}

/** A page of the rows of `from`. The separator is safe, since SQLite's JSON text contains no raw line feed. */
export function page(
  from: SQL,
  _entries: NamedSql[] | undefined,
  object: SQL,
  _linesWithin: boolean,
): PageSql {
  return {
    from,
    body: sql`'[' || group_concat(${object}, ${sql.raw("',\n'")}) || ']'`,
    separator: ",\n",
  }
}

/**
 * The first rows: a subselect of their keys, joined with the table. Sorting only keys halves the time of a sort
 * without an index, and costs nothing with one.
 */
export const firstRows = (rows: Rows): SQL => sql`(${firstKeys(rows)}) as kept ${fetched(rows)}`

/** The name of a part of the key among the kept ones. */
const place = (i: number): SQL => sql.raw(i === 0 ? "_k" : `_k${i}`)

const firstKeys = ({ table, alias, key, where, order, limit, skip, through, kept = [] }: Rows): SQL => {
  const keys = sql.join(
    [
      ...key.map((part, i) => sql`${part} as ${place(i)}`),
      ...kept.map(([name, value]) => sql`${value} as ${sql.identifier(name)}`),
    ],
    sql`, `,
  )
  const ordered = sql`where ${where} order by ${order} limit ${limit}${skip ? sql` offset ${skip.rows}` : sql``}`
  // The functions of FTS5 can only be called where its table is read.
  return through
    ? sql`with "@s" as materialized (${through}) select ${keys}, "@s"._r as _r from "@s" cross join ${table} ${alias} on ${alias}.rowid = "@s"._k ${ordered}`
    : sql`select ${keys} from ${table} ${alias} ${ordered}`
}
/** A column of `kept`. */
export const keptColumn = (_alias: SQL, name: string): SQL => sql`kept.${sql.identifier(name)}`
const fetched = ({ table, alias, key }: Rows): SQL =>
  sql`cross join ${table} ${alias} on ${sql.join(
    key.map((part, i) => sql`${part} = kept.${place(i)}`),
    sql` and `,
  )}`

/** The first rows as a table of the statement, for `keptFrom`. */
export const keptTable = (rows: Rows, name: string): SQL =>
  sql`${sql.identifier(name)} as materialized (${firstKeys(rows)})`

/** The rows of such a table in their order, where the `gate` holds, with rows that are joined to them. */
export const keptFrom = (rows: Rows, name: string, joined: JoinedTable[], gate: SQL | undefined): SQL =>
  sql`${sql.identifier(name)} as kept ${fetched(rows)}${gate ? sql` and ${gate}` : sql``}${leftJoins(joined)}`

/** The rows of a table, with rows that are joined to them. */
export const sharedFrom = (table: SQL, alias: SQL, where: SQL, joined: JoinedTable[]): SQL =>
  sql`${table} ${alias}${leftJoins(joined)} where ${where}`

/** The value of a joined row. */
export const sharedValue = (table: string, _outer: (column: string) => SQL): SQL =>
  sql`${sql.identifier(table)}._v`

/** JSON that went through a table of the statement, where SQLite forgets that it is JSON. */
export const keptJson = (value: SQL): SQL => sql`json(${value})`

const leftJoins = (joined: JoinedTable[]): SQL =>
  sql.join(joined.map(({ table, on }) => sql` left join ${sql.identifier(table)} on ${on}`))

/** A value of `json`, or the text `mark` where its size is more than that. */
export const marked = (size: SQL, maxBytes: number, mark: string, json: SQL, _isText: boolean): SQL =>
  sql`case when ${size} > ${sql.raw(String(maxBytes))} then ${text(mark)} else ${json} end`

/** The sum over all rows, 0 for none. */
export const total = (value: SQL): SQL => sql`total(${value})`
/** The length of text, in bytes. */
export const byteLength = (text: SQL): SQL => sql`octet_length(${text})`
/** How often `firstRows` mentions its table. */
export const firstRowsMentions: number = 2

/** Undefined: SQLite does not say how many rows it expects. */
export const explained: ((query: SQL) => SQL) | undefined = undefined

/** The number that the database itself gives a row. */
export const rowNumber = (alias: SQL): SQL => sql`${alias}._rowid_`

/** The text of a JSON array of values. */
export const jsonArray = (values: SQL[]): SQL => sql`json_array(${sql.join(values, sql`, `)})`

/** The text of a JSON array that begins with the value of the first row. That of the last one has the same index, or is the last. */
export const jsonEnds = (columns: SQL[], _limit: number, value: ValueOf = ([column]) => column as SQL): SQL =>
  sql`json_group_array(${value(columns)})`

/** SQLite compares text byte by byte by default. */
export const collated = (expression: SQL): SQL => expression
/** Nulls come last in ascending and first in descending order, as on Postgres. */
export const ordered = (expression: SQL, descending: boolean, nullable: boolean): SQL =>
  sql`${expression} ${sql.raw(`${descending ? "desc" : "asc"}${nullable ? (descending ? " nulls first" : " nulls last") : ""}`)}`
/** SQLite serves comparisons of several columns by an index, and none that begins with an expression. */
export const indexesRowValues: boolean = false
/** Whether `text` contains `part`, case-sensitively. */
export const contains = (text: SQL, part: SQL): SQL => sql`instr(${text}, ${part}) > 0`
/** Whether `text` starts with `start`, case-sensitively. */
export const startsWith = (text: SQL, start: SQL): SQL => sql`instr(${text}, ${start}) = 1`
/** The elements of a JSON array of arrays, as `value`. */
export const elements = (list: SQL): SQL => sql`json_each(${list})`
/** A table that keeps arrays in the order of their insertion. */
export const stagingTable = (name: string): SQL =>
  sql`create table ${sql.identifier(name)} (n integer primary key, shape text not null, array text not null)`
/** Empty: after an insert with explicit ids, SQLite itself generates higher ones. */
export const keepIds = (_table: string, _key: string): string[] => []
/** Text in which A-Z are a-z, as SQLite lowers them. */
export const caseless = (text: SQL): SQL => sql`lower(${text})`
/** Whether `text` is like a pattern, whatever the case of A-Z. */
export const like = (text: SQL, pattern: SQL): SQL => sql`${text} like ${pattern} escape '\\'`
/** A number as text that a cast reads as it reads the number in JSON: SQLite is one bit off with some. */
export const boundNumber = (text: string): string => text
/** The text that a cast reads as infinity. */
export const infinity: string = "9e999"
/** Whether a value is one of few that are selected for it. */
export const isAmong = (value: SQL, values: SQL): SQL => sql`${value} in (${values})`
/** Whether two values differ; two nulls do not. */
export const distinct = (a: SQL, b: SQL): SQL => sql`${a} is not ${b}`
/** Digits of a second that an instant is stored with at the most. */
export const instantDigits: number = 3
/**
 * A value as the engine takes it: it has no booleans and no dates. Throws for what no parameter can be; libSQL would end
 * the process.
 */
export function param(value: unknown): Value {
  if (typeof value === "boolean") return value ? 1 : 0
  if (value instanceof Date) return value.toISOString()
  if (value === null || value === undefined) return null
  // D1 takes none.
  if (typeof value === "bigint" && Number.isSafeInteger(Number(value))) return Number(value)
  if (["string", "number", "bigint"].includes(typeof value) || value instanceof Uint8Array)
    return value as Value
  throw new TypeError(`A value of SQL cannot be ${typeof value}: write text, a number, true, false or null`)
}
export const now = (): SQL => sql`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`
const text = (value: string): SQL => sql.raw(`'${value.replaceAll("'", "''")}'`)

/** An expression that fails with such an error. It depends on a column, so that it is not computed beforehand. */
export const failure = (mark: keyof typeof marks, column: SQL): SQL =>
  sql`json_extract('{}', ${text(`${marks[mark]} `)} || ${column})`
/** The end of a subselect whose rows nobody else may change meanwhile. SQLite has one writer. */
export const forUpdate: SQL = sql``
/** Nobody else writes during a transaction. */
export const forChange: SQL = sql``
/** A statement that locks a name for each owner until the transaction ends. SQLite has one writer, and needs none. */
export const lockEach: ((prefix: string, owner: SQL, owners: SQL) => SQL) | undefined = undefined
/** Undefined: SQLite does not say whether an upsert has made the row that it returns. It has one writer: a look before tells. */
export const isMade: ((table: SQL) => SQL) | undefined = undefined
