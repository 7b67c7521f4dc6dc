// First: in a worker it chooses the dialect, before anything loads a table.

import { createRoute } from "@hono/zod-openapi"
import { eq, is, relations, sql } from "drizzle-orm"
import { integer, PgDatabase, pgTable, text, unique } from "drizzle-orm/pg-core"
import {
  BaseSQLiteDatabase,
  integer as sqliteInteger,
  sqliteTable,
  text as sqliteText,
  unique as sqliteUnique,
} from "drizzle-orm/sqlite-core"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { defineApi } from "../../../src/weir/api.ts"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import type { Database } from "../../../src/weir/db/driver.ts"
import type { Db } from "../../../src/weir/db/handle.ts"
import { routeOf } from "../../../src/weir/http/route.ts"
import { caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { appOver, type Fresh, fixture, type Overrides } from "../support/fresh.ts"

// One schema of either dialect, typed as SQLite's: a team's own tables, which nothing serves.
const sqliteLogs = sqliteTable(
  "log_lines",
  {
    id: sqliteInteger("id").primaryKey(),
    text: sqliteText("text").notNull(),
    after: sqliteInteger("after_id"),
  },
  (t) => [sqliteUnique().on(t.text)],
)
const pgLogs = pgTable(
  "log_lines",
  { id: integer("id").primaryKey(), text: text("text").notNull(), after: integer("after_id") },
  (t) => [unique().on(t.text)],
)
const isPostgres = dialectName === "postgres"
const logs = isPostgres ? (pgLogs as unknown as typeof sqliteLogs) : sqliteLogs
const logsRelations = relations(logs, ({ one }) => ({
  previous: one(logs, { fields: [logs.after], references: [logs.id] }),
}))
const schema = { logs, logsRelations }
const route = routeOf<typeof schema>()

let w: Fresh
beforeEach(async () => {
  w = await fresh()
  await createTables(w.database, schema)
})
afterEach(() => w.close())

/** Asks a route whose handler is given `c.var.db`, and answers with what it returns. */
async function ask(use: (db: Db<typeof schema>) => unknown, overrides: Overrides = {}) {
  const routes = [
    route(createRoute({ method: "get", path: "/it", responses: { 200: { description: "It" } } }), async (c) =>
      c.json({ result: (await use(c.var.db)) ?? null }),
    ),
  ]
  const api = defineApi({ title: "Logs", version: "0.0.0", accounts: false, resources: [], routes, schema })
  const { app, logs } = appOver(w.database, { subject: { ...fixture, api }, ...overrides })
  const answer = await caller(app)("GET", "/it")
  return { ...answer, logs }
}

/** Runs SQL on Postgres. */
const execute = (db: Db<typeof schema>, query: unknown): Promise<unknown> =>
  (db as never as { execute(query: unknown): Promise<unknown> }).execute(query)

describe("c.var.db", () => {
  test("knows the API's schema: relational queries, counts, writes, batches", async () => {
    const answer = await ask(async (db) => {
      await db.batch([
        db.insert(logs).values({ id: 1, text: "one" }),
        db.insert(logs).values({ id: 2, text: "two", after: 1 }),
      ])
      const last = await db.query.logs.findFirst({ where: eq(logs.id, 2), with: { previous: true } })
      return { last, n: await db.$count(logs) }
    })
    expect([answer.status, answer.body], answer.text).toEqual([
      200,
      {
        result: {
          last: { id: 2, text: "two", after: 1, previous: { id: 1, text: "one", after: null } },
          n: 2,
        },
      },
    ])
  })

  test("is Drizzle's own for whoever looks, and opens no client until a query is run", async () => {
    let opened = 0
    const { connect } = w.database
    const database: Database = {
      ...w.database,
      connect: (...request) => {
        opened++
        return connect(...request)
      },
    }
    const looked = await ask(
      (db) => {
        db.select().from(logs).toSQL()
        return [is(db, PgDatabase), is(db, BaseSQLiteDatabase), "select" in db, "nothing" in db]
      },
      { database },
    )
    expect(looked.body).toEqual({ result: [isPostgres, !isPostgres, true, false] })
    expect(opened).toBe(0)
    await ask((db) => Promise.all([db.$count(logs), db.$count(logs)]), { database })
    expect(opened).toBe(1)
  })

  test("refuses a transaction with a line that says what to do instead", async () => {
    const answer = await ask((db) => db.transaction(async () => {}))
    expect(answer.status).toBe(500)
    expect(JSON.stringify(answer.logs)).toContain("give what must happen together to db.batch(")
  })

  test("refuses COPY, which would hold the connection", async () => {
    if (!isPostgres) return
    const answer = await ask((db) => execute(db, sql.raw(" copy logs from stdin")))
    expect(answer.status).toBe(500)
    expect(JSON.stringify(answer.logs)).toContain("c.var.db has no COPY")
    expect((await ask((db) => db.$count(logs))).body).toEqual({ result: 0 })
  })

  test("answers 503 where the connection is lost amid a batch, which leaves nothing", async () => {
    if (!isPostgres) return
    const lose = sql`select pg_terminate_backend(pg_backend_pid())`
    for (let i = 0; i < 8; i++) {
      const insert = (db: Db<typeof schema>) => db.insert(logs).values({ id: i, text: "lost" })
      const answer = await ask((db) =>
        db.batch((tx) => [insert(tx as never), execute(tx as never, lose), insert(tx as never)] as never),
      )
      expect([answer.status, answer.body]).toMatchObject([503, { code: "database_unavailable" }])
    }
    expect((await ask((db) => db.$count(logs))).body).toEqual({ result: 0 })
  })

  test("makes a 409 of a value that is taken, alone and in a batch, which leaves nothing behind", async () => {
    const insert = (db: Db<typeof schema>, id: number) => db.insert(logs).values({ id, text: "same" })
    const alone = await ask(async (db) => {
      await insert(db, 1)
      await insert(db, 1)
    })
    expect([alone.status, alone.body]).toMatchObject([409, { code: "conflict" }])
    const batch = await ask((db) => db.batch((tx) => [tx.delete(logs), insert(tx, 2), insert(tx, 2)]))
    expect([batch.status, batch.body]).toMatchObject([409, { code: "conflict" }])
    expect((await ask((db) => db.select({ id: logs.id }).from(logs))).body).toEqual({ result: [{ id: 1 }] })
  })

  // The other drivers cannot stop a statement.
  const stops = () => w.driver === "libsql-file" || w.driver === "postgres"
  /** Counts to more than any database does in the time of a test, in a read that begins with `with`. */
  const endless = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 1e12) select count(*) as n from n`
  const readAll = (db: Db<typeof schema>): Promise<unknown> =>
    isPostgres ? execute(db, endless) : db.all(endless)

  test("ends a read, also one that begins with tables of its own, at the limit for reads", async () => {
    if (!stops()) return
    const answer = await ask(readAll, { queryTimeoutMs: 200 })
    expect([answer.status, answer.body]).toMatchObject([503, { code: "timeout" }])
    // The limit for reads, and not that of the request: 10 s.
    expect(answer.headers.get("server-timing")).not.toBeNull()
  })

  test("begins nothing after the request's time", async () => {
    if (!stops()) return
    let begun = false
    const answer = await ask(
      async (db) => {
        await readAll(db).catch(() => {})
        await db.insert(logs).values({ id: 9, text: "late" })
        begun = true
      },
      { requestTimeoutMs: 200 },
    )
    expect([answer.status, answer.body]).toMatchObject([503, { code: "timeout" }])
    expect((await ask((db) => db.$count(logs))).body).toEqual({ result: 0 })
    expect(begun).toBe(false)
  })
})
