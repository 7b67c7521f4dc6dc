import type { Command } from "commander"
import { type Seed, seedPassword, seeds } from "../../seed.ts"
import type { Database } from "../db/driver.ts"
import { plain } from "../db/migrations/ledger.ts"
import { insertMany } from "../sql/bulk.ts"
import { withDatabase } from "./database.ts"
import { progress } from "./progress.ts"
import { count, findTable } from "./tables.ts"

interface Options {
  users: number
  items: number
}

/** Rows of one statement. */
const together = 2_000

export function seedCommand(command: Command): Command {
  return command
    .description("Fill an empty database with users and their items, the same each time")
    .option("--users <n>", "how many users", count("--users"), 100)
    .option("--items <n>", "how many items, spread over the users", count("--items"), 1_000)
    .action((options: Options) => withDatabase((database) => run(database, options)))
}

async function run(database: Database, { users, items }: Options): Promise<void> {
  if (users === 0 && items > 0) throw new Error("--items: items need users, and --users is 0")
  const all = await seeds(users, items)
  for (const { table } of all) await requireEmpty(database, table)
  const bar = await progress("seeding", users + items)
  let done = 0
  try {
    for (const seed of all)
      for (let from = 1; from <= seed.rows; from += together) {
        done += await insert(database, seed, from, Math.min(from + together - 1, seed.rows))
        bar.to(done)
      }
  } finally {
    bar.end()
  }
  console.log(
    `${database.label}: ${users} users and ${items} items; each user's password is "${seedPassword}"`,
  )
}

async function insert(database: Database, { table, row }: Seed, from: number, to: number): Promise<number> {
  const resource = findTable(table)
  const rows = Array.from({ length: to - from + 1 }, (_, i) => row(from + i))
  await database.connect().batch(insertMany(resource, rows))
  return rows.length
}

async function requireEmpty(database: Database, table: string): Promise<void> {
  const rows = await database.connect().query(plain(`select 1 from "${table}" limit 1`))
  if (rows.length)
    throw new Error(
      `${table} holds rows already: seeds are for an empty database (npm run db:rollback -- --to base --force, then npm run db:migrate, makes it one)`,
    )
}
