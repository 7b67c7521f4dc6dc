import type { SQL } from "drizzle-orm"
import type { Rows } from "../db/dialect/page.ts"
import { searchSql } from "../db/dialect/search.ts"
import type { Rank, Searched } from "../db/dialect/search-types.ts"
import type { ListQuery } from "../query/query.ts"
import { rankName, type SearchQuery } from "../query/search.ts"
import type { Resource } from "../resource/resource.ts"
import { rowOf } from "../resource/row-of.ts"
import { isOpenToAll, type RowSql } from "../resource/rules.ts"

/** A list's search as SQL: conditions that hold for rows that match. */
export interface SearchClause {
  matches: SQL[]
  /** The same where the rows are chosen: none where they are read through the search. */
  matching: SQL[]
  /** Absent where the rows are not sorted by it. */
  rank?: Rank
}

/** The search of a list, for the row of an alias. */
export function searchClause(
  query: Pick<ListQuery, "search" | "resource" | "viewer" | "sort">,
  alias: SQL,
  row: RowSql,
): SearchClause {
  const { search, resource, viewer, sort } = query
  if (!search) return { matches: [], matching: [] }
  const searched: Searched = { index: search.index, alias, columns: columnsOf(search, row) }
  const matches = [searchSql.matches(searched, search.names)]
  if (!sort.some(({ field }) => field.name === rankName)) return { matches, matching: matches }
  const rank = searchSql.rank(searched, search.names, isOpenToAll(resource.rules.read, viewer))
  return { matches, matching: rank.through ? [] : matches, rank }
}

/** How the rows of a page come to their rank. */
export const rankOf = ({ rank }: SearchClause): Pick<Rows, "through" | "rank"> => ({
  through: rank?.through,
  rank: rank?.within,
})

const columnsOf = ({ parts }: SearchQuery, row: RowSql): SQL[] => parts.map(({ field }) => row(field.name))

/** A row whose rank is a column. */
export const withRank = (resource: Resource, row: RowSql, rank: SQL | undefined): RowSql =>
  rank ? rowOf(resource, (column) => (column === rankName ? rank : row(column))) : row
