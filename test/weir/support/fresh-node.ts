import { copyFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { inject } from "vitest"
import { invalidating } from "../../../src/weir/cache/invalidating.ts"
import { MemoryStore } from "../../../src/weir/cache/memory.ts"
import type { Database } from "../../../src/weir/db/driver.ts"
import { openLibsqlFile } from "../../../src/weir/db/drivers/libsql-file.ts"
import { openLibsqlHttp } from "../../../src/weir/db/drivers/libsql-http.ts"
import { openPostgresPool } from "../../../src/weir/db/drivers/postgres.ts"
import { migrate } from "../../../src/weir/db/migrations/apply.ts"
import { findMigrations } from "../../../src/weir/runtime/migrations.ts"
import { emptyPostgres } from "./databases.ts"
import { appOver, cacheOver, emptied, type Fresh, fixture, type Overrides, type Subject } from "./fresh.ts"
import { freePort } from "./ports.ts"
import { startSqld } from "./sqld-server.ts"

/** How a cache works in this runtime, as its server sets it up. */
export const cacheRuntime = { waitUntil: (work: Promise<unknown>): void => void work, pipelined: true }

type Opened = { database: Database; close(): Promise<void> }

/** An app over a database of its own, of the kind that the project's WEIR_TEST_DRIVER names. */
export async function fresh({
  subject = fixture,
  readers = true,
  ...overrides
}: Overrides = {}): Promise<Fresh> {
  const driver = process.env.WEIR_TEST_DRIVER as keyof typeof open
  const { database: plain, close } = await open[driver](subject, readers)
  // As in the product, the file's answers are kept in memory.
  const cache = overrides.cache ?? cacheOver(driver === "libsql-file" ? memoryFor(plain) : undefined)
  const database = invalidating(overrides.database ?? plain, cache.store)
  return { driver, database, close, ...appOver(database, { subject, ...overrides, database, cache }) }
}

const memoryFor = (database: Database) => new MemoryStore(16_777_216, database.foreignWrites)

const open = {
  "libsql-file": file,
  "libsql-http": sqld,
  postgres: postgresDatabase,
}

const migrated = async (database: Database, { migrations }: Subject): Promise<void> => {
  const found = await findMigrations(migrations, database.dialect, process.env.DATABASE_URL ?? "")
  await migrate(database, found.migrations, { ledger: found.ledger })
}

/** A file with the tables of each subject. */
const templates = new Map<Subject, string>()

async function file(subject: Subject, readers: boolean): Promise<Opened> {
  const template = templates.get(subject)
  const folder = mkdtempSync(join(tmpdir(), "weir-test-"))
  const path = join(folder, "weir.db")
  if (template) copyFileSync(template, path)
  const database = openLibsqlFile(`file:${path}`, { readers })
  if (!template) {
    await migrated(database, subject)
    await database.connect().query({ text: "pragma wal_checkpoint(truncate)", params: [], bounded: true })
    const first = join(mkdtempSync(join(tmpdir(), "weir-template-")), "weir.db")
    copyFileSync(path, first)
    templates.set(subject, first)
  }
  const close = async () => {
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { database, close }
}

/** This worker's server, with the project's tables. */
let sqldReady: Promise<string> | undefined

async function sqld(subject: Subject): Promise<Opened> {
  const urls = inject("sqldUrls")
  const worker = Number(process.env.VITEST_POOL_ID ?? 1)
  const ready = async (url: string) => {
    await migrated(openLibsqlHttp(url, undefined), fixture)
    return url
  }
  sqldReady ??= ready(urls[worker % urls.length] as string)
  const url = await sqldReady
  const database = openLibsqlHttp(url, undefined)
  const isThere = subjectEmptied(database, subject).then(() => true)
  if (await Promise.race([isThere, sleep(4_000).then(() => false)]))
    return { database, close: () => database.close() }
  // Once in a hundred runs a server ends in a loop of its own, and answers nobody any more.
  console.warn(`sqld at ${url} hangs: another takes its place`)
  sqldReady = startSqld(await freePort()).then((another) => ready(another.url))
  return sqld(subject)
}

/** Empties the tables of a subject, which are made where they are missing, beside those of the fixture. */
async function subjectEmptied(database: Database, subject: Subject): Promise<void> {
  if (subject === fixture) return emptied(database, subject)
  await emptied(database, subject).catch(async () => {
    const { migrations } = await findMigrations(subject.migrations, database.dialect, "")
    const client = database.connect()
    for (const { statements } of migrations)
      await client.batch(statements.map((text) => ({ text, params: [] })))
    await emptied(database, subject)
  })
}

/** Databases whose scenario has ended, by URL. */
const idle = new Map<Subject, string[]>()

async function postgresDatabase(subject: Subject): Promise<Opened> {
  const urls = idle.get(subject) ?? []
  idle.set(subject, urls)
  const before = urls.pop()
  const url = before ?? (await emptyPostgres())
  const database = openPostgresPool(url, { max: 5, statementTimeout: 60_000 })
  await (before ? emptied(database, subject) : migrated(database, subject))
  const close = async () => {
    await database.close()
    urls.push(url)
  }
  return { database, close }
}
