import type { DialectName } from "../../db/dialect/choose.ts"
import { search as postgres } from "../../db/dialect/postgres/search.ts"
import type { SearchIndex, SearchSql } from "../../db/dialect/search-types.ts"
import { search as sqlite } from "../../db/dialect/sqlite/search.ts"
import { readJournal, readStatements, readText } from "../../db/migrations/files.ts"
import { fnv1a } from "../../lib/fnv.ts"
import type { Script } from "./script.ts"

const nameOf = ({ schema, table }: Pick<SearchIndex, "schema" | "table">): string =>
  schema === undefined ? table : `${schema}.${table}`

const dialects: Record<DialectName, SearchSql> = { sqlite, postgres }

/** A search index as a migration notes it; `sql` changes where the same index is made otherwise. */
type Note = SearchIndex & { sql: string }

/** The same, and the statements that make it, which an earlier version may have written otherwise than this one. */
interface Noted {
  note: Note
  made: string[]
}

/** The search indexes of a database's tables, by the names of these with their schemas. */
export type SearchState = Map<string, Noted>

/** The comment by which a migration notes the search index of a table, as JSON. Without columns, it is gone. */
const mark = "-- Search: "

/** The search indexes that an API asks for. */
export function searchState(indexes: SearchIndex[], dialect: DialectName): SearchState {
  const { create } = dialects[dialect]
  return new Map(
    indexes.map((index) => {
      const made = create(index)
      return [nameOf(index), { note: { ...index, sql: digestOf(made) }, made }]
    }),
  )
}

const digestOf = (statements: string[]): string => fnv1a(statements.join("\n"))

/** The search indexes before the first migration of a folder, and after each, by its tag. */
export function searchStates(
  folder: string,
  dialect: DialectName,
  tags = tagsOf(folder),
): Map<string | undefined, SearchState> {
  let state: SearchState = new Map()
  const states = new Map<string | undefined, SearchState>([[undefined, state]])
  for (const tag of tags) {
    state = new Map(state)
    for (const line of readText(folder, tag).split("\n")) {
      if (!line.startsWith(mark)) continue
      const note = JSON.parse(line.slice(mark.length)) as Note
      if (note.columns.length) state.set(nameOf(note), { note, made: madeIn(folder, tag, note, dialect) })
      else state.delete(nameOf(note))
    }
    states.set(tag, state)
  }
  return states
}

/** The statements of a migration that make an index: those that make something of a name by which it is unmade. */
function madeIn(folder: string, tag: string, note: Note, dialect: DialectName): string[] {
  const { create, drop } = dialects[dialect]
  const made = create(note)
  if (digestOf(made) === note.sql) return made
  const names = drop(note).flatMap((statement) => statement.match(/"(?:[^"]|"")*"(?=;$)/) ?? [])
  const isMade = (statement: string) =>
    /^(create|insert|alter\s+table\s+\S+\s+add)\b/i.test(statement) &&
    names.some((name) => statement.includes(name))
  return readStatements(folder, tag)
    .map((statement) => statement.replace(/^(\s*--.*\n)+\s*/, ""))
    .filter(isMade)
}

const tagsOf = (folder: string): string[] => readJournal(folder).entries.map(({ tag }) => tag)

const same = (a: Noted | undefined, b: Noted | undefined): boolean =>
  JSON.stringify(a?.note) === JSON.stringify(b?.note)

/** The comments that note how a migration changes the search indexes. */
export function searchMarks(before: SearchState, after: SearchState): string[] {
  const gone = [...before].flatMap(([name, { note }]) => (after.has(name) ? [] : note))
  const made = [...after].flatMap(([name, noted]) => (same(before.get(name), noted) ? [] : noted.note))
  return [...gone.map(({ schema, table }) => ({ schema, table, columns: [] })), ...made].map(
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
  const { drop } = dialects[dialect]
  const isKept = ([name, { note }]: [string, Noted]) =>
    same(before.get(name), after.get(name)) && !statements.some((statement) => touches(statement, note))
  const unmade = [...before].filter((index) => !isKept(index)).flatMap(([, { note }]) => drop(note))
  const made = [...after].filter((index) => !isKept(index)).flatMap(([, { made }]) => made)
  return { statements: [...unmade, ...statements, ...made], losses }
}

/** What an index does not depend on: whether a column is required, and its default. */
const harmless = /^(set|drop)\s+(not\s+null|default)\b/i

/** Whether a statement drops or renames a table, or changes or drops a column that is searched or may make one. */
function touches(statement: string, { table, columns }: SearchIndex): boolean {
  const [, verb = "", name, rest = ""] =
    /^\s*(drop|alter)\s+table\s+(?:if\s+exists\s+)?(?:["`]\w+["`]\.)?["`]([^"`]+)["`]\s*(.*)$/is.exec(
      statement,
    ) ?? []
  if (name !== table) return false
  if (/^drop$/i.test(verb) || /^rename\s+to\b/i.test(rest)) return true
  const [, column, change = ""] =
    /^(?:rename|drop|alter)\s+column\s+(?:if\s+exists\s+)?["`]([^"`]+)["`]\s*(.*)$/is.exec(rest) ?? []
  if (column === undefined || harmless.test(change)) return false
  return columns.some((each) => each.name === column || each.generatedAs !== undefined)
}
