import { loadedTables } from "../db/dialect/field.ts"
import type { Change } from "../db/driver.ts"

/**
 * Names of stamps. A stored answer holds the stamps that it was read under, and is served while they are the
 * same; a write moves those of what it has changed. `items` is the whole table's, `items:5` one row's, and
 * `items:*` that of all single rows, for writes that do not know which rows they change.
 */
const rowStamp = (table: string, key: number): string => `${table}:${key}`
const rowsStamp = (table: string): string => `${table}:*`

/** What a statement reads: how often it names each table, and whether it answers the same on the same rows. */
export interface Reads {
  tables: Map<string, number>
  steady: boolean
}

/** The row that a statement answers, where it answers one by its primary key. */
export interface OneRow {
  table: string
  key: number
}

const identifiers = /"[^"]*"/g
const unsteadyWords =
  /'(now|today|tomorrow|yesterday)'|\b(current_\w+|localtime\w*|session_user)\b|\b(now|age|random\w*|gen_random_uuid|uuid\w*|\w+_timestamp|timeofday|nextval|currval|lastval|pg_\w+|txid_\w+|changes|total_changes|last_insert_rowid)\s*\(|\b(date|time|datetime|julianday|unixepoch)\s*\(\s*\)/i

/** What a statement reads, from its text: the rules in it may name tables in their own SQL. */
export function readsOf(text: string): Reads {
  return { tables: mentioned(text), steady: !unsteadyWords.test(text.replace(identifiers, "x")) }
}

/** The stamps that an answer depends on: with one row of a table that is named nowhere else, only that row's. */
export function stampsOfRead({ tables }: Reads, row?: OneRow): string[] {
  const stamps: string[] = []
  for (const [table, times] of tables)
    if (row?.table === table && times === 1) stamps.push(rowStamp(table, row.key), rowsStamp(table))
    else stamps.push(table)
  return stamps
}

/** The stamps that a write moves. */
export function stampsOfWrite({ text, change }: { text: string; change?: Change }): string[] {
  if (!change) return stampsOfTables([...mentioned(text).keys()])
  const stamps = [change.table]
  if (change.key !== undefined) stamps.push(rowStamp(change.table, change.key))
  if (change.verb === "delete") stamps.push(...stampsOfTables(rippled([change.table])))
  return stamps
}

/** All stamps of some tables, and of those that their deletes reach. */
export function stampsOfTables(tables: string[] = [...loadedTables.keys()]): string[] {
  return [...new Set([...tables, ...rippled(tables)])].flatMap((table) => [table, rowsStamp(table)])
}

/** A stamp that stands for more than the given one, so that many can be kept in little room. */
export const wider = (stamp: string): string => {
  const [table = "", key] = stamp.split(":")
  return key === undefined ? table : rowsStamp(table)
}

function mentioned(text: string): Reads["tables"] {
  const found: Reads["tables"] = new Map()
  for (const name of loadedTables.keys()) {
    const times = text.match(wordOf(name))?.length
    if (times) found.set(name, times)
  }
  return found
}

const words = new Map<string, RegExp>()

function wordOf(name: string): RegExp {
  const word = words.get(name) ?? new RegExp(`(?<!\\w)${name.replace(/\W/g, "\\$&")}(?!\\w)`, "gi")
  words.set(name, word)
  return word
}

/** The tables whose rows a delete in the given ones takes with it or changes, however many steps away. */
function rippled(tables: string[]): string[] {
  const reached = new Set<string>()
  const visit = (target: string): void => {
    for (const [table, specs] of loadedTables) {
      if (reached.has(table)) continue
      const refers = Object.values(specs).some(
        ({ reference }) => reference && changesRows(reference.onDelete) && reference.table() === target,
      )
      if (!refers) continue
      reached.add(table)
      visit(table)
    }
  }
  for (const table of tables) visit(table)
  return [...reached]
}

const changesRows = (onDelete: string | undefined): boolean =>
  onDelete !== undefined && onDelete !== "no action" && onDelete !== "restrict"
