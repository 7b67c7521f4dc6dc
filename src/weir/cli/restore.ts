import { existsSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { createInterface } from "node:readline/promises"
import type { Command } from "commander"
import { isDatabase, lockFile, orphansOf } from "../db/drivers/libsql-backup.ts"
import { type Applied, isPending, statusAgainst } from "../db/migrations/ledger.ts"
import { findMigrations } from "../runtime/migrations.ts"
import { cacheOf, parseEnv } from "../runtime/settings.ts"
import { filePathFor } from "./backup.ts"
import type { Project } from "./project.ts"

interface Options {
  force?: true
}

export function restoreCommand(command: Command, project: Project): Command {
  return command
    .description("Replace the SQLite file of DATABASE_URL by a backup; no server may use it meanwhile")
    .argument("<file>", "the backup, which stays as it is")
    .option("--force", "replace the database if it exists")
    .addHelpText("after", "\nThe backup is checked before anything is replaced. Until then, nothing changes.")
    .action((source: string, options: Options) => run(project, source, options))
}

async function run(project: Project, source: string, { force }: Options): Promise<void> {
  const target = filePathFor("db:restore", "pg_restore")
  if (!existsSync(source)) throw new Error(`${source} does not exist`)
  if (!statSync(source).isFile() || !isDatabase(source)) throw new Error(`${source} is no SQLite database`)
  if (!existsSync(dirname(target))) throw new Error(`DATABASE_URL: there is no folder ${dirname(target)}`)
  if (existsSync(target) && statSync(target).ino === statSync(source).ino)
    throw new Error(`${source} is the database of DATABASE_URL itself`)
  const confirmed = force === true || (await confirm(target))
  const locked = lockFile(target)
  let ledger: Applied[]
  try {
    if (!confirmed && isDatabase(target)) throw new Error(`${target} exists: add --force to replace it`)
    ledger = locked.replaceBy(source)
  } catch (error) {
    locked.release()
    throw new Error(`nothing was restored: ${(error as Error).message}`)
  }
  console.log(`${target}: restored from ${source}`)
  await report(project, ledger)
}

/** Asks on a terminal whether what is there may be replaced. False where nothing is. Throws one line for a no. */
async function confirm(target: string): Promise<boolean> {
  const [orphan] = orphansOf(target)
  if (!isDatabase(target) && orphan === undefined) return false
  const what = orphan === undefined ? `${target} exists` : `${orphan} belongs to a database that is not there`
  if (!process.stdin.isTTY) throw new Error(`${what}: add --force to replace it`)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`${what}. Replace it? [y/N] `)
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw new Error("nothing was restored")
  return true
}

/** Says what the servers that start next will find. */
async function report({ migrations: folder }: Project, ledger: Applied[]): Promise<void> {
  const { migrations } = await findMigrations(folder, "sqlite", process.env.DATABASE_URL || "file:weir.db")
  const status = statusAgainst(migrations, ledger)
  const pending = status.migrations.filter(isPending).map(({ migration }) => migration.tag)
  if (pending.length) console.log(`pending there: ${pending.join(", ")}; the next start applies them`)
  if (status.unknown.length)
    console.log(
      `${status.unknown.length} of its migrations are not in this folder: is this the right branch?`,
    )
  if (cacheOf(parseEnv({ ...process.env, NODE_ENV: "development" }), "off") === "upstash")
    console.log("Redis may hold newer answers: give the servers another CACHE_PREFIX")
}
