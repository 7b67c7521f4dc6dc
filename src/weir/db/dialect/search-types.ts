import type { SQL } from "drizzle-orm"
import type { SearchTerm } from "../../lib/search-words.ts"

/** A column, or a place in its JSON. */
export interface SearchColumn {
  name: string
  path?: string[] | undefined
  /** What makes a generated column, as SQL. */
  generatedAs?: string | undefined
}

/** What the search index of a table is made of: names of the database. */
export interface SearchIndex {
  /** The schema of Postgres, where the table has one of its own. */
  schema?: string | undefined
  table: string
  columns: SearchColumn[]
  /** The configuration that Postgres stems by. */
  language?: string | undefined
}

/** The columns in which Postgres keeps what is searched of a row: words, or their stems. No field may be called so. */
export const searchColumn = { words: "_search", stems: "_search_stems" } as const

/** The names by which the values of a search are bound. On Postgres, the number of each follows where there are several. */
export const searchValue = {
  /** The search in the database's own words. */
  match: "q",
  /** The terms that must be there, for their number in a row. */
  terms: "qTerm",
  /** The phrases that must be there, and those that must not. */
  phrases: "qPhrase",
  without: "qWithout",
} as const

/** The rows that are searched. */
export interface Searched {
  index: SearchIndex
  /** The alias of the table. */
  alias: SQL
  /** The columns, in the order of the index. */
  columns: SQL[]
}

/** How relevant rows are, as a whole number. */
export interface Rank {
  /** A query for all rows that match, `_k` by the database's own number and `_r`: the rows are read through it. */
  through?: SQL
  /** The rank where rows are chosen, where they are put in order, and in the rows that were chosen. */
  within: SQL
  ordered: SQL
  after: SQL
}

/** Full-text search in a dialect. */
export interface SearchSql {
  values(terms: SearchTerm[], index: SearchIndex): Record<string, string>
  /** The condition that a row matches. `names` are those of the values. */
  matches(searched: Searched, names: readonly string[]): SQL
  /** `isOpen`: whether the viewer may read every row, so that a rank may tell of the others. */
  rank(searched: Searched, names: readonly string[], isOpen: boolean): Rank
  /** The statements that make and unmake an index. */
  create(index: SearchIndex): string[]
  drop(index: SearchIndex): string[]
  /** A query for how many such indexes there are. */
  count(index: SearchIndex): string
  /** What becomes of searches where there is none. */
  without: string
}
