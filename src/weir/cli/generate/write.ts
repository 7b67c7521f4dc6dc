import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import {
  breakpoint,
  downPath,
  type Journal,
  journalPath,
  lossMark,
  readJournal,
  snapshotPath,
} from "../../db/migrations/files.ts"
import type { Prefix } from "../../runtime/drizzle-config.ts"
import type { Answer } from "./dialect.ts"
import type { Script } from "./script.ts"

const textOf = (heading: string[], { statements, losses }: Script): string =>
  [...heading, ...losses.map((loss) => `${lossMark}${loss}`), statements.join(breakpoint)].join("\n")

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

/** Writes the down script of a migration beside it. */
export function writeDown(folder: string, tag: string, down: Script): void {
  const none = down.statements.length === 0 ? ["-- There is nothing to undo in the schema."] : []
  write(downPath(folder, tag), textOf([`-- Undoes ${tag}.`, ...none], down))
}

/** What a migration's tag begins with, as drizzle-kit has it. */
function prefixOf(prefix: Prefix, idx: number, now: number): string {
  if (prefix === "none") return ""
  if (prefix === "unix") return String(Math.floor(now / 1000))
  if (prefix === "index") return String(idx).padStart(4, "0")
  return new Date(now).toISOString().replace(/\D/g, "").slice(0, 14)
}

/**
 * Writes a migration and its down script in drizzle-kit's format, and returns its tag. `heading` are comments. The journal is written last: a
 * migration that it does not list does not exist.
 */
export function writeMigration(
  folder: string,
  dialect: string,
  name: string,
  next: NonNullable<Answer["next"]>,
  prefix: Prefix,
  heading: string[] = [],
): string {
  const journal: Journal = existsSync(journalPath(folder))
    ? readJournal(folder)
    : { version: "7", dialect, entries: [] }
  const last = journal.entries.at(-1)
  const idx = last ? last.idx + 1 : 0
  const tag = `${prefixOf(prefix, idx, Date.now())}_${name}`
  if (journal.entries.some((entry) => entry.tag === tag))
    throw new Error(`there is a migration ${tag} already: give the next one another name`)
  const { version, dialect: kind, id, prevId, ...rest } = next.snapshot as Record<string, string>
  write(join(folder, `${tag}.sql`), textOf(heading, next.up))
  writeDown(folder, tag, next.down)
  write(snapshotPath(folder, tag), JSON.stringify({ version, dialect: kind, id, prevId, ...rest }, null, 2))
  const when = Math.max(Date.now(), (last?.when ?? 0) + 1)
  journal.entries.push({ idx, version: version as string, when, tag, breakpoints: true })
  write(journalPath(folder), JSON.stringify(journal, null, 2))
  return tag
}
