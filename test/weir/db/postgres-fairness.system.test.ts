import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, beforeEach, expect, test } from "vitest"
import { Deadline } from "../../../src/weir/db/deadline.ts"
import type { Database, Row } from "../../../src/weir/db/driver.ts"
import { openPostgresPool } from "../../../src/weir/db/drivers/postgres.ts"
import { admin, emptyPostgres } from "../support/databases.ts"
import { eventually } from "../support/http.ts"

/** Slow reads leave connections to all other statements. */
const max = 10
let url: string
let database: Database
beforeEach(async () => {
  url = await emptyPostgres()
  database = openPostgresPool(url, { max, statementTimeout: 20_000, quickMs: 20 })
})
afterEach(() => database.close())

const ask = (text: string, bounded: boolean, deadline?: Deadline, on = database): Promise<Row[]> =>
  on.connect(deadline).query({ text, params: [], bounded })

/** How many statements the server runs of those that hold `mark`. */
async function running(mark: string): Promise<number> {
  const sql = admin(url)
  const found = await sql`select 1 from pg_stat_activity
    where application_name = 'weir' and state = 'active' and query like ${`%${mark}%`}`
  await sql.end()
  return found.length
}

/** Notes the names of what is asked in the order in which the answers come. */
function noting(done: string[]) {
  return (name: string, asked: Promise<unknown>): Promise<void> =>
    asked.then(
      () => void done.push(name),
      () => void done.push(`${name} failed`),
    )
}

test("a dozen slow reads run on half of the connections, and quick statements come before them", async () => {
  await ask("create table written (n int)", false)
  const done: string[] = []
  const noted = noting(done)
  const slow = Array.from({ length: 12 }, (_, n) =>
    noted("slow", ask(`select pg_sleep(1.5) as n${n}`, false)),
  )
  await eventually(async () => expect(await running("pg_sleep(1.5)")).toBe(max / 2))
  await noted("read", ask("select 1", true))
  await noted("write", ask("insert into written values (1)", false))
  const { batch } = database.connect()
  const write = { text: "insert into written values (2)", params: [] }
  await noted("transaction", batch([write, write]))
  await Promise.all(slow)
  expect(done).toEqual(["read", "write", "transaction", ...slow.map(() => "slow")])
})

test("bounded reads are never pipelined behind a slow one, however many there are", async () => {
  const done: string[] = []
  const noted = noting(done)
  for (let n = 0; n < 10; n++) await ask("select 1", true)
  const slow = Array.from({ length: max }, () => noted("slow", ask("select pg_sleep(1.5)", false)))
  await eventually(async () => expect(await running("pg_sleep(1.5)")).toBe(max / 2))
  await Promise.all(Array.from({ length: 200 }, () => noted("read", ask("select 1", true))))
  expect(new Set(done)).toEqual(new Set(["read"]))
  await Promise.all(slow)
})

test("one that waits for room is given up at its deadline, and never runs", async () => {
  const slow = Array.from({ length: max / 2 }, () => ask("select pg_sleep(1)", false))
  const deadline = new Deadline()
  await eventually(async () => expect(await running("pg_sleep(1)")).toBe(max / 2))
  const waiting = expect(ask("select 1 / (select 0)", false, deadline)).rejects.toThrow("deadline expired")
  deadline.expire()
  await waiting
  await Promise.all(slow)
  // There is room again.
  expect(await ask("select 2", false)).toEqual([[2]])
})

test("a read that was quick and has become slow leaves connections as well, and is found out at once", async () => {
  await ask("create table pace (seconds float8)", false)
  const texts = Array.from(
    { length: 4 },
    (_, n) => `select ${n} from (select pg_sleep(coalesce((select max(seconds) from pace), 0))) paced`,
  )
  for (const text of texts) for (let n = 0; n < 10; n++) await ask(text, false)
  // Opens all connections: statements are pipelined only on those that have answered.
  await Promise.all(Array.from({ length: max }, () => ask("select pg_sleep(0.1)", true)))
  await ask("insert into pace values (1.5)", false)
  const done: string[] = []
  const noted = noting(done)
  const slow: Promise<void>[] = []
  for (let n = 0; n < 3 * max; n++) {
    slow.push(noted("slow", ask(texts[n % texts.length] as string, false)))
    // In turns of their own, where they do not share a connection.
    await new Promise((resolve) => setImmediate(resolve))
  }
  await noted("read", ask("select 1", true))
  expect(done).toEqual(["read"])
  expect(await running("paced")).toBeLessThan(max)
  await Promise.all(slow)
  const again = Array.from({ length: max }, () => ask(texts[0] as string, false))
  await eventually(async () => expect(await running("paced")).toBe(max / 2))
  await Promise.all(again)
})

test.each([
  [2, ["read", "slow", "slow", "slow"]],
  [1, ["slow", "read", "slow", "slow"]],
])(
  "of %i connections that the server has to give, one is left, unless it is the only one",
  async (limit, order) => {
    const sql = admin(url)
    const role = `${new URL(url).pathname.slice(1)}_${limit}`
    await sql.unsafe(`create role ${role} login connection limit ${limit}`)
    const own = new URL(url)
    own.username = role
    const few = openPostgresPool(own.href, { max, statementTimeout: 20_000 })
    // Finds out how many there are.
    await ask("select 1", true, undefined, few)
    const burst = () =>
      Promise.all(Array.from({ length: max }, () => ask("select pg_sleep(0.05)", true, undefined, few)))
    await burst()
    // Longer than a further connection is not tried.
    await sleep(300)
    const done: string[] = []
    const noted = noting(done)
    const slow = Array.from({ length: 3 }, () =>
      noted("slow", ask("select pg_sleep(0.4)", false, undefined, few)),
    )
    await sleep(100)
    await Promise.all([...slow, noted("read", ask("select 1", true, undefined, few))])
    expect([...done].sort()).toEqual([...order].sort())
    expect(done[0]).toBe(order[0])
    await few.close()
    await sql.unsafe(`drop role ${role}`)
    await sql.end()
  },
)
