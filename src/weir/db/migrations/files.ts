import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { asSearchPathSays } from "./own-names.ts"

/** A migration in drizzle-kit's folder, and the down script that Weir keeps beside it. */
export interface Migration {
  /** Its number and name, such as `0001_notes`. */
  tag: string
  /** When it was generated, in ms since 1970. drizzle-kit's ledger identifies it by this. */
  stamp: number
  /** SHA-256 of its file in hexadecimal digits, as in drizzle-kit's ledger. */
  hash: string
  statements: string[]
  /** The down script; undefined where there is no such file. */
  down: Down | undefined
}

/** The down script of a migration. */
export interface Down {
  statements: string[]
  /** The data that it loses, one line each. */
  losses: string[]
}

/** drizzle-kit's list of its migrations, oldest first. */
export interface Journal {
  version: string
  dialect: string
  entries: { idx: number; version: string; when: number; tag: string; breakpoints: boolean }[]
}

/** drizzle-kit's separator between two statements of a file. */
export const breakpoint = "--> statement-breakpoint\n"
/** The comment by which a file declares that it loses data. */
export const lossMark = "-- Loses data: "

/** The path of a folder's journal. */
export const journalPath = (folder: string): string => join(folder, "meta", "_journal.json")
/** The path of the snapshot of a migration, which has the migration's prefix. */
export const snapshotPath = (folder: string, tag: string): string =>
  join(folder, "meta", `${tag.split("_")[0]}_snapshot.json`)
/** The path of a migration's down script. */
export const downPath = (folder: string, tag: string): string => join(folder, "down", `${tag}.sql`)

/** The journal of a folder. Throws where there is none, or where it cannot be read. */
export function readJournal(folder: string): Journal {
  const path = journalPath(folder)
  if (!existsSync(path)) throw new Error(`There are no migrations in ${folder}`)
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Journal
  } catch (error) {
    throw new Error(`${path} cannot be read`, { cause: error })
  }
}

/** The migrations of a folder, oldest first; none without a journal. Throws where a file that it names is missing. */
export function readMigrations(folder: string): Migration[] {
  if (!existsSync(journalPath(folder))) return []
  const migrations = readJournal(folder).entries.map(({ tag, when }) => {
    const path = join(folder, `${tag}.sql`)
    if (!existsSync(path)) throw new Error(`${path} is missing, although the journal names it`)
    const text = readFileSync(path, "utf8")
    const hash = createHash("sha256").update(text).digest("hex")
    return { tag, stamp: when, hash, statements: statementsOf(text), down: readDown(folder, tag) }
  })
  return asSearchPathSays(migrations)
}

/** The text of one migration. */
export const readText = (folder: string, tag: string): string =>
  readFileSync(join(folder, `${tag}.sql`), "utf8")

/** The statements of one migration. */
export const readStatements = (folder: string, tag: string): string[] => statementsOf(readText(folder, tag))

function readDown(folder: string, tag: string): Down | undefined {
  const path = downPath(folder, tag)
  if (!existsSync(path)) return undefined
  const text = readFileSync(path, "utf8")
  const marked = text.split("\n").filter((line) => line.startsWith(lossMark))
  return { statements: statementsOf(text), losses: marked.map((line) => line.slice(lossMark.length).trim()) }
}

/** `drizzle-kit pull` writes what it has found as one comment: its tables are there, and nothing is to be run. */
const isPulled = (text: string): boolean => /^(\s*--[^\n]*\n)*\s*\/\*(?:(?!\*\/)[\s\S])*\*\/\s*$/.test(text)

/** The statements of a file, without the comments in front of each. */
function statementsOf(text: string): string[] {
  if (isPulled(text)) return []
  const parts = text.split(breakpoint.trim()).map((part) => part.replace(/^(\s*--.*(\n|$))+/, "").trim())
  return parts.filter(Boolean)
}
