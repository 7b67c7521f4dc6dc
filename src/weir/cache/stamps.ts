import { hash } from "node:crypto"
import { LRUCache } from "lru-cache"
import { loadedTables } from "../db/dialect/field.ts"
import type { Part, Row, Statement } from "../db/driver.ts"

/**
 * Names of stamps. A stored answer holds the stamps that it was read under, and is served while they are the
 * same; a write moves those of what it has changed. `items` is the whole table's; `items:id=5` that of one row,
 * `items:owner_id=3` that of the rows that refer to another; `items:*` stands for all of these, for writes that do
 * not know which rows they change.
 */
const partStamp = ({ table, column, value }: Part): string => `${table}:${column}=${value}`
const partsStamp = (table: string): string => `${table}:*`

/** What a statement reads: how often it names each table, and whether it answers the same on the same rows. */
export interface Reads {
  /** Stands for the text. */
  digest: string
  tables: Map<string, number>
  steady: boolean
}

const identifiers = /"[^"]*"/g
/** The names that databases take for the time, wherever a time is wanted. */
const clock = /^\s*(now|today|tomorrow|yesterday)\s*$/i
const clockLiteral = /'\s*(now|today|tomorrow|yesterday)\s*'/i
/** SQLite's functions of time, unless the time they are given is a column. */
const clockCall =
  /\b(date|time|datetime|julianday|unixepoch)\s*\(\s*(?![\sa-z_])|\bstrftime\s*\(\s*('[^']*'\s*(\)|,\s*(?![\sa-z_]))|(?!['\s]))/i
const unsteadyWord =
  /\b(current_\w+|localtime\w*|session_user)\b|\b(now|age|random\w*|gen_random_uuid|uuid\w*|\w+_timestamp|timeofday|nextval|currval|lastval|pg_\w+|txid_\w+|changes|total_changes|last_insert_rowid)\s*\(/i

/** Whether values make a statement ask for the time: a rule may have bound the word for it. */
export const bindsClock = (params: readonly unknown[]): boolean =>
  params.some((value) => typeof value === "string" && clock.test(value))

const known = new LRUCache<string, Reads>({ max: 2000 })

/** What a statement reads, from its text: the rules in it may name tables in their own SQL. Found out once. */
export function readsOf(text: string): Reads {
  const found = known.get(text)
  if (found) return found
  const bare = text.replace(identifiers, "x")
  const unsteady = clockLiteral.test(bare) || clockCall.test(bare) || unsteadyWord.test(bare)
  const reads = { digest: digestOf(text), tables: mentioned(text), steady: !unsteady }
  known.set(text, reads)
  return reads
}

export const digestOf = (text: string): string => hash("sha256", text, "base64url").slice(0, 22)

/** A part that a statement reads, and how often it names the table in doing so. */
export interface PartRead extends Part {
  times: number
}

/** The stamps that an answer depends on: of a table that is named only where a part of it is read, that part's. */
export function stampsOfRead({ tables }: Reads, parts: PartRead[] = []): string[] {
  const stamps: string[] = []
  for (const [table, times] of tables) {
    const part = parts.find((one) => one.table === table && one.times === times)
    if (part) stamps.push(partStamp(part), partsStamp(table))
    else stamps.push(table)
  }
  return stamps
}

/** The stamps that a write moves; `rows` are what it answered, where it came to an answer. */
export function stampsOfWrite({ text, change }: Pick<Statement, "text" | "change">, rows?: Row[]): string[] {
  if (!change) return stampsOfTables([...mentioned(text).keys()])
  const { table, row, references, verb, moves } = change
  const stamps = [table]
  if (row) stamps.push(partStamp(row))
  // Where the row was before it moved, or whether anything was written at all, is not known.
  if (moves || !rows) stamps.push(partsStamp(table))
  for (const values of rows ?? [])
    for (const [i, column] of references.entries()) {
      const value = values[2 + i] as Part["value"] | null
      if (value !== null) stamps.push(partStamp({ table, column, value }))
    }
  if (verb === "delete") stamps.push(...rippled([table]).flatMap(wholeTable))
  return stamps
}

/** All stamps of some tables, and of those that their deletes reach. */
export function stampsOfTables(tables: string[] = [...loadedTables.keys()]): string[] {
  return [...new Set([...tables, ...rippled(tables)])].flatMap(wholeTable)
}

const wholeTable = (table: string): string[] => [table, partsStamp(table)]

/** A stamp that stands for more than the given one, so that many can be kept in little room. */
export const wider = (stamp: string): string => {
  const [table = "", key] = stamp.split(":")
  return key === undefined ? table : partsStamp(table)
}

/** The members of JSON objects that a statement makes, and its literals. */
const names = /'(?:[^']|'')*'|\bas "[^"]*"/g

function mentioned(text: string): Reads["tables"] {
  const found: Reads["tables"] = new Map()
  const bare = text.replace(names, "''")
  // A literal may name a table, too; it is then named in a way that is not understood.
  for (const name of loadedTables.keys())
    if (text.search(wordOf(name)) >= 0) found.set(name, bare.match(wordOf(name))?.length ?? 0)
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
