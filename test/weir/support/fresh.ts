import { is, sql, Table } from "drizzle-orm"
import type { Hono } from "hono"
import type { Api } from "../../../src/weir/api.ts"
import { createApp, type Services } from "../../../src/weir/app.ts"
import { Cache, type CacheOptions } from "../../../src/weir/cache/cache.ts"
import type { Store } from "../../../src/weir/cache/store.ts"
import type { Database } from "../../../src/weir/db/driver.ts"
import type { AppEnv } from "../../../src/weir/http/context.ts"
import { writeRecords } from "../../../src/weir/schema.ts"
import { compile } from "../../../src/weir/sql/plan.ts"
import { api } from "../fixture/src/api.ts"

/** The API that a suite is about, and the folder with its migrations. */
export interface Subject {
  api: Api
  migrations: URL
}

/** The engine's own API. */
export const fixture: Subject = { api, migrations: new URL("../fixture/drizzle/", import.meta.url) }

/** What a suite wants otherwise than usual. */
export interface Overrides extends Partial<Services> {
  subject?: Subject
  /**
   * Whether slow reads of a file have processes of their own, as they have in the product. Default: true. Each world starts
   * them anew, which takes longer than most tests.
   */
  readers?: boolean
}

/** An app of its own over empty tables. */
export interface Fresh {
  api: Api
  driver: "libsql-file" | "libsql-http" | "postgres" | "workerd-d1" | "workerd-postgres"
  database: Database
  app: Hono<AppEnv>
  cache: Cache
  /** The log's records so far. */
  logs: Record<string, unknown>[]
  close(): Promise<void>
}

export const authSecret = "a secret for tests of forty bytes or so"

/** A cache with the settings' defaults. */
export const cacheOver = (store: Store | undefined, options: Partial<CacheOptions> = {}): Cache =>
  new Cache(store, { ttl: 60_000, stale: 0, waitUntil: () => {}, ...options })

/** The app over a database, with the settings of tests: without a cache, unless one is given. */
export function appOver(
  database: Database,
  { subject = fixture, ...overrides }: Overrides = {},
): Pick<Fresh, "api" | "app" | "cache" | "logs"> {
  const logs: Fresh["logs"] = []
  const { cache = cacheOver(undefined) } = overrides
  const app = createApp(subject.api, {
    database,
    cache,
    authSecret,
    auth: { passkeys: { origins: [], others: [], isDevelopment: true } },
    corsOrigins: [],
    bodyLimit: 1_048_576,
    // A busy machine fails no test.
    requestTimeoutMs: 60_000,
    answerLimits: { bytes: 16_777_216, rows: { anonymous: 20_000, user: 200_000, admin: 200_000 } },
    timingHeaders: "all",
    queryTimeoutMs: 60_000,
    log: (record) => logs.push(record),
    waitUntil: () => {},
    prepare: async () => {},
    ...overrides,
  })
  return { api: subject.api, app, cache, logs }
}

/** The names of the tables of an API, quoted: each after those that it refers to. */
export function tableNames({ api }: Subject): string[] {
  const unserved = Object.values(api.schema ?? {}).filter((one): one is Table => is(one, Table))
  const tables = new Set([
    ...api.resources.map(({ table }) => table),
    ...unserved,
    ...(api.records ? [writeRecords] : []),
    ...(api.history ? [api.history] : []),
  ])
  return [...tables].map((table) => compile(sql`${table}`).text)
}

/** Deletes all rows, and lets the ids begin at 1 again. */
export async function emptied(database: Database, subject: Subject = fixture): Promise<void> {
  const names = tableNames(subject).reverse()
  const statements =
    database.dialect === "postgres"
      ? [`truncate ${names.join(", ")} restart identity cascade`]
      : [...names.map((name) => `delete from ${name}`), "delete from sqlite_sequence"]
  const client = database.connect()
  await client.batch(statements.map((text) => ({ text, params: [] })))
  await client.close?.()
}
