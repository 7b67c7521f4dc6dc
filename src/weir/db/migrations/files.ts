import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** A migration in drizzle-kit's folder, and the way back that Weir keeps beside it. */
export interface Migration {
  /** Its number and name, such as `0001_notes`. */
  tag: string
  /** When it was made, in milliseconds: what drizzle-kit's ledger knows it by. */
  stamp: number
  /** SHA-256 of its file, as drizzle-kit's ledger has it. */
  hash: string
  statements: string[]
  /** What undoes it; undefined where there is no such file. */
  down: Down | undefined
}

export interface Down {
  statements: string[]
  /** What is lost by it, one line each. */
  losses: string[]
}

/** drizzle-kit's list of its migrations, oldest first. */
export interface Journal {
  version: string
  dialect: string
  entries: { idx: number; version: string; when: number; tag: string; breakpoints: boolean }[]
}

export const breakpoint = "--> statement-breakpoint\n"
/** How a file says that it loses data. */
export const lossMark = "-- Loses data: "

export const journalPath = (folder: string): string => join(folder, "meta", "_journal.json")
export const downPath = (folder: string, tag: string): string => join(folder, "down", `${tag}.sql`)

/** Throws one line where the folder holds no journal, or one that cannot be read. */
export function readJournal(folder: string): Journal {
  const path = journalPath(folder)
  if (!existsSync(path)) throw new Error(`There are no migrations in ${folder}`)
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Journal
  } catch (error) {
    throw new Error(`${path} cannot be read`, { cause: error })
  }
}

/** The migrations of a folder, oldest first. Throws one line that names a file which is missing. */
export function readMigrations(folder: string): Migration[] {
  return readJournal(folder).entries.map(({ tag, when }) => {
    const path = join(folder, `${tag}.sql`)
    if (!existsSync(path)) throw new Error(`${path} is missing, although the journal names it`)
    const text = readFileSync(path, "utf8")
    const hash = createHash("sha256").update(text).digest("hex")
    return { tag, stamp: when, hash, statements: statementsOf(text), down: readDown(folder, tag) }
  })
}

/** The statements of one migration. */
export const readStatements = (folder: string, tag: string): string[] =>
  statementsOf(readFileSync(join(folder, `${tag}.sql`), "utf8"))

function readDown(folder: string, tag: string): Down | undefined {
  const path = downPath(folder, tag)
  if (!existsSync(path)) return undefined
  const text = readFileSync(path, "utf8")
  const marked = text.split("\n").filter((line) => line.startsWith(lossMark))
  return { statements: statementsOf(text), losses: marked.map((line) => line.slice(lossMark.length).trim()) }
}

/** The statements of a file, without the comments that they begin with. */
function statementsOf(text: string): string[] {
  const parts = text.split(breakpoint.trim()).map((part) => part.replace(/^(\s*--.*(\n|$))+/, "").trim())
  return parts.filter(Boolean)
}
