import { type SQL, sql } from "drizzle-orm"
import { expressions, historySql } from "../db/dialect/expressions.ts"
import { rowHistory } from "../db/dialect/row-history.ts"
import { fullName } from "../db/dialect/table-name.ts"
import { writeRecords } from "../db/dialect/write-records.ts"
import { keyFields, keyParts, type RowKey } from "../resource/key.ts"
import { type Resource, updatedField } from "../resource/resource.ts"
import { anyone, isOpen, type RowSql } from "../resource/rules.ts"
import { viewerKinds } from "../resource/viewer.ts"
import { tableOf } from "./columns.ts"
import { bound, compile, type Plan } from "./plan.ts"
import { writtenRow } from "./returning.ts"
import { rowText, visibleMembers } from "./row.ts"
import { viewerSql } from "./where.ts"

/** What becomes of rows; of an `upsert`, one of the first two. */
export type Verb = "insert" | "update" | "delete" | "restore" | "upsert"

/** Names of the values that these statements bind. */
export const historyValue = { by: "@by", cutoff: "@cutoff", rowKey: "@rowKey" } as const

const { jsonOf, lastWrite, moment, notBefore } = historySql
type LastWrite = NonNullable<typeof lastWrite>

/** A column of the table of versions, by an alias or by its own name. */
export const versionColumn = (name: keyof typeof rowHistory.$inferSelect, alias?: string): SQL =>
  alias === undefined
    ? sql`${sql.identifier(rowHistory[name].name)}`
    : sql`${sql.identifier(alias)}.${sql.identifier(rowHistory[name].name)}`

export const own = versionColumn
export const aliased = (alias: string): SQL => sql`${rowHistory} as ${sql.identifier(alias)}`
const literal = (text: string): SQL => sql.raw(`'${text.replaceAll("'", "''")}'`)

/** Versions whose write has not told yet what it did go by another name than their table's. */
export const pendingName = ({ table }: Resource): SQL => literal(`@${fullName(table)}`)
/** With its schema, where it has one of its own: another may have a table of the same name. */
export const tableName = ({ table }: Resource): SQL => literal(fullName(table))

/** A key as the text that versions are found by: commas separate its parts. */
export const rowKeyText = (key: RowKey): string => {
  const parts = keyParts(key).map(String)
  const [only, ...others] = parts
  if (only !== undefined && others.length === 0) return only
  return parts.map((part) => part.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",")
}

/** The same of values as JSON has them. */
function keyText(texts: SQL[]): SQL {
  if (texts.length === 1) return texts[0] as SQL
  return sql.join(
    texts.map((text) => sql`replace(replace(${text}, '%', '%25'), ',', '%2C')`),
    sql` || ',' || `,
  )
}

export const keyTextOf = (resource: Resource, row: RowSql): SQL =>
  keyText(keyFields(resource).map(({ name, type }) => orOwn(type.sql.json(row(name)), row(name))))

/** Values that JSON cannot say, such as infinity, are their own text. */
const orOwn = (json: SQL, value: SQL): SQL =>
  sql`coalesce(${historySql.textInJson(json)}, cast(${value} as text))`

/** The row that a note is of, by what the database finds it by: on SQLite its number, else its key. */
export const isNoted = (resource: Resource, row: RowSql, was: SQL): SQL =>
  lastWrite
    ? sql`${expressions.rowNumber(tableOf(resource))} = cast(${was} as integer)`
    : hasKeyOf(resource, row, jsonOf(was))

/** Whether a row has the key that a JSON array holds. */
const hasKeyOf = (resource: Resource, row: RowSql, array: SQL): SQL =>
  sql.join(
    keyFields(resource).map(({ name, type }, i) => sql`${row(name)} = ${type.sql.fromElement(array, i)}`),
    sql` and `,
  )

/** A row as its versions have it: what nobody may read is no part of it, nor are bytes and what answers leave out. */
export function versionText(resource: Resource, row: RowSql): SQL {
  const fields = Object.values(resource.fields)
    .filter(({ secret, spec, type }) => !secret && !type.heavy && spec.type !== "bytes")
    .filter(({ read }) => viewerKinds().some((kind) => isOpen(read, kind)))
    .map((field) => ({ ...field, read: anyone }))
  const shape = visibleMembers(fields, row, viewerSql("admin"), ({ type }, column) => type.sql.json(column))
  return expressions.jsonText(rowText(shape))
}

/** Since when a row is as it is, as far as it tells. */
export function sinceWhen(resource: Resource, row: RowSql): SQL | undefined {
  const updated = updatedField(resource)
  return updated && row(updated.name)
}

const insertInto = (): SQL => {
  const names = ["table_name", "row_key", "version", "verb", "at", "by", "was"] as const
  const columns = names.map((name) => own(name))
  return sql`insert into ${rowHistory} (${sql.join(columns, sql`, `)})`
}

/** The versions of a row. */
export const ofRow = (resource: Resource, alias: string, key: SQL): SQL =>
  sql`${own("table_name", alias)} = ${tableName(resource)} and ${own("row_key", alias)} = ${key}`

/** The state of rows before their first change, of which nobody knows what made it. */
const initial = (resource: Resource, row: RowSql, from: SQL, where: SQL): SQL => {
  const key = keyTextOf(resource, row)
  const known = sql`select 1 from ${aliased("@o")} where ${ofRow(resource, "@o", key)}`
  return sql`select ${pendingName(resource)}, ${key}, 0, 'initial', ${sinceWhen(resource, row) ?? sql`null`}, null, ${versionText(resource, row)} from ${from} where ${where} and not exists (${known})`
}

const pendingVersion = (resource: Resource, key: SQL, verb: SQL, elements: SQL): SQL =>
  sql`select ${pendingName(resource)}, ${key}, -1, ${verb}, ${moment()}, null, ${elements}`

/** Before a write, where no statement can keep account of itself: notes the rows of `where`, and what they are. */
export function compileNote(resource: Resource, verb: Verb, where: SQL): Plan {
  const row = writtenRow(resource)
  const table = tableOf(resource)
  const pending = pendingVersion(
    resource,
    keyTextOf(resource, row),
    literal(verb),
    expressions.rowNumber(table),
  )
  return compile(
    sql`${insertInto()} ${initial(resource, row, table, where)} union all ${pending} from ${table} where ${where}`,
  )
}

/**
 * Within a write's own statement, whose rows are in `@written`: notes these, and what they were, since it sees the table as
 * it was before.
 */
export function compileNoted(resource: Resource, verb: Verb, isMany = false): string {
  const row = writtenRow(resource)
  const written = sql.identifier("@written")
  const key = sql.identifier("@key")
  const isSingle = resource.keys.length === 1
  const elements = sql`${written}."@own"`
  const parts = resource.keys.map((_, i) => {
    const at = sql.raw(`${i}`)
    return orOwn(isSingle ? sql`${key}` : sql`(${key}::json ->> ${at})`, sql`(${elements}::json ->> ${at})`)
  })
  const isSame = isNoted(resource, row, isMany ? sql`"@each"."@own"` : elements)
  const done =
    verb === "upsert" ? sql`case when ${written}."@made" = 1 then 'insert' else 'update' end` : literal(verb)
  const pending = sql`${pendingVersion(resource, keyText(parts), done, elements)} from ${written}`
  // The planner takes an array for many: it goes through no table for each of its elements.
  const all = sql`json_array_elements((select json_agg("@own"::json) from ${written})) as "@each"("@own")`
  const from = sql`${isMany ? all : written} join ${tableOf(resource)} on ${isSame}`
  const noted =
    verb === "insert" ? pending : sql`${initial(resource, row, from, sql`true`)} union all ${pending}`
  return compile(sql`${insertInto()} ${noted}`).text
}

/** The next number of a row's versions. */
const nextVersion = (resource: Resource, key: SQL): SQL =>
  sql`(select coalesce(max(${own("version", "@o")}), 0) + 1 from ${aliased("@o")} where ${ofRow(resource, "@o", key)})`

/** The time of a row's last version. */
const lastTime = (resource: Resource, key: SQL): SQL =>
  sql`(select ${own("at", "@o")} from ${aliased("@o")} where ${ofRow(resource, "@o", key)} order by ${own("version", "@o")} desc limit 1)`

/**
 * After a write: makes versions of what was noted, as the rows are now. Row locks of the write are held by then, so that
 * no other transaction takes the same number. `isPart`: only some of the noted rows may have been written.
 */
export function compileVersions(resource: Resource, verb: Verb, isPart: boolean): Plan {
  const row = writtenRow(resource)
  const table = tableOf(resource)
  const alias = "weir_row_history"
  const found = sql`from ${table} where ${isNoted(resource, row, own("was", alias))}`
  const key = own("row_key", alias)
  const isFirst = sql`${own("version", alias)} = 0`
  const since = sinceWhen(resource, row)
  const text = verb === "delete" ? sql`null` : sql`(select ${versionText(resource, row)} ${found})`
  const known = sql`select 1 from ${aliased("@o")} where ${ofRow(resource, "@o", key)}`
  const conditions = [
    sql`${own("table_name", alias)} = ${pendingName(resource)}`,
    sql`(${own("version", alias)} < 0 or not exists (${known}))`,
    ...(lastWrite ? [sql`${lastWrite.rows} > 0`] : []),
    ...(isPart ? [sql`(${isFirst} or not exists (select 1 ${found}))`] : []),
  ]
  const set = (name: Parameters<typeof own>[0], value: SQL): SQL =>
    sql`${own(name)} = case when ${isFirst} then ${own(name, alias)} else ${value} end`
  const sets = [
    sql`${own("table_name")} = ${tableName(resource)}`,
    set("version", nextVersion(resource, key)),
    set("at", notBefore(since ? sql`(select ${since} ${found})` : sql`null`, lastTime(resource, key))),
    set("by", sql`cast(${bound(historyValue.by)} as text)`),
    set("was", text),
  ]
  return compile(
    sql`update ${rowHistory} set ${sql.join(sets, sql`, `)} where ${sql.join(conditions, sql` and `)}`,
  )
}

/** Which rows an insert has made, where no statement can keep account of itself. */
export const madeRows = {
  /** By the database's own number of rows. */
  byNumber(resource: Resource, { rows, lastRow }: LastWrite): SQL {
    const number = expressions.rowNumber(tableOf(resource))
    return sql`${number} > ${lastRow} - ${rows} and ${number} <= ${lastRow}`
  },
  /** The same of so many as `@places` has: where the table has an index for searches, SQLite counts what that writes. */
  byCount: (resource: Resource, { lastRow }: LastWrite): SQL =>
    madeRows.byNumber(resource, { rows: sql`json_array_length(${bound("@places")})`, lastRow }),
  /** By the key in the record of the write, which has come between. Bytes are no key in JSON: such a row has the highest number. */
  byRecord(resource: Resource, { rows, lastRow }: LastWrite): SQL {
    const number = expressions.rowNumber(tableOf(resource))
    if (keyFields(resource).some(({ spec }) => spec.type === "bytes"))
      return sql`${rows} > 0 and ${number} = (select max(${number}) from ${tableOf(resource)})`
    const key = sql`${writeRecords.row_key}`
    const array = resource.keys.length === 1 ? sql`'[' || ${key} || ']'` : key
    const record = sql`(select ${array} from ${writeRecords} where ${expressions.rowNumber(sql`${writeRecords}`)} = ${lastRow})`
    return sql`${rows} > 0 and ${hasKeyOf(resource, writtenRow(resource), record)}`
  },
  /** Those of a condition, if any was made. */
  byCondition: (condition: SQL, { rows }: LastWrite): SQL => sql`${rows} > 0 and ${condition}`,
  /** That of a condition, if it was not there before an upsert: it was not noted then, and the statement before made no version. */
  byAbsence(resource: Resource, condition: SQL, { rows }: LastWrite): SQL {
    const key = keyTextOf(resource, writtenRow(resource))
    const noted = sql`select 1 from ${aliased("@o")} where ${own("table_name", "@o")} = ${pendingName(resource)} and ${own("row_key", "@o")} = ${key}`
    return sql`${rows} = 0 and ${condition} and not exists (${noted})`
  },
}

/** The first versions of rows that were made. */
export function compileFirstVersions(resource: Resource, made: SQL): Plan {
  const row = writtenRow(resource)
  const key = keyTextOf(resource, row)
  return compile(
    sql`${insertInto()} select ${tableName(resource)}, ${key}, ${nextVersion(resource, key)}, 'insert', ${notBefore(sinceWhen(resource, row) ?? sql`null`, lastTime(resource, key))}, ${bound(historyValue.by)}, ${versionText(resource, row)} from ${tableOf(resource)} where ${made}`,
  )
}
