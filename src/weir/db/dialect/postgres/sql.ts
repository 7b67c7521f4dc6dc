import { type SQL, sql } from "drizzle-orm"
import { makePgArray, PgDialect } from "drizzle-orm/pg-core"
import { marks } from "../../errors.ts"
import { versionMarkText as mark, type NamedSql } from "../page.ts"
import type { Value } from "../statement.ts"
import { asText, mergePatch, patchValue } from "./merge-patch.ts"
import { selectList, whole } from "./page.ts"

export { keepIds, stagingTable } from "./bulk.ts"
export { anyBelow, jsonOf, lastWrite, moment } from "./history.ts"
export {
  firstRows,
  firstRowsMentions,
  jsonEnds,
  keptColumn,
  keptFrom,
  keptTable,
  page,
  sharedFrom,
  sharedValue,
} from "./page.ts"
export { keyPart, placeholder, skippingLocked, writtenWithin } from "./recording.ts"
export { asText, mergePatch, patchValue }

const dialect = /* @__PURE__ */ new PgDialect()

/** The SQL text with `$1` placeholders and its parameters in order, as Drizzle renders them. */
export function render(query: SQL): { text: string; params: unknown[] } {
  const { sql: text, params } = dialect.sqlToQuery(query)
  return { text, params }
}

/** A JSON object. `row_to_json` has no limit of arguments and is faster than `json_build_object`. */
export function jsonObject(entries: NamedSql[]): SQL {
  return sql`(select row_to_json(${whole}) from (select ${selectList(entries)}) ${whole})`
}

/** The text of a JSON object with members of its own, and with those of another object after them. */
export function withMembersText(entries: NamedSql[], members: SQL): SQL {
  // A row that is made for `row_to_json` takes longer than the texts of a few values.
  const own = entries.map(([name, value], i) => {
    const before = text(`${i ? "," : "{"}${JSON.stringify(name)}:`)
    return sql`${before} || coalesce(to_json(${value})::text, 'null')`
  })
  // `substr` looks at each character of the text, and `right` at the first one only.
  return sql`(${sql.join(own, sql` || `)} || coalesce(', ' || nullif(right((${members})::text, -1), '}'), '}'))`
}

/** The same as JSON. */
export const withMembers = (entries: NamedSql[], members: SQL): SQL =>
  sql`${withMembersText(entries, members)}::json`

/** The members of an object that may be missing alone. */
export const onlyMembers = (members: SQL): SQL => sql`coalesce((${members})::json, '{}')`

/** An object without members of these names, which are words. */
export const withoutMembers = (object: SQL, names: string[]): SQL =>
  sql`((${object})::jsonb - ${text(`{${names.join(",")}}`)}::text[])`

/** The text of an object with the one member `mark`. */
export const markedObject = (mark: string): SQL => text(JSON.stringify({ [mark]: true }))

/** The text of a document, or `otherwise` where it has more bytes: the text of `jsonb` is made once. */
export const documentUpTo = (document: SQL, _size: SQL, maxBytes: number, otherwise: SQL): SQL =>
  sql`(select case when octet_length(v) > ${sql.raw(String(maxBytes))} then ${otherwise} else v end from (select ${asText(document)} v offset 0) "@d")`

/**
 * A JSON array of the objects of `from`, in its order; `[]` for none. `ctes` is a WITH clause for it, or nothing. With
 * `entries`, Postgres uses a faster form.
 */
export function jsonList(entries: NamedSql[] | undefined, object: SQL, from: SQL, ctes: SQL): SQL {
  return entries
    ? sql`(${ctes}select coalesce(json_agg(${whole}), '[]') from (select ${selectList(entries)} from ${from}) ${whole})`
    : sql`(${ctes}select coalesce(json_agg(${whole}.${whole}), '[]') from (select ${object} as ${whole} from ${from}) ${whole})`
}

/** A JSON object of the one row of `from`, or SQL null. */
export function jsonMember(entries: NamedSql[] | undefined, object: SQL, from: SQL): SQL {
  return entries
    ? sql`(select row_to_json(${whole}) from (select ${selectList(entries)} from ${from}) ${whole})`
    : sql`(select ${object} from ${from})`
}

/** Unused: on Postgres, a join takes longer than the subselect of `jsonMember`. */
export const joinedMember: ((key: SQL, object: SQL) => SQL) | undefined = undefined

/** A whole statement that returns one row with the JSON text of the object and the `further` columns, or no row. */
export function jsonOne(entries: NamedSql[] | undefined, object: SQL, from: SQL, further: SQL): SQL {
  return entries
    ? sql`select row_to_json(${whole})::text${further} from (select ${selectList(entries)} from ${from}) ${whole}`
    : sql`select (${object})::text${further} from ${from}`
}

/** What stands for a row's validator until the answer is complete: a mark, and the row's text in hexadecimal. */
export const versionMark = (text: SQL): SQL =>
  sql`${sql.raw(`'${mark}'`)} || encode(convert_to(${text}, 'UTF8'), 'hex')`

/** The object as one column of JSON text, for `insert/update/delete … returning`. */
export function jsonText(object: SQL): SQL {
  return sql`(${object})::text`
}

/** JSON that went through a table of the statement. */
export const keptJson = (value: SQL): SQL => value

/** A value of `json`, or the text `mark` where its size is more than that. */
export const marked = (size: SQL, maxBytes: number, mark: string, json: SQL, isText: boolean): SQL => {
  const is = sql`${size} > ${sql.raw(String(maxBytes))}`
  return isText
    ? sql`case when ${is} then ${text(mark)} else ${json} end`
    : sql`case when ${is} then ${text(JSON.stringify(mark))}::json else to_json(${json}) end`
}

/** The sum over all rows, 0 for none. */
export const total = (value: SQL): SQL => sql`coalesce(sum(${value}), 0)`
/** A text of a result: Postgres keeps none that is no UTF-8. */
export const sentText = (text: SQL): SQL => text
export const exactText = sentText
/** Text is UTF-8. */
export const cutAtOdd = <T>(position: T): T => position
/** The length of text, in bytes. */
export const byteLength = (text: SQL): SQL => sql`octet_length((${text})::text)`

/** A statement that says in JSON how many rows another is expected to have. */
export const explained: ((query: SQL) => SQL) | undefined = (query) => sql`explain (format json) ${query}`

/** The number that the database itself gives a row. */
export const rowNumber = (alias: SQL): SQL => sql`${alias}.ctid`

/** The text of a JSON array of values. */
export const jsonArray = (values: SQL[]): SQL => sql`json_build_array(${sql.join(values, sql`, `)})::text`

/** The value as it is: only the ends of a page are made. */
export const shortText = (value: SQL, _characters: number): SQL => value

/** Compares text byte by byte, as SQLite does, whatever the database's locale. */
export const collated = (expression: SQL): SQL => sql`${expression} collate "C"`
/** Nulls come last in ascending and first in descending order, which is Postgres's default. */
export const ordered = (expression: SQL, descending: boolean, _nullable: boolean): SQL =>
  sql`${expression} ${sql.raw(descending ? "desc" : "asc")}`
/** Whether an index of expressions serves a comparison of several values with as many others. */
export const indexesRowValues: boolean = true
/** Whether `text` contains `part`, case-sensitively. */
export const contains = (text: SQL, part: SQL): SQL => sql`strpos(${text}, ${part}) > 0`
/** Whether `text` starts with `start`, case-sensitively. */
export const startsWith = (text: SQL, start: SQL): SQL => sql`starts_with(${text}, ${start})`

/** The elements of a JSON array of arrays, as `value`. */
export const elements = (list: SQL): SQL => sql`json_array_elements(${list}::text::json)`
/** Text in which A-Z are a-z, and no other letters are changed. */
export const caseless = (text: SQL): SQL => sql`lower((${text})::text collate "C")`
/** Whether `text` is like a pattern, whatever the case of A-Z. */
export const like = (text: SQL, pattern: SQL): SQL =>
  sql`${caseless(text)} like ${caseless(pattern)} escape '\\'`
/** A number as text of the nearest double: a cast refuses what is out of its range. */
export const boundNumber = (text: string): string => String(Number(text))
/** The text that a cast reads as infinity. */
export const infinity: string = "Infinity"
/** Whether a value is one of few that are selected for it. As a join, Postgres would read the whole table each time. */
export const isAmong = (value: SQL, values: SQL): SQL => sql`${value} = any (array(${values}))`
/** Whether two values differ; two nulls do not. */
export const distinct = (a: SQL, b: SQL): SQL => sql`${a} is distinct from ${b}`
/** Digits of a second that an instant is stored with at the most, whatever its column says. */
export const instantDigits: number = 6
/** A value as postgres.js takes it. It knows no types of arrays, so that these are sent as text. */
export function param(value: unknown): Value {
  if (Array.isArray(value)) return makePgArray(value.map(element))
  return (value instanceof Date ? value.toISOString() : (value ?? null)) as Value
}
const element = (value: unknown): unknown => (Array.isArray(value) ? value.map(element) : param(value))
export const now = (): SQL => sql`now()`

const text = (value: string): SQL => sql.raw(`'${value.replaceAll("'", "''")}'`)

/** An expression that fails with such an error. It depends on a column, so that it is not computed beforehand. */
export const failure = (mark: keyof typeof marks, column: SQL): SQL =>
  sql`(${text(`${marks[mark]} `)} || ${column})::integer`
/** The end of a subselect whose rows nobody else may change meanwhile: what another deletes is waited for, and then gone. */
export const forUpdate: SQL = sql` for update`
/** The same for rows that are going to change: rows that refer to them may be written meanwhile. */
export const forChange: SQL = sql` for no key update`
/** A statement that locks a name for each owner until the transaction ends, in the order of `owners`. */
export const lockEach = (prefix: string, owner: SQL, owners: SQL): SQL =>
  sql`select pg_advisory_xact_lock(hashtextextended(${text(prefix)} || ${owner}::text, 0)) from ${owners}`
/** Whether an upsert has made the row that it returns. */
export const isMade = (table: SQL): SQL => sql`${table}.xmax = 0`
