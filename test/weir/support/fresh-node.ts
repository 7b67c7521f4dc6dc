import { copyFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { inject } from "vitest"
import type { Services } from "../../../src/weir/app.ts"
import { telling } from "../../../src/weir/cache/invalidating.ts"
import { MemoryStore } from "../../../src/weir/cache/memory.ts"
import type { Database } from "../../../src/weir/db/driver.ts"
import { openLibsqlFile } from "../../../src/weir/db/drivers/libsql-file.ts"
import { openLibsqlHttp } from "../../../src/weir/db/drivers/libsql-http.ts"
import { openPostgresPool } from "../../../src/weir/db/drivers/postgres.ts"
import { migrate } from "../../../src/weir/db/migrations/apply.ts"
import { readMigrations } from "../../../src/weir/db/migrations/files.ts"
import { emptyPostgres } from "./databases.ts"
import { appOver, cacheOver, emptied, type Fresh } from "./fresh.ts"
import { freePort } from "./global-setup.ts"
import { startSqld } from "./sqld-server.ts"

/** How a cache works in this runtime, as its server sets it up. */
export const cacheRuntime = { later: (work: Promise<unknown>): void => void work, together: true }

type Opened = { database: Database; close(): Promise<void> }

/** An app over a database of its own, of the kind that the project's WEIR_TEST_DRIVER names. */
export async function fresh(overrides: Partial<Services> = {}): Promise<Fresh> {
  const driver = process.env.WEIR_TEST_DRIVER as keyof typeof open
  const { database: plain, close } = await open[driver]()
  // As in the product, the file's answers are kept in memory.
  const cache = overrides.cache ?? cacheOver(driver === "libsql-file" ? memoryFor(plain) : undefined)
  const database = telling(overrides.database ?? plain, cache.store)
  return { driver, database, close, ...appOver(database, { ...overrides, database, cache }) }
}

const memoryFor = (database: Database) => new MemoryStore(16_777_216, database.foreignWrites)

const open = {
  "libsql-file": file,
  "libsql-http": sqld,
  postgres: postgresDatabase,
}

const migrated = async (database: Database): Promise<void> => {
  const folder = join(import.meta.dirname, "../../../drizzle", database.dialect)
  await migrate(database, readMigrations(folder))
}

let template: string | undefined

async function file(): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), "weir-test-"))
  const path = join(folder, "weir.db")
  if (template) copyFileSync(template, path)
  const database = openLibsqlFile(`file:${path}`)
  if (!template) {
    await migrated(database)
    await database.connect().query({ text: "pragma wal_checkpoint(truncate)", params: [] })
    template = join(mkdtempSync(join(tmpdir(), "weir-template-")), "weir.db")
    copyFileSync(path, template)
  }
  const close = async () => {
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { database, close }
}

/** This worker's server, with the project's tables. */
let sqldReady: Promise<string> | undefined

async function sqld(): Promise<Opened> {
  const urls = inject("sqldUrls")
  const worker = Number(process.env.VITEST_POOL_ID ?? 1)
  const ready = async (url: string) => {
    await migrated(openLibsqlHttp(url, undefined))
    return url
  }
  sqldReady ??= ready(urls[worker % urls.length] as string)
  const url = await sqldReady
  const database = openLibsqlHttp(url, undefined)
  const isThere = emptied(database).then(() => true)
  if (await Promise.race([isThere, sleep(4_000).then(() => false)]))
    return { database, close: () => database.close() }
  // Once in a hundred runs a server ends in a loop of its own, and answers nobody any more.
  console.warn(`sqld at ${url} hangs: another takes its place`)
  sqldReady = startSqld(await freePort()).then((another) => ready(another.url))
  return sqld()
}

/** Databases whose scenario has ended, by URL. */
const idle: string[] = []

async function postgresDatabase(): Promise<Opened> {
  const before = idle.pop()
  const url = before ?? (await emptyPostgres())
  const database = openPostgresPool(url, { max: 5, statementTimeout: 10_000 })
  await (before ? emptied(database) : migrated(database))
  const close = async () => {
    await database.close()
    idle.push(url)
  }
  return { database, close }
}
