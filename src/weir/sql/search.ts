import type { SQL } from "drizzle-orm"
import { searchSql } from "../db/dialect/search.ts"
import type { Rank, Searched } from "../db/dialect/search-types.ts"
import type { ListQuery } from "../query/query.ts"
import { rankName, type SearchQuery } from "../query/search.ts"
import { isOpenToAll, type RowSql } from "../resource/rules.ts"

/** A list's search as SQL. */
export interface SearchClause {
  /** The condition that a row matches. */
  matches: SQL
  /** Absent where the rows are not sorted by it. */
  rank: Rank | undefined
}

/** The search of a list, for the row of an alias. Undefined where there is none. */
export function searchClause(query: ListQuery, alias: SQL, row: RowSql): SearchClause | undefined {
  const { search, resource, viewer, sort } = query
  if (!search) return undefined
  const searched: Searched = { index: search.index, alias, columns: columnsOf(search, row) }
  const isRanked = sort.some(({ field }) => field.name === rankName)
  return {
    matches: searchSql.matches(searched, search),
    rank: isRanked ? searchSql.rank(searched, isOpenToAll(resource.rules.read, viewer)) : undefined,
  }
}

const columnsOf = ({ parts }: SearchQuery, row: RowSql): SQL[] => parts.map(({ field }) => row(field.name))

/** A row whose rank is a column. */
export const withRank = (row: RowSql, rank: SQL | undefined): RowSql =>
  rank ? (column) => (column === rankName ? rank : row(column)) : row
