import { type SQL, sql } from "drizzle-orm"
import { emoji, type SearchTerm } from "../../../lib/search-words.ts"
import { type SearchColumn, type SearchIndex, type SearchSql, searchValue } from "../search-types.ts"
import { render } from "./sql.ts"

/** The name of a table's index. Names that begin with _ are no tables of the schema. */
export const searchTableOf = ({ table }: Pick<SearchIndex, "table">): string => `_${table}_search`

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** The text of a column, or at a place in its JSON. */
function textOf(row: SQL, { path }: SearchColumn): SQL {
  if (!path) return row
  const place = sql.raw(text(`$${path.map((segment) => `."${segment}"`).join("")}`))
  return sql`case json_type(${row}, ${place}) when 'text' then json_extract(${row}, ${place}) end`
}

/** The columns of the index: those of the table, or names of their own where its documents are searched. */
const namesOf = ({ columns }: SearchIndex): string[] =>
  holdsPlaces(columns) ? columns.map((_, i) => `c${i}`) : columns.map(({ name }) => quoted(name))
const holdsPlaces = (columns: SearchColumn[]): boolean => columns.some(({ path }) => path)

/** A term as FTS5 writes it: the words hold letters and digits only, so that nothing of its syntax is in them. */
const term = ({ words, prefix }: SearchTerm): string => `"${words.join(" ")}"${prefix ? " *" : ""}`

const isPositive = ({ negative }: SearchTerm): boolean => !negative

function matchText(terms: SearchTerm[]): string {
  const without = terms.filter(({ negative }) => negative).map(term)
  const all = terms.filter(isPositive).map(term).join(" AND ")
  return without.length ? `(${all}) NOT (${without.join(" OR ")})` : all
}

/** Beside the times that terms are there, what else stands in a row: as much as a text of 200 characters counts 1.2. */
const usualLength = 220
const scale = 1_000_000
/** Of words that most rows have, bm25 makes a millionth. */
const fineScale = 1e12

/** A rank that is made of the row alone: how often the terms are there, for its length. */
function ownRank({ columns }: SearchIndex, values: SQL[]): SQL {
  const all = sql.join(
    columns.map((column, i) => sql`coalesce(${textOf(values[i] as SQL, column)}, '')`),
    sql` || ' ' || `,
  )
  const terms = sql`json_each(${sql.placeholder(searchValue.terms)})`
  const counted = sql`select total((length(s) - length(replace(s, value, ''))) * 1.0 / length(value)) as n, max(length(s)) as l from (select lower(${all}) as s) cross join ${terms}`
  return sql`(select cast(${sql.raw(String(scale))} * n / (n + 0.3 + l / ${sql.raw(`${usualLength}.0`)}) as integer) from (${counted}))`
}

/** The values that are indexed, of a row. */
const valuesOf = ({ columns }: SearchIndex, row: string): string =>
  columns.map((column) => render(textOf(sql.raw(`${row}${quoted(column.name)}`), column)).text).join(", ")

function triggers(index: SearchIndex): string[] {
  const { table, columns } = index
  const name = searchTableOf(index)
  const names = namesOf(index).join(", ")
  const of = (row: "new" | "old") => valuesOf(index, `${row}.`)
  const insert = `insert into ${quoted(name)}(rowid, ${names}) values (new.rowid, ${of("new")});`
  const remove = `insert into ${quoted(name)}(${quoted(name)}, rowid, ${names}) values ('delete', old.rowid, ${of("old")});`
  const changed = ["rowid", ...columns.map((column) => quoted(column.name))].map(
    (column) => `new.${column} is not old.${column}`,
  )
  const trigger = (event: string, when: string, body: string) =>
    `create trigger ${quoted(`${name}_${event}`)} after ${event} on ${quoted(table)}${when} begin ${body} end;`
  return [
    trigger("insert", "", insert),
    trigger("delete", "", remove),
    trigger("update", ` when ${changed.join(" or ")}`, `${remove} ${insert}`),
  ]
}

export const search: SearchSql = {
  values: (terms) => ({
    [searchValue.match]: matchText(terms),
    [searchValue.terms]: JSON.stringify(terms.filter(isPositive).map(({ words }) => words.join(" "))),
  }),
  matches({ index, alias }) {
    const table = sql.identifier(searchTableOf(index))
    return sql`${alias}.rowid in (select rowid from ${table} where ${table} match ${sql.placeholder(searchValue.match)})`
  },
  rank({ index, columns }, _names, isOpen) {
    if (!isOpen) {
      const own = ownRank(index, columns)
      return { within: own, ordered: own, after: own }
    }
    const table = sql.identifier(searchTableOf(index))
    return {
      through: sql`select rowid as _k, cast(round(${sql.raw(String(-fineScale))} * bm25(${table})) as integer) as _r from ${table} where ${table} match ${sql.placeholder(searchValue.match)}`,
      within: sql`"@s"._r`,
      ordered: sql`"@s"._r`,
      after: sql`kept._r`,
    }
  },
  create(index) {
    const { table, columns } = index
    const name = searchTableOf(index)
    const names = namesOf(index)
    const isOwn = holdsPlaces(columns)
    const tokenizer = `unicode61 remove_diacritics 2 separators '${emoji}'`
    const content = isOwn ? ["content=''"] : [`content=${text(table)}`, "content_rowid='rowid'"]
    const parts = [...names, ...content, `tokenize="${tokenizer}"`].join(", ")
    const fill = isOwn
      ? `insert into ${quoted(name)}(rowid, ${names.join(", ")}) select rowid, ${valuesOf(index, "")} from ${quoted(table)};`
      : `insert into ${quoted(name)}(${quoted(name)}) values ('rebuild');`
    return [`create virtual table ${quoted(name)} using fts5(${parts});`, ...triggers(index), fill]
  },
  count: (index) =>
    `select count(*) from sqlite_master where type = 'table' and name = ${text(searchTableOf(index))}`,
  without: "they are a 503",
  drop(index) {
    const name = searchTableOf(index)
    const gone = ["insert", "delete", "update"].map(
      (event) => `drop trigger if exists ${quoted(`${name}_${event}`)};`,
    )
    return [...gone, `drop table if exists ${quoted(name)};`]
  },
}
