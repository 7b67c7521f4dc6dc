import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { DialectName } from "./dialect/choose.ts"
import { classify } from "./dialect/expressions.ts"
import type { Client, Statement } from "./driver.ts"

/** A migration that drizzle-kit wrote. */
export interface Migration {
  tag: string
  /** When it was made, in milliseconds: what drizzle-kit's ledger knows it by. */
  stamp: number
  hash: string
  statements: string[]
}

interface Journal {
  entries: { tag: string; when: number }[]
}

/** The migrations of a folder that drizzle-kit keeps, oldest first. */
export function readMigrations(folder: string): Migration[] {
  const journal = join(folder, "meta", "_journal.json")
  if (!existsSync(journal)) throw new Error(`There are no migrations in ${folder}`)
  const { entries } = JSON.parse(readFileSync(journal, "utf8")) as Journal
  return entries.map(({ tag, when }) => {
    const text = readFileSync(join(folder, `${tag}.sql`), "utf8")
    const statements = text.split("--> statement-breakpoint")
    return { tag, stamp: when, hash: createHash("sha256").update(text).digest("hex"), statements }
  })
}

// drizzle-kit's own ledger: `drizzle-kit migrate` and Weir can take turns.
const ledgers: Record<DialectName, { table: string; create: string[] }> = {
  sqlite: {
    table: "__drizzle_migrations",
    create: [
      "create table if not exists __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)",
    ],
  },
  postgres: {
    table: "drizzle.__drizzle_migrations",
    create: [
      "create schema if not exists drizzle",
      "create table if not exists drizzle.__drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)",
    ],
  },
}

const statement = (text: string): Statement => ({ text, params: [] })

/** The migrations that a database does not have yet. Throws when the database cannot be reached. */
export async function pending(
  client: Client,
  dialect: DialectName,
  migrations: Migration[],
): Promise<Migration[]> {
  try {
    const rows = await client.query(statement(`select hash from ${ledgers[dialect].table}`))
    const applied = new Set(rows.map((row) => String(row[0])))
    return migrations.filter((migration) => !applied.has(migration.hash))
  } catch (error) {
    if (classify(error)?.kind !== "unmigrated") throw error
    return migrations
  }
}

/** Applies what is pending, each migration all or nothing, and answers with their names. */
export async function migrate(
  client: Client,
  dialect: DialectName,
  migrations: Migration[],
): Promise<string[]> {
  const { table, create } = ledgers[dialect]
  await client.batch(create.map(statement))
  const applied: string[] = []
  for (const migration of await pending(client, dialect, migrations)) {
    const record = `insert into ${table} (hash, created_at) values ('${migration.hash}', ${migration.stamp})`
    try {
      await client.batch([...migration.statements, record].map(statement))
    } catch (error) {
      // Another process may have been quicker.
      const left = await pending(client, dialect, [migration])
      if (left.length)
        throw new Error(`Migration ${migration.tag} failed and changed nothing`, { cause: error })
    }
    applied.push(migration.tag)
  }
  return applied
}
