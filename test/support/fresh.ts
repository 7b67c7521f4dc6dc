import type { Hono } from "hono"
import { createApp, type Services } from "../../src/app.ts"
import type { AppEnv } from "../../src/context.ts"
import type { Database } from "../../src/db/driver.ts"

/** An app of its own over empty tables. */
export interface Fresh {
  driver: "libsql-file" | "libsql-http" | "postgres" | "workerd-d1" | "workerd-postgres"
  database: Database
  app: Hono<AppEnv>
  /** The log's records so far. */
  logs: Record<string, unknown>[]
  close(): Promise<void>
}

export const authSecret = "a secret for tests, of forty bytes or so"

/** The app over a database, with the settings of tests. */
export function appOver(database: Database, overrides: Partial<Services> = {}): Pick<Fresh, "app" | "logs"> {
  const logs: Fresh["logs"] = []
  const app = createApp({
    database,
    authSecret,
    corsOrigins: [],
    bodyLimit: 1_048_576,
    requestTimeoutMs: 10_000,
    log: (record) => logs.push(record),
    waitUntil: () => {},
    prepare: async () => {},
    ...overrides,
  })
  return { app, logs }
}
