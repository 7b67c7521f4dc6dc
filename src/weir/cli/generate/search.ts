import type { DialectName } from "../../db/dialect/choose.ts"
import { search as postgres } from "../../db/dialect/postgres/search.ts"
import type { SearchIndex, SearchSql } from "../../db/dialect/search-types.ts"
import { search as sqlite } from "../../db/dialect/sqlite/search.ts"
import { readJournal, readText } from "../../db/migrations/files.ts"
import { fnv1a } from "../../lib/fnv.ts"
import type { Script } from "./script.ts"

const dialects: Record<DialectName, SearchSql> = { sqlite, postgres }

/** A search index as a migration notes it; `sql` changes where the same index is made otherwise. */
type Noted = SearchIndex & { sql: string }

/** The search indexes of a database's tables. */
export type SearchState = Map<string, Noted>

/** The comment by which a migration notes the search index of a table, as JSON. Without columns, it is gone. */
const mark = "-- Search: "

/** The search indexes that an API asks for. */
export function searchState(indexes: SearchIndex[], dialect: DialectName): SearchState {
  const { create } = dialects[dialect]
  return new Map(indexes.map((index) => [index.table, { ...index, sql: fnv1a(create(index).join("\n")) }]))
}

/** The search indexes before the first migration of a folder, and after each, by its tag. */
export function searchStates(folder: string, tags = tagsOf(folder)): Map<string | undefined, SearchState> {
  let state: SearchState = new Map()
  const states = new Map<string | undefined, SearchState>([[undefined, state]])
  for (const tag of tags) {
    state = new Map(state)
    for (const line of readText(folder, tag).split("\n")) {
      if (!line.startsWith(mark)) continue
      const noted = JSON.parse(line.slice(mark.length)) as Noted
      if (noted.columns.length) state.set(noted.table, noted)
      else state.delete(noted.table)
    }
    states.set(tag, state)
  }
  return states
}

const tagsOf = (folder: string): string[] => readJournal(folder).entries.map(({ tag }) => tag)

const same = (a: Noted | undefined, b: Noted | undefined): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The comments that note how a migration changes the search indexes. */
export function searchMarks(before: SearchState, after: SearchState): string[] {
  const gone = [...before.values()].filter(({ table }) => !after.has(table))
  const made = [...after.values()].filter((index) => !same(before.get(index.table), index))
  return [...gone.map(({ table }) => ({ table, columns: [] })), ...made].map(
    (noted) => mark + JSON.stringify(noted),
  )
}

/**
 * The statements of a migration with those that unmake the search indexes which change, and make them as they are to
 * be. An index of a table that is made anew, or whose columns change, is made anew as well.
 */
export function withSearch(
  dialect: DialectName,
  { statements, losses }: Script,
  before: SearchState,
  after: SearchState,
): Script {
  const { create, drop } = dialects[dialect]
  const isKept = (index: Noted) =>
    same(before.get(index.table), after.get(index.table)) &&
    !statements.some((statement) => touches(statement, index.table))
  const unmade = [...before.values()].filter((index) => !isKept(index)).flatMap(drop)
  const made = [...after.values()].filter((index) => !isKept(index)).flatMap(create)
  return { statements: [...unmade, ...statements, ...made], losses }
}

/** Whether a statement drops or renames a table, or changes or drops a column of it. */
function touches(statement: string, table: string): boolean {
  const [, verb = "", name, rest = ""] =
    /^\s*(drop|alter)\s+table\s+(?:if\s+exists\s+)?(?:["`]\w+["`]\.)?["`]([^"`]+)["`]\s*(.*)$/is.exec(
      statement,
    ) ?? []
  return name === table && (/^drop$/i.test(verb) || /^(rename|drop\s+column|alter\s+column)\b/i.test(rest))
}
