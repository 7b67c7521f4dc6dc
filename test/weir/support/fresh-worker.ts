import "../../../src/weir/runtime/worker-dialect.ts"
import { env, waitUntil } from "cloudflare:workers"
import { invalidating } from "../../../src/weir/cache/invalidating.ts"
import type { Database } from "../../../src/weir/db/driver.ts"
import { type D1Binding, openD1 } from "../../../src/weir/db/drivers/d1.ts"
import { openPostgresPerRequest } from "../../../src/weir/db/drivers/postgres.ts"
import type { Migration } from "../../../src/weir/db/migrations/files.ts"
import { appOver, emptied, type Fresh, fixture, type Overrides, type Subject, tableNames } from "./fresh.ts"

/** How a cache works in this runtime, as its server sets it up. */
export const cacheRuntime = { waitUntil, pipelined: false }

const bindings = env as unknown as {
  DB?: D1Binding
  HYPERDRIVE?: { connectionString: string }
  MIGRATIONS: Migration[]
  /** Those of the API whose accounts have all that they may have. */
  ACCOUNT_MIGRATIONS: Migration[]
}

const options = { max: 2, statementTimeout: 60_000 }
let own: Promise<string> | undefined

/** A database of this worker's own in the binding's Postgres, which all workers share. */
async function ownDatabase(binding: string): Promise<string> {
  const name = `weir_worker_${crypto.randomUUID().replaceAll("-", "")}`
  const client = openPostgresPerRequest(binding, options).connect()
  await client.query({ text: `create database ${name}`, params: [] })
  await client.close?.()
  const url = new URL(binding)
  url.pathname = `/${name}`
  return url.href
}

/** Whether a suite is about the fixture's tables: the contract has a subject of its own over them. */
const isOfFixture = ({ migrations }: Subject) => migrations.href === fixture.migrations.href

/** The tables of another API than the fixture that the database has: suites make tables of the same names. */
let others: string[] = []

/** Drops the tables of another API before and after its suites, which share the database with all others. */
async function apart(database: Database, subject: Subject): Promise<void> {
  const wanted = isOfFixture(subject) ? [] : tableNames(subject)
  if (wanted.join() === others.join()) return
  const client = database.connect()
  const cascade = database.dialect === "postgres" ? " cascade" : ""
  for (const name of new Set([...others, ...wanted].reverse()))
    await client.batch([{ text: `drop table if exists ${name}${cascade}`, params: [] }])
  await client.close?.()
  others = wanted
}

/** An app over the worker's own database, with its tables emptied. */
export async function fresh(overrides: Overrides = {}): Promise<Fresh> {
  const { DB, HYPERDRIVE } = bindings
  if (HYPERDRIVE) own ??= ownDatabase(HYPERDRIVE.connectionString)
  const plain: Database = own ? openPostgresPerRequest(await own, options) : openD1(DB as D1Binding)
  const database = invalidating(overrides.database ?? plain, overrides.cache?.store)
  // The first scenario finds no tables.
  const { subject = fixture } = overrides
  await apart(plain, subject)
  await emptied(plain, subject).catch(async () => {
    const client = plain.connect()
    for (const { statements } of isOfFixture(subject) ? bindings.MIGRATIONS : bindings.ACCOUNT_MIGRATIONS)
      await client.batch(statements.map((text) => ({ text, params: [] })))
    await client.close?.()
    await emptied(plain, subject)
  })
  return {
    driver: HYPERDRIVE ? "workerd-postgres" : "workerd-d1",
    database,
    ...appOver(database, { waitUntil: (_c, work) => void work, ...overrides, database }),
    close: async () => {},
  }
}
