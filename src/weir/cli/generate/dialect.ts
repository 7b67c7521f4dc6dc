import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import {
  generateDrizzleJson,
  generateMigration,
  generateSQLiteDrizzleJson,
  generateSQLiteMigration,
} from "drizzle-kit/api"
import { getTableName, is, Table } from "drizzle-orm"
import { dialectName } from "../../db/dialect/choose.ts"
import { longNames } from "../../db/dialect/names.ts"
import { downPath, journalPath, readJournal, readStatements } from "../../db/migrations/files.ts"
import {
  cannotBeFilled,
  type Diff,
  type Kinds,
  repairPostgres,
  repairSqlite,
  toBeFilled,
  toBeRequired,
} from "./repair.ts"
import {
  common,
  doubts,
  keyOf,
  losses,
  type Rename,
  reversed,
  type Snapshot,
  withRenames,
} from "./snapshot.ts"

/** What a dialect's process is asked. */
export interface Question {
  /** The folder of the tables. */
  schema: string
  folder: string
  renames: Rename[]
  /** Columns (`table.column`) and tables that are stated to be dropped. */
  drops: string[]
}

/** A file of statements, and what it loses. */
export interface Script {
  statements: string[]
  losses: string[]
}

export interface Answer {
  /** In words for people, where it cannot be told what is meant. */
  refusal?: string
  /** The next migration; undefined where nothing has changed. */
  next?: { snapshot: object; up: Script; down: Script; warnings: string[] }
  /** Ways back that are missing beside earlier migrations. */
  missing: { tag: string; down: Script }[]
  /** Earlier migrations that were written by hand, and whose way back must be, too. */
  unknown: string[]
}

const postgres = dialectName === "postgres"
const asKit = (snapshot: Snapshot) => snapshot as never
const diff: Diff = (from, to) =>
  postgres ? generateMigration(asKit(from), asKit(to)) : generateSQLiteMigration(asKit(from), asKit(to))
const snapshotOf = async (schema: Record<string, unknown>, before?: string): Promise<Snapshot> =>
  (postgres
    ? generateDrizzleJson(schema, before)
    : await generateSQLiteDrizzleJson(schema, before)) as unknown as Snapshot

/** What the files of a folder export, in the dialect of this process; nothing twice. */
async function readSchema(folder: string): Promise<Record<string, unknown>> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".ts"))
  const all: Record<string, unknown> = {}
  for (const file of files)
    for (const [name, value] of Object.entries(await import(join(folder, file))))
      if (!Object.values(all).includes(value)) all[`${file}:${name}`] = value
  return all
}

function readSnapshot(folder: string, index: number, empty: Snapshot): Snapshot {
  if (index < 0) return empty
  const path = join(folder, "meta", `${String(index).padStart(4, "0")}_snapshot.json`)
  return JSON.parse(readFileSync(path, "utf8")) as Snapshot
}

/** What SQLite's snapshots do not say of a column. */
const kinds: Kinds = new Map()

function readKinds(folder: string): void {
  if (!existsSync(journalPath(folder))) return
  for (const { idx } of readJournal(folder).entries)
    for (const { name, columns } of Object.values(
      readSnapshot(folder, idx, { id: "", prevId: "", tables: {} }).tables,
    ))
      for (const column of Object.values(columns)) kinds.set(`${name}.${column.name}`, column.type)
}

const quote = postgres ? '"' : "`"
const named = (text: string): string => `${quote}${text}${quote}`

function renameStatement({ table, column, to }: Rename): string {
  const what = column === undefined ? "" : `COLUMN ${named(column)} `
  return `ALTER TABLE ${named(table)} RENAME ${what}TO ${named(to)};`
}

/** The statements from one snapshot to the other: renames, then what goes, then what comes. */
async function way(
  before: Snapshot,
  to: Snapshot,
  renames: Rename[],
  empty: Snapshot,
  fill: boolean,
): Promise<Script> {
  const from = withRenames(before, renames)
  const between = doubts(from, to).length ? common(from, to) : undefined
  const stretch = async (a: Snapshot, b: Snapshot) =>
    postgres
      ? repairPostgres(await diff(a, b), a, b, fill)
      : await repairSqlite(await diff(a, b), a, b, { fill, empty, diff, kinds })
  const statements = between
    ? [...(await stretch(from, between)), ...(await stretch(between, to))]
    : await stretch(from, to)
  return { statements: [...renames.map(renameStatement), ...statements], losses: losses(from, to) }
}

/** What drizzle-kit would ask about, with how to say it; undefined where all has been said. */
function refusalOf(from: Snapshot, to: Snapshot, drops: string[]): string | undefined {
  const known = Object.values(from.tables).flatMap(({ name, columns }) => [
    name,
    ...Object.keys(columns).map((c) => `${name}.${c}`),
  ])
  const nothing = drops.find((drop) => !known.includes(drop))
  if (nothing) return `--drop ${nothing}: there is no such table or column`
  for (const { table, gone, come } of doubts(from, to)) {
    const unsaid = gone
      .map((name) => (table ? `${table}.${name}` : name))
      .filter((name) => !drops.includes(name))
    if (unsaid.length === 0) continue
    const what = table ? "column" : "table"
    return `${unsaid.join(", ")} is gone and ${come.join(", ")} is new: say whether the ${what} has another name now (--rename ${unsaid[0]}=${come[0]}) or is dropped with what it holds (--drop ${unsaid[0]})`
  }
  return undefined
}

/** Rebuilt tables whose children go with their rows: where foreign keys cannot be turned off, as on D1, these would be lost. */
function warningsOf(statements: string[], from: Snapshot, to: Snapshot): string[] {
  const rebuilt = statements
    .flatMap((s) => /^DROP TABLE `([^`]+)`/.exec(s)?.[1] ?? [])
    .filter((name) => keyOf(to, name))
  const children = Object.values(to.tables).flatMap((child) =>
    Object.values(child.foreignKeys)
      .filter(({ tableTo, onDelete }) => rebuilt.includes(tableTo) && onDelete === "cascade")
      .map(
        ({ tableTo }) =>
          `rebuilds ${tableTo}: on D1, which cannot turn foreign keys off, the rows of ${child.name} would be deleted`,
      ),
  )
  const fills = toBeFilled(from, to).map(
    (name) =>
      `adds ${name}, which must have a value: it fails where there are rows, unless you give it a default`,
  )
  const required = toBeRequired(from, to).map(
    (name) => `makes ${name} required: it fails where a row has no value there`,
  )
  const back = toBeFilled(to, from)
    .filter((name) => cannotBeFilled(from, name))
    .map(
      (name) =>
        `its way back fills ${name}, which is unique or refers to rows: it fails where there are rows`,
    )
  return [...children, ...fills, ...required, ...back]
}

async function answer({ schema, folder, renames, drops }: Question): Promise<Answer> {
  const tables = await readSchema(schema)
  const long = Object.values(tables).flatMap((table) =>
    is(table, Table) ? longNames(table).map((why) => `${getTableName(table)}: ${why}`) : [],
  )
  if (long[0]) return { refusal: long[0], missing: [], unknown: [] }
  const empty = await snapshotOf({})
  readKinds(join(folder, "../postgres"))
  const journal = existsSync(journalPath(folder)) ? readJournal(folder).entries : []
  const missing: Answer["missing"] = []
  const unknown: string[] = []
  for (const [i, { idx, tag }] of journal.entries()) {
    if (existsSync(downPath(folder, tag))) continue
    const [before, after] = [
      readSnapshot(folder, journal[i - 1]?.idx ?? -1, empty),
      readSnapshot(folder, idx, empty),
    ]
    const down = await way(after, before, [], empty, true)
    // What was written by hand can only be undone by hand.
    const byHand = down.statements.length === 0 && readStatements(folder, tag).length > 0
    if (byHand) unknown.push(tag)
    else missing.push({ tag, down })
  }
  const before = readSnapshot(folder, journal.at(-1)?.idx ?? -1, empty)
  const after = await snapshotOf(tables, before.id)
  const reused = renames.find(({ table, column }) => column === undefined && keyOf(after, table))
  const refusal = reused
    ? `${reused.table} has another name now, and there is a new ${reused.table}: make two migrations of it, one after the other`
    : refusalOf(withRenames(before, renames), after, drops)
  if (refusal) return { refusal, missing, unknown }
  const up = await way(before, after, renames, empty, false)
  if (up.statements.length === 0) return { missing, unknown }
  const down = await way(after, before, reversed(renames), empty, true)
  return {
    next: {
      snapshot: after,
      up,
      down,
      warnings: warningsOf(up.statements, withRenames(before, renames), after),
    },
    missing,
    unknown,
  }
}

process.once("message", async (question: Question) => {
  let reply: Answer
  try {
    reply = await answer(question)
  } catch (error) {
    reply = { refusal: (error as Error).message, missing: [], unknown: [] }
  }
  process.send?.(reply, () => process.disconnect())
})
