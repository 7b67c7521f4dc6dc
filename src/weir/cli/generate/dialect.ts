import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { getTableName, is, Table } from "drizzle-orm"
import { longNames, repeatedNames } from "../../db/dialect/names.ts"
import { downPath, journalPath, readJournal, readStatements } from "../../db/migrations/files.ts"
import { cannotBeFilled, type Kinds, toBeFilled, toBeRequired } from "./repair.ts"
import { type Script, scriptBetween, snapshotOf } from "./script.ts"
import { doubts, keyOf, type Rename, reversed, type Snapshot, withRenames } from "./snapshot.ts"

/** The message to a dialect's child process. */
export interface Question {
  /** The path of the folder of the schema's table files. */
  schema: string
  /** The path of the dialect's folder of migrations. */
  folder: string
  renames: Rename[]
  /** The columns (`table.column`) and tables that the options name as dropped. */
  drops: string[]
}

/** The reply of a dialect's child process. */
export interface Answer {
  /** A message for people where no migration can be written. */
  refusal?: string
  /** The next migration; undefined where nothing has changed. */
  next?: { snapshot: object; up: Script; down: Script; warnings: string[] }
  /** Earlier migrations without a down script, each with a generated one. */
  missing: { tag: string; down: Script }[]
  /** The tags of earlier hand-written migrations without a down script, which must be hand-written too. */
  unknown: string[]
}

/** The exports of a folder's files, in the dialect of this process, each value once. */
async function readSchema(folder: string): Promise<Record<string, unknown>> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".ts"))
  const schema: Record<string, unknown> = {}
  for (const file of files)
    for (const [name, value] of Object.entries(await import(join(folder, file))))
      if (!Object.values(schema).includes(value)) schema[`${file}:${name}`] = value
  return schema
}

function readSnapshot(folder: string, index: number, empty: Snapshot): Snapshot {
  if (index < 0) return empty
  const path = join(folder, "meta", `${String(index).padStart(4, "0")}_snapshot.json`)
  return JSON.parse(readFileSync(path, "utf8")) as Snapshot
}

/** The Postgres type of each column, since SQLite's snapshots say only `text` for instants and JSON. */
const kinds: Kinds = new Map()

function readKinds(folder: string): void {
  if (!existsSync(journalPath(folder))) return
  for (const { idx } of readJournal(folder).entries)
    for (const { name, columns } of Object.values(
      readSnapshot(folder, idx, { id: "", prevId: "", tables: {} }).tables,
    ))
      for (const column of Object.values(columns)) kinds.set(`${name}.${column.name}`, column.type)
}

/** A message where drizzle-kit would ask whether something was renamed or dropped. It names the options that answer. */
function refusalOf(from: Snapshot, to: Snapshot, drops: string[]): string | undefined {
  const droppable = Object.values(from.tables).flatMap(({ name, columns }) => [
    name,
    ...Object.keys(columns).map((c) => `${name}.${c}`),
  ])
  const missing = drops.find((drop) => !droppable.includes(drop))
  if (missing) return `--drop ${missing}: there is no such table or column`
  for (const { table, removed, added } of doubts(from, to)) {
    const undecided = removed
      .map((name) => (table ? `${table}.${name}` : name))
      .filter((name) => !drops.includes(name))
    if (undecided.length === 0) continue
    const kind = table ? "column" : "table"
    return `${undecided.join(", ")} is gone and ${added.join(", ")} is new: say whether the ${kind} was renamed (--rename ${undecided[0]}=${added[0]}) or is dropped with its data (--drop ${undecided[0]})`
  }
  return undefined
}

/** Warnings of a migration: it, or its way back, fails on certain rows. */
function warningsOf(from: Snapshot, to: Snapshot): string[] {
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
  return [...fills, ...required, ...back]
}

async function answer({ schema, folder, renames, drops }: Question): Promise<Answer> {
  const tables = await readSchema(schema)
  const drizzleTables = Object.values(tables).filter((value) => is(value, Table))
  const wrong = [
    ...drizzleTables.flatMap((table) => longNames(table).map((why) => `${getTableName(table)}: ${why}`)),
    ...repeatedNames(drizzleTables),
  ][0]
  if (wrong !== undefined) return { refusal: wrong, missing: [], unknown: [] }
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
    const down = await scriptBetween(after, before, { fill: true, kinds })
    // The snapshots do not show hand-written statements, so only a hand-written script can undo them.
    const isHandWritten = down.statements.length === 0 && readStatements(folder, tag).length > 0
    if (isHandWritten) unknown.push(tag)
    else missing.push({ tag, down })
  }
  const before = readSnapshot(folder, journal.at(-1)?.idx ?? -1, empty)
  const after = await snapshotOf(tables, before.id)
  const reused = renames.find(({ table, column }) => column === undefined && keyOf(after, table))
  const refusal = reused
    ? `${reused.table} was renamed, and there is a new ${reused.table}: make two migrations of it, one after the other`
    : refusalOf(withRenames(before, renames), after, drops)
  if (refusal) return { refusal, missing, unknown }
  const up = await scriptBetween(before, after, { renames, fill: false, kinds })
  if (up.statements.length === 0) return { missing, unknown }
  const down = await scriptBetween(after, before, { renames: reversed(renames), fill: true, kinds })
  return {
    next: {
      snapshot: after,
      up,
      down,
      warnings: warningsOf(withRenames(before, renames), after),
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
