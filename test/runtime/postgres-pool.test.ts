import { afterEach, beforeEach, expect, test } from "vitest"
import type { Database, Row } from "../../src/db/driver.ts"
import { openPostgresPool } from "../../src/db/drivers/postgres.ts"
import { admin, emptyPostgres, weirConnections } from "./databases.ts"

/** How statements are spread over the connections of a pool. */
const max = 10
let url: string
let database: Database
beforeEach(async () => {
  url = await emptyPostgres()
  database = openPostgresPool(url, { max, statementTimeout: 10_000 })
})
afterEach(() => database.close())

const ask = (text: string): Promise<Row[]> => database.connect().query({ text, params: [] })

/** Asks one by one until the pool knows how long the statement takes. */
async function learn(text: string): Promise<void> {
  for (let n = 0; n < 10; n++) await ask(text)
}

async function connections(): Promise<number> {
  const sql = admin(url)
  const found = await weirConnections(sql)
  await sql.end()
  return found.length
}

test("quick statements of one turn share a connection, and each gets its own answer", async () => {
  const texts = Array.from({ length: 30 }, (_, n) => `select ${n}`)
  for (const text of texts) await learn(text)
  expect(await Promise.all(texts.map(ask))).toEqual(texts.map((_, n) => [[n]]))
  expect(await connections()).toBe(2)
})

test("one that fails among them fails alone", async () => {
  const fails = "select 1 / (select 0)"
  for (let n = 0; n < 10; n++) await expect(ask(fails)).rejects.toThrow("division by zero")
  await learn("select 1")
  const outcomes = await Promise.allSettled(["select 1", fails, "select 1"].map(ask))
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
  await ask("insert into pace values (0.003)")
  for (let n = 0; n < 130; n++) await ask(text)
  await Promise.all(Array.from({ length: max }, () => ask(text)))
  expect(await connections()).toBe(max)
})

test("a write never waits behind another statement on its connection, and reads do not keep it waiting", async () => {
  await ask("create table written (n int)")
  const write = "insert into written select 1 from (select pg_sleep(0.02)) s"
  const read = "select pg_sleep(0.01)"
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
