import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, beforeEach, expect, test } from "vitest"
import { Deadline } from "../../../src/weir/db/deadline.ts"
import type { Database, Row } from "../../../src/weir/db/driver.ts"
import { openPostgresPool } from "../../../src/weir/db/drivers/postgres.ts"
import { admin, emptyPostgres, weirConnections } from "../support/databases.ts"
import { eventually } from "../support/http.ts"
import { proxyTo } from "../support/proxy.ts"

/** How statements are spread over the connections of a pool. */
const max = 10
let url: string
let database: Database
beforeEach(async () => {
  url = await emptyPostgres()
  // A statement that does nothing is quick on any machine then.
  database = openPostgresPool(url, { max, statementTimeout: 10_000, quickMs: 20 })
})
afterEach(() => database.close())

/** Bounded, so that how many connections it may use depends on nothing else. */
const ask = (text: string, deadline?: Deadline): Promise<Row[]> =>
  database.connect(deadline).query({ text, params: [], bounded: true })

/** Asks one by one until the pool knows how long the statement takes. */
async function learn(text: string): Promise<void> {
  for (let n = 0; n < 10; n++) await ask(text)
}

/** Makes every connection, and uses it. */
const useAll = () => Promise.all(Array.from({ length: max }, () => ask("select pg_sleep(0.05)")))

async function connections(): Promise<number> {
  const sql = admin(url)
  const found = await weirConnections(sql)
  await sql.end()
  return found.length
}

test("quick statements of one turn share a connection, and each gets its own answer", async () => {
  const texts = Array.from({ length: 30 }, (_, n) => `select ${n}`)
  for (const text of texts) await learn(text)
  expect(await Promise.all(texts.map((text) => ask(text)))).toEqual(texts.map((_, n) => [[n]]))
  // Sixteen share one. On a busy machine, some may have been slow a moment ago.
  expect(await connections()).toBeLessThan(max)
})

test("one that fails among them fails alone", async () => {
  const fails = "select 1 / (select 0)"
  for (let n = 0; n < 10; n++) await expect(ask(fails)).rejects.toThrow("division by zero")
  await learn("select 1")
  const outcomes = await Promise.allSettled(["select 1", fails, "select 1"].map((text) => ask(text)))
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"])
  expect(await connections()).toBe(1)
})

test("what takes its time has a connection to itself, and quick ones do not wait for it", async () => {
  const slow = "select pg_sleep(0.3)"
  await ask(slow)
  await learn("select 1")
  const done: string[] = []
  const noted = (text: string) => ask(text).then(() => done.push(text))
  const all = [slow, "select 1", slow, "select 1", slow].map(noted)
  await Promise.all(all)
  expect(done).toEqual(["select 1", "select 1", slow, slow, slow])
  expect(await connections()).toBe(4)
})

test("one that becomes slow is known as such after a while", async () => {
  const text = "select pg_sleep(coalesce((select max(seconds) from pace), 0))"
  await ask("create table pace (seconds float8)")
  await learn(text)
  await Promise.all(Array.from({ length: max }, () => ask(text)))
  expect(await connections()).toBe(1)
  await ask("insert into pace values (0.03)")
  for (let n = 0; n < 130; n++) await ask(text)
  await Promise.all(Array.from({ length: max }, () => ask(text)))
  expect(await connections()).toBe(max)
})

test("a slow write never waits behind another statement, and reads do not keep it waiting", async () => {
  await ask("create table written (n int)")
  const write = "insert into written select 1 from (select pg_sleep(0.06)) s"
  const read = "select pg_sleep(0.04)"
  let over = false
  const reading = Array.from({ length: 4 * max }, async () => {
    while (!over) await ask(read)
  })
  await Promise.all(Array.from({ length: 3 * max }, () => ask(write)))
  over = true
  await Promise.all(reading)
  expect(await ask("select count(*)::int from written")).toEqual([[3 * max]])
  expect(await connections()).toBe(max)
})

test("what expires among others on a connection is stopped alone, and each of them gets its own answer", async () => {
  await ask("create table pace (seconds float8)")
  const texts = [1, 2, 3, 4].map(
    (n) => `select ${n} from (select pg_sleep(coalesce((select max(seconds) from pace), 0))) s`,
  )
  for (const text of texts) await learn(text)
  await ask("insert into pace values (0.2)")
  const deadlines = texts.map(() => new Deadline())
  const asked = Promise.allSettled(texts.map((text, n) => ask(text, deadlines[n])))
  await sleep(100)
  // The second and the third wait for the first.
  deadlines[1]?.expire()
  deadlines[2]?.expire()
  const outcomes = (await asked).map((outcome) =>
    outcome.status === "fulfilled" ? outcome.value : String((outcome.reason as { code: unknown }).code),
  )
  expect(outcomes).toEqual([[[1]], "57014", "57014", [[4]]])
})

test("quick writes that wait for a lock are stopped, also behind others, and none is done later", async () => {
  await ask("create table written (n int)")
  const write = "insert into written values (1)"
  await learn(write)
  await ask("delete from written")
  const sql = admin(url)
  await sql`begin`
  await sql`lock table written`
  const deadlines = Array.from({ length: 6 * max }, () => new Deadline())
  const asked = Promise.allSettled(deadlines.map((deadline) => ask(write, deadline)))
  await sleep(200)
  for (const deadline of deadlines) deadline.expire()
  const outcomes = await asked
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["rejected"]))
  await sql`commit`
  await sql.end()
  await learn(write)
  expect(await ask("select count(*)::int from written")).toEqual([[10]])
  expect(await connections()).toBe(max)
})

test("a network that drops connections without a word: they are given up, and new ones made", async () => {
  const proxy = await proxyTo(url)
  const statementTimeout = 500
  const behind = openPostgresPool(proxy.url, { max, statementTimeout })
  /** Whether all of many at once are answered in half a second; several texts are a transaction. */
  const areAnswered = async (...texts: string[]): Promise<boolean> => {
    const asked = Array.from({ length: 2 * max }, async () => {
      const deadline = new Deadline()
      const timer = setTimeout(() => deadline.expire(), statementTimeout)
      await behind
        .connect(deadline)
        .batch(texts.map((text) => ({ text, params: [], bounded: true })))
        .finally(() => clearTimeout(timer))
    })
    return (await Promise.allSettled(asked)).every(({ status }) => status === "fulfilled")
  }
  await ask("create table written (n int)")
  const read = "select pg_sleep(0.05)"
  const write = "insert into written values (1)"
  expect(await areAnswered(read)).toBe(true)
  expect(await areAnswered(write, write)).toBe(true)
  proxy.freeze()
  const answered = [areAnswered(read), areAnswered(write, write)]
  await sleep(2 * statementTimeout + 100)
  // What was under way has not failed yet: nobody has said that the connections are gone.
  expect(await areAnswered(read)).toBe(true)
  expect(await areAnswered(write, write)).toBe(true)
  await behind.close()
  await proxy.close()
  expect(await Promise.all(answered)).toEqual([false, false])
})

test("what waits for a connection to be made is not done later either", async () => {
  await ask("create table written (n int)")
  const proxy = await proxyTo(url)
  const behind = openPostgresPool(proxy.url, { max, statementTimeout: 2_000 })
  const goOn = proxy.hold()
  const deadlines = Array.from({ length: 2 * max }, () => new Deadline())
  const insert = (deadline: Deadline | undefined, n: number) =>
    behind.connect(deadline).query({ text: `insert into written values (${n}) returning n`, params: [] })
  const asked = Promise.allSettled(deadlines.map((deadline) => insert(deadline, 1)))
  await sleep(100)
  for (const deadline of deadlines) deadline.expire()
  const outcomes = await asked
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["rejected"]))
  goOn()
  expect(await Promise.all(Array.from({ length: 2 * max }, () => insert(undefined, 2)))).toHaveLength(2 * max)
  await sleep(200)
  expect(await ask("select n, count(*)::int from written group by n")).toEqual([[2, 2 * max]])
  await behind.close()
  await proxy.close()
})

test("a server that has no more connections to give: those there are do for all, and more are made later", async () => {
  const sql = admin(url)
  const role = new URL(url).pathname.slice(1)
  await sql.unsafe(`create role ${role} login password 'x' connection limit 3`)
  const own = new URL(url)
  own.username = role
  own.password = "x"
  const few = openPostgresPool(own.href, { max, statementTimeout: 10_000 })
  const many = (text: string) =>
    Promise.all(
      Array.from({ length: 4 * max }, (_, n) =>
        few.connect().query({ text: text.replace("0", `${n}`), params: [] }),
      ),
    )
  const expected = Array.from({ length: 4 * max }, (_, n) => [[n]])
  // The first is there before the others ask.
  await few.connect().query({ text: "select 1", params: [] })
  for (let round = 0; round < 3; round++)
    expect(await many("select 0 from (select pg_sleep(0.02)) s")).toEqual(expected)
  await sql.unsafe("create table written (n int)")
  await sql.unsafe(`grant all on written to ${role}`)
  expect(await many("insert into written values (0) returning n")).toEqual(expected)
  expect((await weirConnections(sql)).length).toBeLessThanOrEqual(3)

  await sql.unsafe(`alter role ${role} connection limit -1`)
  await sleep(300)
  await many("select 0 from (select pg_sleep(0.02)) s")
  expect((await weirConnections(sql)).length).toBeGreaterThan(3)
  await few.close()
  await sql.unsafe(`drop owned by ${role}`)
  await sql.unsafe(`drop role ${role}`)
  await sql.end()
})

test("a connection that is lost in the middle of a transaction: that fails, and the next goes well", async () => {
  await ask("create table written (n int)")
  const write = { text: "insert into written values (1)", params: [] }
  const batch = () => database.connect().batch([write, write])
  await batch()
  const [sql, other] = [admin(url), admin(url)]
  for (let round = 0; round < 5; round++) {
    await sql`begin`
    await sql`lock table written`
    const asked = Promise.allSettled([batch(), batch(), batch()])
    const ended = new Set<number>()
    await eventually(async () => {
      const waiting = await other`select pid, pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'weir' and datname = current_database() and wait_event_type = 'Lock'`
      for (const { pid } of waiting) ended.add(Number(pid))
      expect(ended.size).toBe(3)
    })
    expect((await asked).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"])
    await sql`commit`
  }
  await Promise.all([batch(), batch(), batch()])
  expect(await ask("select count(*)::int from written")).toEqual([[8]])
  await Promise.all([sql.end(), other.end()])
})

test("a write whose time is up before that of those in front of it is not done after them", async () => {
  await ask("create table written (n int)")
  const write = (n: number, deadline?: Deadline) =>
    database.connect(deadline).query({ text: "insert into written values ($1)", params: [n] })
  for (let n = 0; n < 10; n++) await write(0)
  await useAll()
  const sql = admin(url)
  await sql`begin`
  await sql`lock table written`
  const [early, late] = [new Deadline(), new Deadline(performance.now() + 1_000)]
  const front = Array.from({ length: 14 }, () => write(1, late))
  await sleep(20)
  const behind = Promise.allSettled(Array.from({ length: 8 }, () => write(2, early)))
  await sleep(20)
  early.expire()
  const outcomes = await behind
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["rejected"]))
  await sql`commit`
  await Promise.all(front)
  await sleep(200)
  expect(await ask("select n, count(*)::int from written group by n order by n")).toEqual([
    [0, 10],
    [1, 14],
  ])
  await sql.end()
})

test("a read does not wait behind a write that waits for a lock, where all connections are busy", async () => {
  await ask("create table written (n int)")
  const write = "insert into written values (1)"
  for (const text of [write, "select 1"]) await learn(text)
  await useAll()
  const sql = admin(url)
  await sql`begin`
  await sql`lock table written`
  let isWritten = false
  const waiting = ask(write).then(() => (isWritten = true))
  await sleep(100)
  const busy = Array.from({ length: max - 1 }, () => ask("select pg_sleep(0.3)"))
  expect(await Promise.all(Array.from({ length: 3 * max }, () => ask("select 1")))).toEqual(
    Array.from({ length: 3 * max }, () => [[1]]),
  )
  expect(isWritten).toBe(false)
  await sql`commit`
  await Promise.all([waiting, ...busy])
  await sql.end()
}, 5_000)
