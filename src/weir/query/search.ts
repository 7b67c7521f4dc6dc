import { searchSql } from "../fields/search.ts"
import { fieldType } from "../fields/types.ts"
import { type SearchTerm, wordsOf } from "../lib/search-words.ts"
import type { Resource } from "../resource/resource.ts"
import { anyone } from "../resource/rules.ts"
import type { Search } from "../resource/search.ts"
import type { SortField, SortKey } from "./query.ts"
import type { ParamReader } from "./reader.ts"
import { readSort } from "./selection.ts"

/** A full-text search, whose values are bound. */
export interface SearchQuery extends Search {
  terms: SearchTerm[]
  /** Whether each row is to have a member that shows where it matched. */
  highlight: boolean
  /** The names of the values that are bound. */
  names: readonly string[]
}

/** Most terms of a search, and most of its characters. */
export const maxTerms = 20
export const maxSearchLength = 200

/** The sort key of relevance. */
export const rankName = "_rank"
/** The member of a row that shows where a search matched. */
export const highlightName = "_highlight"

/** A term: a `-` where it must not be there, a phrase in quotes or a word, and a `*` where the word may go on. */
const term = /(-?)(?:"([^"]*)"|([^\s"]+))(\*?)(?=\s|$)|\S+/gu

/** Reads `q` and `highlight`. Undefined where there is no search. */
export function readSearch(reader: ParamReader, resource: Resource): SearchQuery | undefined {
  const { search } = resource
  if (!search) return undefined
  const text = reader.single("q")
  const highlight = reader.choice("highlight", ["true", "false"]) === "true"
  if (text === undefined) {
    if (highlight) reader.issue("highlight", "needs a search: q=", "conflict")
    return undefined
  }
  const terms = termsOf(reader, text)
  if (!terms) return undefined
  const values = searchSql.values(terms, search.index)
  const names = Object.keys(values)
  Object.assign(reader.values, values)
  reader.shape += `${names.join()};`
  return { ...search, terms, highlight, names }
}

/** The terms of a search. Undefined, with an issue, where there is something wrong. */
function termsOf(reader: ParamReader, text: string): SearchTerm[] | undefined {
  const issue = (message: string, code: string) => void reader.issue("q", message, code)
  if ([...text].length > maxSearchLength)
    return issue(`must have at most ${maxSearchLength} characters`, "too_many")
  if ((text.match(/"/g)?.length ?? 0) % 2) return issue("has a quote that is not closed", "invalid_value")
  const found = parsed(text)
  if (found.length > maxTerms) return issue(`must have at most ${maxTerms} terms`, "too_many")
  if (found.length === 0) return issue("must have a word: letters or digits", "invalid_value")
  if (found.every(({ negative }) => negative))
    return issue("must have a word that is there, beside those that are not", "invalid_value")
  return found
}

/** The terms of a text. What holds no word is left out. */
export function parsed(text: string): SearchTerm[] {
  const terms: SearchTerm[] = []
  for (const [whole, minus, phrase, plain, star] of text.replaceAll("\0", " ").matchAll(term)) {
    const words = wordsOf(phrase ?? plain ?? whole).map(({ word }) => word)
    const prefix = star === "*" || (plain?.endsWith("*") ?? false)
    if (words.length) terms.push({ words, prefix, negative: minus === "-" })
  }
  return terms
}

/** The sort of a list with a search: relevance, then the key, unless `sort` says otherwise. */
export function readRankedSort(reader: ParamReader, resource: Resource): SortKey[] {
  const [text] = reader.params.get("sort") ?? [`-${rankName}`]
  const [first = "", ...rest] = (text as string).split(",")
  if (first !== rankName && first !== `-${rankName}`) return readSort(reader, resource, "sort")
  const times = reader.params.get("sort")?.length ?? 1
  if (times > 1) reader.issue("sort", "must be given once", "repeated")
  reader.use("sort")
  if (rest.length) reader.params.set("sort", [rest.join(",")])
  else reader.params.delete("sort")
  return [{ field: rankField, descending: first.startsWith("-") }, ...readSort(reader, resource, "sort")]
}

/** Relevance as a sort key: a whole number, the larger the more relevant. */
const rankField: SortField = {
  name: rankName,
  spec: { type: "integer" },
  type: fieldType({ type: "integer" }),
  nullable: false,
  read: anyone,
}
