import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { Deadline } from "../../../src/weir/db/deadline.ts"
import type { Database, Row } from "../../../src/weir/db/driver.ts"
import { openPostgresPerRequest, openPostgresPool } from "../../../src/weir/db/drivers/postgres.ts"
import { admin, emptyPostgres } from "../support/databases.ts"
import { eventually } from "../support/http.ts"
import { runCommand, runMigrate } from "../support/node-server.ts"
import { hasPgBouncer, type PgBouncerOptions, startPgBouncer } from "../support/pgbouncer.ts"

/** Postgres behind a real PgBouncer 1.18 or later. */
const max = 10
const rows = 500
let url: string
let warnings: string[]
let closing: (() => Promise<void>)[]
beforeEach(async () => {
  url = await emptyPostgres()
  warnings = []
  closing = []
  vi.spyOn(console, "warn").mockImplementation((line: string) => void warnings.push(line))
  const sql = admin(url)
  await sql`create table entries (id int primary key, text text)`
  await sql`insert into entries select n, 'text ' || n from generate_series(1, ${rows}) n`
  await sql.end()
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const close of closing.reverse()) await close()
})

async function pooled(options: PgBouncerOptions): Promise<string> {
  const pgbouncer = await startPgBouncer(url, options)
  closing.push(() => pgbouncer.stop())
  return pgbouncer.url
}

function open(at: string, statementTimeout = 10_000): Database {
  const database = openPostgresPool(at, { max, statementTimeout, quickMs: 20 })
  closing.push(() => database.close())
  return database
}

const ask = (on: Database, text: string, params: number[] = [], deadline?: Deadline): Promise<Row[]> =>
  on.connect(deadline).query({ text, params, bounded: true })

const shapes = [1, 2, 3, 4, 5].map((n) => `select id, text, ${n} from entries where id = $1`)
const shape = (n: number): string => shapes[n % shapes.length] as string

/** Reads rows through several pools at once, and expects each answer to be that of its own question. */
async function expectOwnAnswers(databases: Database[], reads: number): Promise<void> {
  let next = 0
  const reader = async () => {
    while (next < reads) {
      const n = next++
      const id = 1 + ((n * 379) % rows)
      const on = databases[n % databases.length] as Database
      expect(await ask(on, shape(n), [id])).toEqual([[id, `text ${id}`, 1 + (n % shapes.length)]])
    }
  }
  await Promise.all(Array.from({ length: 40 }, reader))
}

describe.skipIf(!hasPgBouncer)("behind PgBouncer, which is not installed on every machine", () => {
  const ignoring = ["ignore_startup_parameters = statement_timeout"]
  test.each([
    ["transaction", "", []],
    ["transaction", "", ignoring],
    ["transaction", "?pooler=transaction", ignoring],
    ["session", "", []],
    ["session", "?pooler=session", []],
  ] as const)("in %s mode, '%s' and %s: each read gets its own answer", async (mode, pooler, settings) => {
    // A pooler in session mode needs a connection for each of ours.
    const size = mode === "session" ? 2 * max : 4
    const at = await pooled({ mode, size, settings: [...settings] })
    await expectOwnAnswers([open(at + pooler), open(at + pooler)], 1_500)
    const isFoundOut = pooler === ""
    expect(warnings.filter((line) => line.includes("is behind a pooler"))).toHaveLength(isFoundOut ? 2 : 0)
  })

  test("a pool for each request, as on Workers, finds the pooler out once", async () => {
    const at = await pooled({ mode: "transaction", size: 4 })
    const database = openPostgresPerRequest(at, { max: 2, statementTimeout: 10_000 })
    const request = async (n: number) => {
      const client = database.connect()
      const texts = [shape(n), shape(n + 1), shape(n + 2)]
      const asked = texts.map((text) => client.query({ text, params: [n] }))
      expect((await Promise.all(asked)).map(([row]) => row?.[0])).toEqual([n, n, n])
      const write = { text: "insert into entries (id) values ($1)", params: [1_000 + n] }
      await client.batch([write, { text: shape(n), params: [n] }])
      await client.close?.()
    }
    for (let round = 0; round < 10; round++)
      await Promise.all(Array.from({ length: 10 }, (_, n) => request(1 + 10 * round + n)))
    expect(warnings.filter((line) => line.includes("is behind a pooler"))).toHaveLength(1)
  })

  test("a transaction is all or nothing, and has a time limit of its own", async () => {
    const database = open(await pooled({ mode: "transaction", size: 4 }), 700)
    const write = (id: number) => ({ text: "insert into entries values ($1, 'new')", params: [id] })
    const client = database.connect()
    for (let n = 0; n < 10; n++) await client.batch([write(1_000 + 2 * n), write(1_001 + 2 * n)])
    await expect(client.batch([write(2_000), write(1_000)])).rejects.toMatchObject({
      code: "23505",
      statementIndex: 1,
    })
    expect(await ask(database, "select count(*)::int from entries where id >= 1000")).toEqual([[20]])
    const sql = admin(url)
    await sql`begin`
    await sql`lock table entries`
    await expect(client.batch([write(3_000), write(3_001)])).rejects.toMatchObject({ code: "57014" })
    await sql`commit`
    await sql.end()
  })

  test("a statement whose time is up is stopped on the server", async () => {
    const database = open(await pooled({ mode: "transaction", size: 4 }))
    await ask(database, "select 1")
    const deadline = new Deadline()
    const asked = expect(ask(database, "select pg_sleep(60)", [], deadline)).rejects.toMatchObject({
      code: "57014",
    })
    await sleep(200)
    deadline.expire()
    await asked
    const sql = admin(url)
    await eventually(async () => {
      const busy =
        await sql`select 1 from pg_stat_activity where state = 'active' and query like '%pg_sleep(60)'`
      expect(busy).toHaveLength(0)
    })
    await sql.end()
  })

  test("what still waits for the pooler when its time is up is not done later", async () => {
    const database = open(await pooled({ mode: "transaction", size: 1 }))
    await ask(database, "select 1")
    const done: string[] = []
    const long = ask(database, "select pg_sleep(2)").then(() => done.push("long"))
    const deadline = new Deadline()
    const client = database.connect(deadline)
    const write = { text: "insert into entries (id) values ($1)", params: [9_000] }
    const other = { text: "insert into entries (id) values (9001)", params: [] }
    await sleep(200)
    const waiting = [[write], [other], [write, other]].map((statements) =>
      expect(client.batch(statements))
        .rejects.toThrow("deadline expired")
        .then(() => done.push("given up")),
    )
    await sleep(100)
    deadline.expire()
    await Promise.all([long, ...waiting])
    expect(done).toEqual(["given up", "given up", "given up", "long"])
    await sleep(300)
    expect(await ask(database, "select count(*)::int from entries where id >= 9000")).toEqual([[0]])
  })

  test.each(["", "?pooler=session"])(
    "a session pooler that keeps connections waiting in silence, '%s': those there are do for all",
    async (pooler) => {
      const connectTimeout = 1_000
      const database = open((await pooled({ mode: "session", size: 3 })) + pooler, connectTimeout)
      const many = Array.from({ length: 4 * max }, (_, n) =>
        ask(database, `select ${n} from (select pg_sleep(0.02)) s`),
      )
      expect(await Promise.all(many)).toEqual(many.map((_, n) => [[n]]))
      // The others have been given up by then.
      await sleep(connectTimeout + 200)
      await expectOwnAnswers([database], 500)
    },
  )

  test("migrations are applied, and say so only where they are", async () => {
    const at = await pooled({ mode: "transaction", size: 4 })
    const migrated = await runMigrate({ DATABASE_URL: at })
    expect(migrated.code, migrated.stderr).toBe(0)
    const status = await runCommand({ DATABASE_URL: at }, "status")
    expect(status.stdout).toContain("applied")
    expect(status.stdout).not.toContain("pending")
  })
})

describe("without a pooler", () => {
  test("statements that have lost their preparation are asked again, each with its own answer", async () => {
    const database = openPostgresPool(url, { max: 1, statementTimeout: 10_000, quickMs: 20 })
    closing.push(() => database.close())
    for (const text of shapes) for (let n = 0; n < 10; n++) await ask(database, text, [1])
    await ask(database, "deallocate all")
    await expectOwnAnswers([database], 200)
    expect(warnings).toEqual([expect.stringContaining("lost a prepared statement")])
  })

  test("statements whose result has another type by now are asked again, in transactions as well", async () => {
    const database = open(url)
    const all = "select * from entries where id = 1"
    const sql = admin(url)
    for (let n = 0; n < 10; n++) await ask(database, all)
    await sql`alter table entries add column more int default 7`
    expect(await Promise.all(Array.from({ length: 20 }, () => ask(database, all)))).toEqual(
      Array.from({ length: 20 }, () => [[1, "text 1", 7]]),
    )
    await sql`alter table entries add column still int default 8`
    const write = { text: "insert into entries (id) values ($1)", params: [9_000] }
    const [found] = await database.connect().batch([{ text: all, params: [] }, write])
    expect(found).toEqual([[1, "text 1", 7, 8]])
    expect(await ask(database, "select count(*)::int from entries where id = 9000")).toEqual([[1]])
    expect(warnings).toEqual([])
    await sql.end()
  })

  test("a migration whose commit is lost is not said to be applied", async () => {
    const sql = admin(url)
    await sql`create schema drizzle`
    await sql`create table drizzle.__drizzle_migrations (id serial primary key, hash text, created_at bigint)`
    await sql`create rule lost as on insert to drizzle.__drizzle_migrations do instead nothing`
    await sql.end()
    const { code, stderr, stdout } = await runMigrate({ DATABASE_URL: url })
    expect(code).toBe(1)
    expect(stderr).toMatch(/was not applied, although Postgres at .* said so/)
    expect(stdout).not.toMatch(/: applied/)
  })
})
