import { copyFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createClient } from "@libsql/client"
import {
  generateDrizzleJson,
  generateMigration,
  generateSQLiteDrizzleJson,
  generateSQLiteMigration,
} from "drizzle-kit/api"
import type { Column, SQL, Table } from "drizzle-orm"
import { drizzle as drizzleLibsql } from "drizzle-orm/libsql"
import { drizzle as drizzlePostgres } from "drizzle-orm/postgres-js"
import connect from "postgres"
import type { Database } from "../../../../src/weir/db/driver.ts"
import { openLibsqlFile } from "../../../../src/weir/db/drivers/libsql-file.ts"
import { openPostgresPool } from "../../../../src/weir/db/drivers/postgres.ts"
import { copyOfPostgres, emptyPostgres } from "../../support/databases.ts"
import type { Row } from "../../support/samples.ts"
import type { PeoplesSchema } from "./schemas.ts"

/** The part of Drizzle's own database, over its own driver, that the battery uses on both dialects. */
export interface PlainDrizzle {
  run(statement: SQL): Promise<unknown>
  select(fields: Record<string, Column | SQL>): { from(table: Table): Promise<Row[]> }
  insert(table: Table): { values(rows: object | object[]): Promise<unknown> }
  query: Record<string, { findMany(config: { with: object }): Promise<Row[]> }>
}

/** A filled database: as the engine opens it, and as Drizzle does. */
export interface Filled {
  database: Database
  db: PlainDrizzle
  close(): Promise<void>
}

type Migrated = Pick<PeoplesSchema, "module" | "casing">

/** What drizzle-kit makes of an empty database. */
export async function statementsOf(
  { module, casing }: Migrated,
  dialect: "sqlite" | "postgres",
): Promise<string[]> {
  if (dialect === "postgres")
    return generateMigration(
      generateDrizzleJson({}),
      generateDrizzleJson(module, undefined, undefined, casing),
    )
  return generateSQLiteMigration(
    await generateSQLiteDrizzleJson({}),
    await generateSQLiteDrizzleJson(module, undefined, casing),
  )
}

interface Plain {
  db: PlainDrizzle
  run(text: string): Promise<unknown>
  end(): Promise<void>
}

/** Drizzle over a driver of its own: none of the engine's code. */
export function plainDrizzle(url: string, { module, casing }: Migrated): Plain {
  const options = { schema: module, ...(casing ? { casing } : {}) }
  if (url.startsWith("postgres")) {
    const sql = connect(url, { max: 1, onnotice: () => {}, connection: { TimeZone: "UTC" } })
    const theirs = drizzlePostgres(sql, options)
    const db = Object.assign(theirs, { run: (text: SQL) => theirs.execute(text) }) as unknown as PlainDrizzle
    return { db, run: (text) => sql.unsafe(text), end: () => sql.end() }
  }
  const client = createClient({ url })
  const db = drizzleLibsql(client, options) as unknown as PlainDrizzle
  return { db, run: (text) => client.executeMultiple(text), end: async () => client.close() }
}

async function fill(url: string, schema: PeoplesSchema): Promise<void> {
  const { db, run, end } = plainDrizzle(url, schema)
  for (const statement of await statementsOf(schema, schema.dialect)) await run(statement)
  for (const [name, rows] of Object.entries(schema.rows))
    await db.insert(schema.module[name] as Table).values(rows)
  await end()
}

/** The filled database of each schema, which nobody is connected to. */
const templates = new Map<string, Promise<string>>()

async function template(schema: PeoplesSchema): Promise<string> {
  const url =
    schema.dialect === "postgres"
      ? await emptyPostgres()
      : `file:${join(mkdtempSync(join(tmpdir(), "weir-schema-")), "weir.db")}`
  await fill(url, schema)
  return url
}

/** A filled database of its own. */
export async function filled(schema: PeoplesSchema): Promise<Filled> {
  const made = templates.get(schema.name) ?? template(schema)
  templates.set(schema.name, made)
  return schema.dialect === "postgres" ? postgres(await made, schema) : file(await made, schema)
}

async function postgres(from: string, schema: PeoplesSchema): Promise<Filled> {
  const url = await copyOfPostgres(from)
  const plain = plainDrizzle(url, schema)
  // Times without a zone hold UTC, whatever the database thinks.
  await plain.run(`alter database ${new URL(url).pathname.slice(1)} set timezone to 'America/New_York'`)
  const database = openPostgresPool(url, { max: 5, statementTimeout: 10_000 })
  return {
    database,
    db: plain.db,
    close: async () => void (await Promise.all([database.close(), plain.end()])),
  }
}

async function file(from: string, schema: PeoplesSchema): Promise<Filled> {
  const folder = mkdtempSync(join(tmpdir(), "weir-schema-"))
  const url = `file:${join(folder, "weir.db")}`
  copyFileSync(from.slice("file:".length), url.slice("file:".length))
  const database = openLibsqlFile(url)
  const plain = plainDrizzle(url, schema)
  const close = async () => {
    await plain.end()
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { database, db: plain.db, close }
}
