import { hash } from "node:crypto"
import { getTableName } from "drizzle-orm"
import { LRUCache } from "lru-cache"
import { loadedTables } from "../db/dialect/field.ts"
import { foreignKeysOf } from "../db/dialect/foreign-keys.ts"
import { changesRows } from "../db/dialect/referrers.ts"
import type { Part, Row, Statement } from "../db/driver.ts"

/**
 * Names of stamps. A stored answer carries the stamps that it was read under and is served while they are current; a
 * write moves the stamps of everything it changes. `items` stands for the whole table, `items:id=5` for one row,
 * `items:owner_id=3` for the rows with that foreign key. `items:*` belongs to all parts of a table: a write that does
 * not know its rows moves it.
 */
const partStamp = ({ table, column, value }: Part): string => `${table}:${column}=${value}`
const partsStamp = (table: string): string => `${table}:*`

/** The tables that a statement reads, as far as its text tells. */
export interface Reads {
  /** A hash of the text. */
  digest: string
  /** How often the text names each table. */
  tables: Map<string, number>
  /** Whether the result depends on the rows alone, and not on time, randomness or the session. */
  steady: boolean
}

const identifiers = /"[^"]*"/g
/** Words that databases accept as a time: a text column compared with `now` depends on the clock. */
const clockWord = /^\s*(now|today|tomorrow|yesterday)\s*$/i
const clockLiteral = /'\s*(now|today|tomorrow|yesterday)\s*'/i
/** Calls of SQLite's time functions, unless their time argument is a column. */
const clockCall =
  /\b(date|time|datetime|julianday|unixepoch)\s*\([\s(]*(?![\s(a-z_])|\bstrftime\s*\(\s*('[^']*'\s*(\)|,[\s(]*(?![\s(a-z_]))|(?!['\s]))/i
const unsteadyWord =
  /\b(current_\w+|localtime\w*|session_user)\b|\b(now|age|random\w*|gen_random_uuid|uuid\w*|\w+_timestamp|timeofday|nextval|currval|lastval|pg_\w+|txid_\w+|changes|total_changes|last_insert_rowid)\s*\(/i

/** Whether a bound value makes a statement depend on the clock: a rule may bind a word such as `now`. */
export const bindsClock = (params: readonly unknown[]): boolean =>
  params.some((value) => typeof value === "string" && clockWord.test(value))

const readsByText = new LRUCache<string, Reads>({ max: 2000 })

/** The tables that a statement reads, parsed from its text, since rules may name tables in SQL of their own. Cached. */
export function readsOf(text: string): Reads {
  const existing = readsByText.get(text)
  if (existing) return existing
  const bare = text.replace(identifiers, "x")
  const unsteady = clockLiteral.test(bare) || clockCall.test(bare) || unsteadyWord.test(bare)
  const reads = { digest: digestOf(text), tables: tablesNamedIn(text), steady: !unsteady }
  readsByText.set(text, reads)
  return reads
}

/** The first 22 characters of the text's SHA-256 in base64url. */
export const digestOf = (text: string): string => hash("sha256", text, "base64url").slice(0, 22)

/** A part of a table that a statement reads. */
export interface PartRead extends Part {
  /** How often the statement names the table for this part. */
  times: number
}

/** The stamps that an answer depends on: a part's where the statement names a table for that part only, else the table's. */
export function stampsOfRead({ tables }: Reads, parts: PartRead[] = []): string[] {
  const stamps: string[] = []
  for (const [table, times] of tables) {
    const part = parts.find((candidate) => candidate.table === table && candidate.times === times)
    if (part) stamps.push(partStamp(part), partsStamp(table))
    else stamps.push(table)
  }
  return stamps
}

/** The stamps that a write moves. `rows` is its result; undefined if it failed, since it may have been committed. */
export function stampsOfWrite({ text, change }: Pick<Statement, "text" | "change">, rows?: Row[]): string[] {
  if (!change) return stampsOfTables([...tablesNamedIn(text).keys()])
  const { table, row, references, verb, moves } = change
  const stamps = [table]
  if (row) stamps.push(partStamp(row))
  // The old value of a changed foreign key is unknown, and so are the rows of a write that failed.
  if (moves || !rows) stamps.push(partsStamp(table))
  for (const values of rows ?? [])
    for (const [i, column] of references.entries()) {
      const value = values[2 + i] as Part["value"] | null
      if (value !== null) stamps.push(partStamp({ table, column, value }))
    }
  if (verb === "delete" || change.cascades)
    stamps.push(
      ...tablesChangedWith([table], verb === "delete" ? ["onDelete"] : ["onUpdate"]).flatMap(wholeTable),
    )
  return stamps
}

/** The stamps that cover given tables as a whole, and the tables that a write to them changes. */
export function stampsOfTables(tables: string[] = loadedNames()): string[] {
  return [...new Set([...tables, ...tablesChangedWith(tables)])].flatMap(wholeTable)
}

/**
 * Stamps have the names of tables without their schemas: a text need not say which schema it means. Tables of one name in
 * several schemas share their stamps, so that a write of one outdates what was read of the others as well.
 */
const loadedNames = (): string[] => [...loadedTables.values()].map(getTableName)

const wholeTable = (table: string): string[] => [table, partsStamp(table)]

/** A stamp that covers at least as much as the given one: fewer of these are needed. */
export const wider = (stamp: string): string => {
  const [table = "", key] = stamp.split(":")
  return key === undefined ? table : partsStamp(table)
}

/** String literals, and the aliases that become members of JSON objects; and other names, which may hold half a literal. */
const literals = /'(?:[^']|'')*'|\bas "(?:[^"]|"")*"|("(?:[^"]|"")*")/g

/** The tables that a text names, and how often it does so outside literals. */
function tablesNamedIn(text: string): Reads["tables"] {
  const tables: Reads["tables"] = new Map()
  const bare = text.replace(literals, (_, name?: string) => name ?? "''")
  // A table that only a literal names counts 0 times, which matches no part: the answer depends on the whole table.
  for (const name of new Set([...loadedNames(), ...tablesReadBy(bare)]))
    if (text.search(wordOf(name)) >= 0) tables.set(name, bare.match(wordOf(name))?.length ?? 0)
  return tables
}

const source =
  /\b(?:from|join|into|update)\s+(?:only\s+)?(?:(?:"[^"]+"|\w+)\s*\.\s*)?(?:"((?:[^"]|"")+)"|(\w+)(?!\s*\())/gi

/** The tables that a text reads or writes where their names say so, known or not. Those of the statement's own begin with @. */
function tablesReadBy(bare: string): string[] {
  return [...bare.matchAll(source)]
    .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "")
    .filter((name) => name && !name.startsWith("@") && !sourceWords.has(name.toLowerCase()))
}
const sourceWords = new Set(["select", "lateral", "set", "values", "kept", "unnest"])

const words = new Map<string, RegExp>()

/** Matches a table's name as a word. A quote in it stands twice in a text. */
function wordOf(name: string): RegExp {
  const word =
    words.get(name) ??
    new RegExp(`(?<!\\w)${name.replace(/\W/g, "\\$&").replaceAll('"', '"{1,2}')}(?!\\w)`, "gi")
  words.set(name, word)
  return word
}

/** The actions of foreign keys. */
const actions = ["onDelete", "onUpdate"] as const

/** The tables whose rows a write to the given tables deletes or changes, through any chain of foreign keys by these actions. */
function tablesChangedWith(tables: string[], by: readonly (typeof actions)[number][] = actions): string[] {
  const reached = new Set<string>()
  const visit = (target: string): void => {
    for (const drizzleTable of loadedTables.values()) {
      const table = getTableName(drizzleTable)
      if (reached.has(table)) continue
      const refers = foreignKeysOf(drizzleTable).some(
        (key) => by.some((action) => changesRows(key[action])) && getTableName(key.foreignTable) === target,
      )
      if (!refers) continue
      reached.add(table)
      visit(table)
    }
  }
  for (const table of tables) visit(table)
  return [...reached]
}
