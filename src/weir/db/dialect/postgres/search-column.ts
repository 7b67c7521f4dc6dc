import { type SQL, sql } from "drizzle-orm"
import { folds, markClass, marks, wordClass } from "../../../lib/search-words.ts"
import { type SearchColumn, type SearchIndex, searchColumn } from "../search-types.ts"

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** Stands between the fields of a row, where no phrase goes on. */
const divider = "chr(31)"

/** Most characters of a row that are searched: a tsvector holds 1 MiB. */
const maxCharacters = 240_000
/** Most characters of a word: a lexeme has 2 KiB. */
const maxWord = 255

/** ASCII from the most frequent letter on: `translate` looks for each character from the beginning. */
const frequent = "e taoinshrdlcumwfgypbvkjxqz0123456789"
const separators = Array.from({ length: 127 }, (_, i) => String.fromCharCode(i + 1)).filter(
  (character) => !/[A-Z]/.test(character) && !frequent.includes(character) && character !== "\x1f",
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
const noWord = escaped(`[^${wordClass}${markClass}\x1f]`)

/** The text of a column, or at a place in its JSON. Postgres refers to no generated column here, but to what makes it. */
function textOf({ name, path, generatedAs }: SearchColumn): string {
  const value = generatedAs === undefined ? `"${name.replaceAll('"', '""')}"` : `(${generatedAs})`
  if (!path) return `(${value})::text`
  const place = text(`{${path.map((segment) => `"${segment}"`).join(",")}}`)
  const json = `(${value})::jsonb`
  return `case jsonb_typeof(${json} #> ${place}) when 'string' then ${json} #>> ${place} end`
}

/** The words of a row, in lower case and without diacritics, with spaces between them. */
function foldedText({ columns }: SearchIndex): string {
  const most = Math.floor(maxCharacters / columns.length)
  const parts = columns.map(
    (column) => `replace(left(coalesce(${textOf(column)}, ''), ${most}), ${divider}, ' ')`,
  )
  const all = `(${parts.join(` || ' ' || ${divider} || ' ' || `)})`
  const letters = `regexp_replace(${all} collate "C", ${noWord}, ' ', 'g')`
  const fold = `case when ${all} collate "C" ~ ${foldable} then translate(${letters}, ${foldFrom}, ${foldTo}) else lower(${letters} collate "C") end`
  const whole = `case when octet_length(${all}) = length(${all}) then translate(lower(${all} collate "C"), ${asciiFrom}, ${asciiTo}) else ${fold} end`
  const long = `'(^| )([^ ]{${maxWord}})[^ ]+'`
  return `regexp_replace(${whole}, case when length(${all}) > ${maxWord} then ${long} else e'\\x01' end, '\\1\\2', 'g')`
}

/** Words with two spaces between them, and with one or two at both ends, so that each has two of its own. */
const spaced = (folded: string): string =>
  `replace(replace(replace(' ' || ${folded} || ' ', ' ', ' ' || chr(30)), chr(30) || ' ', ''), chr(30), ' ')`

/** The words as a tsvector: of the column of text, as it is indexed and asked. */
const wordsIn = (column: string): string =>
  `array_to_tsvector(array_remove(string_to_array(btrim(${column}, ' '), '  '), ${divider}))`

/**
 * The name of the column that keeps what is searched. Words are text, in which phrases are found wherever they stand: a
 * tsvector knows 255 places of a word, none beyond the 16,383rd. Stems are a tsvector, since only that is stemmed.
 */
export const columnOf = ({ language }: Pick<SearchIndex, "language">): string =>
  language === undefined ? searchColumn.words : searchColumn.stems

/** The definition of that column. */
export function definitionOf(index: SearchIndex): string {
  const { language } = index
  const folded = foldedText(index)
  const [type, value] =
    language === undefined
      ? ["text", spaced(folded)]
      : ["tsvector", `to_tsvector(${text(language)}::regconfig, ${folded})`]
  return `"${columnOf(index)}" ${type} generated always as (${value}) stored`
}

/** What the index is of. */
export const indexed = (index: SearchIndex): string => {
  const column = `"${columnOf(index)}"`
  return index.language === undefined ? `(${wordsIn(column)})` : column
}

/** The same of the rows of an alias. */
export function vector(index: SearchIndex, alias: SQL): SQL {
  const column = sql`${alias}.${sql.identifier(columnOf(index))}`
  if (index.language !== undefined) return column
  const [before, after] = wordsIn("\0").split("\0") as [string, string]
  return sql`${sql.raw(before)}${column}${sql.raw(after)}`
}
