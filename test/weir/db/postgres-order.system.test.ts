import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Change, Database, Statement } from "../../../src/weir/db/driver.ts"
import { openPostgresPerRequest, openPostgresPool } from "../../../src/weir/db/drivers/postgres.ts"
import { admin, emptyPostgres } from "../support/databases.ts"

let url: string
let databases: Database[] = []
beforeEach(async () => {
  url = await emptyPostgres()
  const sql = admin(url)
  await sql`create table numbers (id integer primary key, n integer not null default 0)`
  await sql`insert into numbers select id from generate_series(1, 40) id`
  await sql.end()
})
afterEach(() => closeAll())

const closeAll = async () => {
  await Promise.all(databases.splice(0).map((database) => database.close()))
}

/** What adds to a row; `isNamed`: and says to which. */
function add(id: number, isNamed: boolean): Statement {
  const row = { table: "numbers", column: "id", value: id }
  const change: Change = { verb: "update", table: "numbers", row, references: [], moves: false }
  return {
    text: "update numbers set n = n + 1 where id = $1",
    params: [id],
    ...(isNamed && { change }),
  }
}

/** So many transactions at once over all databases, every other one in the other order. */
async function inBothOrders(count: number, statements: Statement[]): Promise<void> {
  const batches = Array.from({ length: count }, async (_, n) => {
    const client = (databases[n % databases.length] as Database).connect()
    const isOther = Math.floor(n / databases.length) % 2 === 1
    await client.batch(isOther ? [...statements].reverse() : statements)
    await client.close?.()
  })
  await Promise.all(batches)
}

const sums = async (): Promise<number[]> => {
  const sql = admin(url)
  const rows = await sql`select distinct n from numbers where n > 0`
  await sql.end()
  return rows.map(({ n }) => n as number)
}

/** How many deadlocks the server has counted: it does so when a connection ends. */
async function deadlocks(): Promise<number> {
  await closeAll()
  const sql = admin(url)
  for (;;) {
    const [others] = await sql`select count(*)::integer as n from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`
    if (others?.n === 0) break
    await sleep(20)
  }
  const [row] =
    await sql`select deadlocks::integer as n from pg_stat_database where datname = current_database()`
  await sql.end()
  return row?.n as number
}

const options = { max: 5, statementTimeout: 30_000 }

describe.each([
  ["a process", () => [openPostgresPool(url, options)]],
  ["two processes", () => [1, 2].map(() => openPostgresPool(url, options))],
  ["Workers", () => [1, 2].map(() => openPostgresPerRequest(url, { ...options, max: 2 }))],
])("in %s, transactions of the same rows in two orders", (_, open) => {
  test("wait for each other, before one of them would have to be undone", async () => {
    databases = open()
    await inBothOrders(
      30,
      [1, 2].map((id) => add(id, true)),
    )
    expect(await sums()).toEqual([30])
    expect(await deadlocks()).toBe(0)
  })

  test("are all carried out once, where they do not say which rows they write", async () => {
    databases = open()
    await inBothOrders(
      20,
      [1, 2].map((id) => add(id, false)),
    )
    expect(await sums()).toEqual([20])
  })

  test("are all carried out once, where they have many rows", async () => {
    databases = open()
    await inBothOrders(
      10,
      Array.from({ length: 40 }, (_, i) => add(i + 1, true)),
    )
    expect(await sums()).toEqual([10])
  })
})

test("a transaction that waits for others is not begun after its deadline, and lets those behind it pass", async () => {
  const { Deadline, DeadlineExpired } = await import("../../../src/weir/db/deadline.ts")
  databases = [openPostgresPool(url, options)]
  const [database] = databases as [Database]
  const sql = admin(url)
  await sql`begin`
  await sql`update numbers set n = 0 where id = 1`
  const statements = [1, 2].map((id) => add(id, true))
  const first = database.connect().batch(statements)
  const deadline = new Deadline()
  const second = database.connect(deadline).batch(statements)
  const third = database.connect().batch([...statements].reverse())
  deadline.expire()
  await expect(second).rejects.toBeInstanceOf(DeadlineExpired)
  await sql`commit`
  await sql.end()
  await Promise.all([first, third])
  expect(await sums()).toEqual([2])
})
