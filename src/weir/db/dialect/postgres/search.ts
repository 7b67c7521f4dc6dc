import { type SQL, sql } from "drizzle-orm"
import { folds, markClass, marks, type SearchTerm, wordClass } from "../../../lib/search-words.ts"
import { shortened } from "../reference-indexes.ts"
import { type SearchColumn, type SearchIndex, type SearchSql, searchValue } from "../search-types.ts"
import { render } from "./sql.ts"

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Stands between the fields of a row, where no phrase goes on. */
const divider = "\x1f"
const dividerSql = "chr(31)"

/** Most characters of a row that are searched: a tsvector holds 1 MiB. */
const maxCharacters = 240_000
/** Most characters of a word: a lexeme has 2 KiB. */
const maxWord = 255

/** ASCII from the most frequent letter on: `translate` looks for each character from the beginning. */
const frequent = "e taoinshrdlcumwfgypbvkjxqz0123456789"
const separators = Array.from({ length: 127 }, (_, i) => String.fromCharCode(i + 1)).filter(
  (character) => !/[A-Z]/.test(character) && !frequent.includes(character) && character !== divider,
)
const escaped = (value: string): string =>
  `e'${value.replace(/[\p{Cc}'\\]/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`)}'`

const asciiFrom = escaped(frequent + separators.join(""))
const asciiTo = escaped(frequent + " ".repeat(separators.length))

const foldable = text(`[${[...folds.keys()].filter((c) => c > "\x7f").join("")}${markClass}]`)
const isLetter = (character: string): boolean => /[a-z]/.test(character)
const lower = frequent.replaceAll(/./g, (c) => (isLetter(c) || c === " " ? c : ""))
const foldFrom = text(`${lower}${[...folds.keys()].join("")}${marks}`)
const foldTo = text(`${lower}${[...folds.values()].join("")}`)
const noWord = escaped(`[^${wordClass}${markClass}${divider}]`)

/** The text of a column, or at a place in its JSON. */
function textOf(row: SQL, { path }: SearchColumn): SQL {
  if (!path) return sql`(${row})::text`
  const place = sql.raw(text(`{${path.map((segment) => `"${segment}"`).join(",")}}`))
  return sql`case jsonb_typeof(((${row})::jsonb) #> ${place}) when 'string' then ((${row})::jsonb) #>> ${place} end`
}

/** The words of texts, in lower case and without diacritics, with spaces between them. */
function foldedText({ columns }: SearchIndex, values: SQL[]): SQL {
  const most = sql.raw(String(Math.floor(maxCharacters / columns.length)))
  const parts = columns.map(
    (column, i) =>
      sql`replace(left(coalesce(${textOf(values[i] as SQL, column)}, ''), ${most}), ${sql.raw(dividerSql)}, ' ')`,
  )
  const all = sql`(${sql.join(parts, sql.raw(` || ' ' || ${dividerSql} || ' ' || `))})`
  const letters = sql`regexp_replace(${all} collate "C", ${sql.raw(noWord)}, ' ', 'g')`
  const fold = sql`case when ${all} collate "C" ~ ${sql.raw(foldable)} then translate(${letters}, ${sql.raw(foldFrom)}, ${sql.raw(foldTo)}) else lower(${letters} collate "C") end`
  const whole = sql`case when octet_length(${all}) = length(${all}) then translate(lower(${all} collate "C"), ${sql.raw(asciiFrom)}, ${sql.raw(asciiTo)}) else ${fold} end`
  const long = sql.raw(`'(^| )([^ ]{${maxWord}})[^ ]+'`)
  return sql`regexp_replace(${whole}, case when length(${all}) > ${sql.raw(String(maxWord))} then ${long} else e'\\x01' end, '\\1\\2', 'g')`
}

const words = (index: SearchIndex, values: SQL[]): SQL =>
  sql`array_remove(string_to_array(${foldedText(index, values)}, ' '), '')`

/** What is indexed and asked: the same expression in both. */
const vector = (index: SearchIndex, values: SQL[]): SQL =>
  index.language
    ? sql`to_tsvector(${sql.raw(text(index.language))}::regconfig, ${foldedText(index, values)})`
    : sql`array_to_tsvector(${words(index, values)})`

/** A row's words, each with a space on both sides, as `s`. */
const spaced = (index: SearchIndex, values: SQL[]): SQL =>
  sql`(select ' ' || array_to_string(${words(index, values)}, '  ') || ' ' as s offset 0) "@q"`

/** A term in such a text. */
const spacedTerm = ({ words, prefix }: SearchTerm): string => ` ${words.join("  ")}${prefix ? "" : " "}`

const listed = (name: string): SQL =>
  sql`unnest(string_to_array(${sql.placeholder(name)}, ${sql.raw(dividerSql)})) p`

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

const scale = sql.raw("1000000")
/** A row of that many characters, and one that is empty, count 1.3 and 0.3 beside the times that terms are there. */
const usualLength = sql.raw("220.0")

function ownRank(index: SearchIndex, columns: SQL[]): SQL {
  const times = sql`(length(s) - length(replace(s, p, '')))::float8 / length(p)`
  const counted = sql`select sum(${times}) as n, max(length(s)) as l from ${spaced(index, columns)}, ${listed(searchValue.terms)}`
  return sql`(select floor(${scale} * n / (n + 0.3 + l / ${usualLength}))::integer from (${counted}) "@n")`
}

const stemmedRank = (index: SearchIndex, columns: SQL[]): SQL =>
  sql`floor(${scale} * ts_rank(${vector(index, columns)}, ${asked(index)}, 1))::integer`

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
    const of = (isOf: (term: SearchTerm) => boolean) => terms.filter(isOf).map(spacedTerm).join(divider)
    return {
      [searchValue.match]: matchText(terms, index),
      [searchValue.terms]: of(({ negative }) => !negative),
      [searchValue.phrases]: of(({ words, negative }) => !negative && words.length > 1),
      [searchValue.without]: of(({ words, negative }) => negative && words.length > 1),
    }
  },
  matches({ index, columns }, { hasPhrases, hasWithout }) {
    const found = sql`${vector(index, columns)} @@ ${asked(index)}`
    if (index.language || !(hasPhrases || hasWithout)) return found
    const there = hasPhrases
      ? sql` and (select bool_and(strpos(s, p) > 0) from ${spaced(index, columns)}, ${listed(searchValue.phrases)})`
      : sql``
    const without = hasWithout
      ? sql` and not (select bool_or(strpos(s, p) > 0) from ${spaced(index, columns)}, ${listed(searchValue.without)})`
      : sql``
    return sql`(${found}${there}${without})`
  },
  rank({ index, columns, alias }) {
    const own = index.language ? stemmedRank(index, columns) : ownRank(index, columns)
    return { within: own, after: sql`${alias}."@rank"` }
  },
  create(index) {
    const names = index.columns.map(({ name }) => sql.raw(quoted(name)))
    const { text: expression } = render(vector(index, names))
    return [
      `create index ${quoted(indexName(index))} on ${qualified(index, index.table)} using gin ((${expression}));`,
    ]
  },
  count: ({ schema, table }) =>
    `select count(*) from pg_class where relkind in ('i', 'I') and relname = ${text(indexName({ table }))} and relnamespace = ${schema === undefined ? `(select relnamespace from pg_class where oid = to_regclass(${text(quoted(table))}))` : `to_regnamespace(${text(quoted(schema))})`}`,
  without: "they read every row",
  drop: (index) => [`drop index if exists ${qualified(index, indexName(index))};`],
}
