import { existsSync, readFileSync } from "node:fs"
import { getTableName, is, Table } from "drizzle-orm"
import type { Casing } from "../../db/dialect/casing.ts"
import { type DialectName, dialectName } from "../../db/dialect/choose.ts"
import { longNames, repeatedNames } from "../../db/dialect/names.ts"
import {
  downPath,
  journalPath,
  readJournal,
  readStatements,
  snapshotPath,
} from "../../db/migrations/files.ts"
import { type Prefix, readDrizzleConfig } from "../../runtime/drizzle-config.ts"
import { placeOf } from "../../runtime/fail.ts"
import { folderOf, migrationsOf, rootOf } from "../../runtime/migrations.ts"
import { filesBelow, filesOfPatterns, readSchema } from "../schema-files.ts"
import { namesOf, type TableNames } from "./kinds-of-tables.ts"
import { cannotBeFilled, type Kinds, toBeFilled, toBeRequired } from "./repair.ts"
import { type Script, scriptBetween, snapshotOf } from "./script.ts"
import { doubts, keyOf, type Rename, reversed, type Snapshot, withRenames } from "./snapshot.ts"

/** The message to a dialect's child process. */
export interface Question {
  /** The path of the schema's file or folder, where `drizzle.config.ts` names none. */
  schema: string
  /** The URL of the project's folder of migrations. */
  migrations: string
  /** The casing of `api.ts`, where the config has none. */
  casing?: Casing
  renames: Rename[]
  /** The columns (`table.column`) and tables that the options name as dropped. */
  drops: string[]
}

/** The reply of a dialect's child process. */
export interface Answer {
  /** A message for people where no migration can be written. */
  refusal?: string
  /** The names of the schema's tables, by what made them; undefined where it cannot be loaded. */
  tables?: TableNames
  /** The dialect's folder of migrations. */
  folder: string
  prefix: Prefix
  /** The name of drizzle-kit's config, and what it says; undefined where there is none. */
  config?: { file: string; dialect: DialectName | null; casing?: Casing }
  /** The next migration, without statements where nothing has changed. */
  next?: { snapshot: object; up: Script; down: Script; warnings: string[] }
  /** Earlier migrations without a down script, each with a generated one. */
  missing: { tag: string; down: Script }[]
  /** The tags of earlier hand-written migrations without a down script, which must be hand-written too. */
  unknown: string[]
}

function readSnapshot(folder: string, tag: string | undefined, empty: Snapshot): Snapshot {
  if (tag === undefined) return empty
  const snapshot = JSON.parse(readFileSync(snapshotPath(folder, tag), "utf8")) as Snapshot & {
    version?: string
  }
  const { version } = empty as Snapshot & { version?: string }
  if (snapshot.version !== version)
    throw new Error(
      `${snapshotPath(folder, tag)} has version ${snapshot.version}, and must have ${version}: run npx drizzle-kit up`,
    )
  return snapshot
}

/** The Postgres type of each column, since SQLite's snapshots say only `text` for instants and JSON. */
const kinds: Kinds = new Map()

function readKinds(folder: string): void {
  if (!existsSync(journalPath(folder))) return
  for (const { tag } of readJournal(folder).entries)
    for (const { name, columns } of Object.values(
      (JSON.parse(readFileSync(snapshotPath(folder, tag), "utf8")) as Snapshot).tables,
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

/** What is known of the project before its schema is loaded. */
interface Setting extends Pick<Answer, "folder" | "prefix" | "config"> {
  /** The patterns of the schema's files. */
  patterns: string[]
}

async function settingOf({ migrations }: Question): Promise<Setting> {
  const at = new URL(migrations)
  const config = await readDrizzleConfig(rootOf(at), process.env.DATABASE_URL ?? "")
  return {
    folder: folderOf(config, at, dialectName).path,
    prefix: config?.dialect === dialectName ? config.prefix : "index",
    patterns: config?.schema ?? [],
    ...(config && {
      config: {
        file: config.file,
        dialect: config.dialect,
        ...(config.casing && { casing: config.casing }),
      },
    }),
  }
}

/** The parts of an answer that a migration is written from. */
type Outcome = Pick<Answer, "refusal" | "next" | "missing" | "unknown">

async function answer(question: Question, setting: Setting): Promise<Outcome & { tables: TableNames }> {
  const { patterns } = setting
  const tables = await readSchema(patterns.length ? filesOfPatterns(patterns) : filesBelow(question.schema))
  const drizzleTables = Object.values(tables).filter((value) => is(value, Table))
  const names = namesOf(drizzleTables)
  const isOfAnother = drizzleTables.length > names.vocabulary.length + names[dialectName].length
  const outcome = isOfAnother
    ? { missing: [], unknown: [] }
    : await outcomeOf(question, setting, tables, drizzleTables)
  return { ...outcome, tables: names }
}

async function outcomeOf(
  { renames, drops, casing, migrations }: Question,
  { folder, config }: Setting,
  tables: Record<string, unknown>,
  drizzleTables: Table[],
): Promise<Outcome> {
  const wrong = [
    ...drizzleTables.flatMap((table) => longNames(table).map((why) => `${getTableName(table)}: ${why}`)),
    ...repeatedNames(drizzleTables),
  ][0]
  if (wrong !== undefined) return { refusal: wrong, missing: [], unknown: [] }
  const empty = await snapshotOf({})
  readKinds(migrationsOf(new URL(migrations), "postgres"))
  const journal = existsSync(journalPath(folder)) ? readJournal(folder).entries : []
  const missing: Answer["missing"] = []
  const unknown: string[] = []
  for (const [i, { tag }] of journal.entries()) {
    // Without prefixes, drizzle-kit keeps the last snapshot alone: what lies before cannot be undone by it.
    if (existsSync(downPath(folder, tag)) || tag.startsWith("_")) continue
    const [before, after] = [
      readSnapshot(folder, journal[i - 1]?.tag, empty),
      readSnapshot(folder, tag, empty),
    ]
    const down = await scriptBetween(after, before, { fill: true, kinds })
    // The snapshots do not show hand-written statements, so only a hand-written script can undo them.
    const isHandWritten = down.statements.length === 0 && readStatements(folder, tag).length > 0
    if (isHandWritten) unknown.push(tag)
    else missing.push({ tag, down })
  }
  const before = readSnapshot(folder, journal.at(-1)?.tag, empty)
  const after = await snapshotOf(tables, { before: before.id, casing: config?.casing ?? casing })
  const reused = renames.find(({ table, column }) => column === undefined && keyOf(after, table))
  const refusal = reused
    ? `${reused.table} was renamed, and there is a new ${reused.table}: make two migrations of it, one after the other`
    : refusalOf(withRenames(before, renames), after, drops)
  if (refusal) return { refusal, missing, unknown }
  const up = await scriptBetween(before, after, { renames, fill: false, kinds })
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
  const nothing = { folder: "", prefix: "index" as const, missing: [], unknown: [] }
  let reply: Answer = nothing
  try {
    const { patterns, ...setting } = await settingOf(question)
    reply = { ...nothing, ...setting }
    reply = { ...reply, ...(await answer(question, { ...setting, patterns })) }
  } catch (error) {
    reply = { ...reply, refusal: `${(error as Error).message}${placeOf(error)}` }
  }
  process.send?.(reply, () => process.disconnect())
})
