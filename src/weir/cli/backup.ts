import { existsSync, statSync } from "node:fs"
import { dirname } from "node:path"
import type { Command } from "commander"
import { backUp, isDatabase } from "../db/drivers/libsql-backup.ts"
import { parseFileUrl } from "../db/drivers/libsql-url.ts"
import { parseEnv } from "../runtime/settings.ts"

interface Options {
  force?: true
}

export function backupCommand(command: Command): Command {
  return command
    .description("Copy the SQLite file of DATABASE_URL, as it is between two commits, while servers use it")
    .argument("<file>", "the file to write")
    .option("--force", "replace the file if it exists")
    .action((target: string, options: Options) => run(target, options))
}

function run(target: string, { force }: Options): void {
  const path = filePathFor("db:backup", "pg_dump")
  if (!isDatabase(path))
    throw new Error(
      `${path}, the file of DATABASE_URL, does not exist; a D1 is backed up by wrangler: docs/backups.md`,
    )
  const folder = dirname(target)
  if (!existsSync(folder)) throw new Error(`${target}: there is no folder ${folder}`)
  if (existsSync(target) && (!force || !statSync(target).isFile()))
    throw new Error(`${target} exists${force ? " and is no file" : ": add --force to replace it"}`)
  if (existsSync(target) && statSync(target).ino === statSync(path).ino)
    throw new Error(`${target} is the database itself`)
  try {
    backUp(path, target, force === true)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST")
      throw new Error(`${target} exists: add --force to replace it`)
    throw new Error(`${target} was not written: ${(error as Error).message}`)
  }
  console.log(`${path}: backed up into ${target}, ${statSync(target).size} bytes`)
}

/** The path of DATABASE_URL's file. Throws one line that says what to use instead where it is another database. */
export function filePathFor(command: string, instead: string): string {
  const other = (kind: string, use: string) =>
    new Error(
      `DATABASE_URL names ${kind}, and ${command} works on a SQLite file: use ${use}, see docs/backups.md`,
    )
  if (/^d1:/i.test(process.env.DATABASE_URL ?? "")) throw other("D1", "wrangler")
  const url = parseEnv({ ...process.env, NODE_ENV: "development" }).DATABASE_URL
  if (url.startsWith("postgres")) throw other("Postgres", instead)
  if (!url.startsWith("file:")) throw other("a libSQL server", "its own backups")
  const path = parseFileUrl(url).path
  if (/^(:memory:|$)|mode=memory/.test(path)) throw new Error("DATABASE_URL names a database in memory")
  return path
}
