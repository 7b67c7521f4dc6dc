import { type SQL, sql } from "drizzle-orm"
import type { SearchTerm } from "../../../lib/search-words.ts"
import { shortened } from "../reference-indexes.ts"
import { type SearchIndex, type SearchSql, searchColumn, searchValue } from "../search-types.ts"
import { columnOf, definitionOf, indexed, vector } from "./search-column.ts"

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A term in a text whose words have a space on both sides each. */
const spacedTerm = ({ words, prefix }: SearchTerm): string => ` ${words.join("  ")}${prefix ? "" : " "}`

const lexeme = (word: string, prefix: boolean): string => `'${word}'${prefix ? ":*" : ""}`

/** The search as a tsquery. Without a language, phrases are looked for in the text itself. */
function matchText(terms: SearchTerm[], { language }: SearchIndex): string {
  const parts = terms.flatMap(({ words, prefix, negative }) => {
    const all = words.map((word, i) => lexeme(word, prefix && i === words.length - 1))
    if (!language && negative && words.length > 1) return []
    const together = all.join(language ? " <-> " : " & ")
    return [`${negative ? "!" : ""}${all.length > 1 ? `(${together})` : together}`]
  })
  return parts.join(" & ")
}

/** The values of a kind among those that are bound. */
const bound = (names: readonly string[], kind: string): SQL[] =>
  names.filter((name) => name.startsWith(kind)).map((name) => sql`${sql.placeholder(name)}::text`)

/** The text of a row's words. */
const wordsOf = (alias: SQL): SQL => sql`${alias}.${sql.identifier(searchColumn.words)}`

const scale = sql.raw("1000000")
/** A row of that many bytes, and one that is empty, count 1.3 and 0.3 beside the times that terms are there. */
const usualLength = sql.raw("220.0::float8")

/** How often terms are there, for the length of the text: of n times, n / (n + 0.3 + length / 220), where n stands once. */
function ownRank(alias: SQL, terms: SQL[]): SQL {
  const row = wordsOf(alias)
  const times = terms.map(
    (term) =>
      sql`(octet_length(${row}) - octet_length(replace(${row}, ${term}, ''))) / octet_length(${term})`,
  )
  const beside = sql`(0.3::float8 + octet_length(${row}) / ${usualLength})`
  return sql`floor(${scale} / (1 + ${beside} / greatest(${sql.join(times, sql` + `)}, 0.001::float8)))::integer`
}

const stemmedRank = (index: SearchIndex, alias: SQL): SQL =>
  sql`floor(${scale} * ts_rank(${vector(index, alias)}, ${asked(index)}, 1))::integer`

/** The tsquery that is bound. */
const asked = ({ language }: SearchIndex): SQL =>
  language
    ? sql`to_tsquery(${sql.raw(text(language))}::regconfig, ${sql.placeholder(searchValue.match)})`
    : sql`${sql.placeholder(searchValue.match)}::tsquery`

const indexName = ({ table }: Pick<SearchIndex, "table">): string => shortened(`${table}_search_index`)
const qualified = ({ schema }: SearchIndex, name: string): string =>
  [schema, name].flatMap((part) => (part === undefined ? [] : quoted(part))).join(".")

export const search: SearchSql = {
  values(terms, index) {
    const match = { [searchValue.match]: matchText(terms, index) }
    if (index.language) return match
    const of = (kind: string, isOf: (term: SearchTerm) => boolean) =>
      Object.fromEntries(terms.filter(isOf).map((term, i) => [`${kind}${i}`, spacedTerm(term)]))
    return {
      ...match,
      ...of(searchValue.terms, ({ negative }) => !negative),
      ...of(searchValue.phrases, ({ negative, words }) => !negative && words.length > 1),
      ...of(searchValue.without, ({ negative, words }) => negative && words.length > 1),
    }
  },
  matches({ index, alias }, names) {
    const row = wordsOf(alias)
    return sql.join(
      [
        sql`${vector(index, alias)} @@ ${asked(index)}`,
        ...bound(names, searchValue.phrases).map((phrase) => sql`strpos(${row}, ${phrase}) > 0`),
        ...bound(names, searchValue.without).map((phrase) => sql`strpos(${row}, ${phrase}) = 0`),
      ],
      sql` and `,
    )
  },
  rank({ index, alias }, names) {
    const own = index.language ? stemmedRank(index, alias) : ownRank(alias, bound(names, searchValue.terms))
    // Sorted by the column of the result, Postgres makes the rank of a row once: two that differ in their parameters, it does not know to be equal.
    return { within: own, ordered: sql`"@rank"`, after: sql`${alias}."@rank"` }
  },
  create: (index) => [
    `alter table ${qualified(index, index.table)} add column ${definitionOf(index)};`,
    `create index ${quoted(indexName(index))} on ${qualified(index, index.table)} using gin (${indexed(index)});`,
  ],
  count: (index) =>
    `select count(*) from pg_attribute a join pg_class t on t.oid = a.attrelid join pg_class i on i.relnamespace = t.relnamespace where t.oid = to_regclass(${text(qualified(index, index.table))}) and a.attname = ${text(columnOf(index))} and a.attgenerated = 's' and i.relkind in ('i', 'I') and i.relname = ${text(indexName(index))}`,
  without: "they are a 503, or read every row where its column is there",
  drop: (index) => [
    `drop index if exists ${qualified(index, indexName(index))};`,
    `alter table if exists ${qualified(index, index.table)} drop column if exists "${columnOf(index)}";`,
  ],
}
