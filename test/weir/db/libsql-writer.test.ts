import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { Deadline, DeadlineExpired } from "../../../src/weir/db/deadline.ts"
import { classify } from "../../../src/weir/db/dialect/sqlite/errors.ts"
import type { Database, Row, Statement } from "../../../src/weir/db/driver.ts"
import { FileConnection } from "../../../src/weir/db/drivers/libsql-connection.ts"
import { openLibsqlFile } from "../../../src/weir/db/drivers/libsql-file.ts"
import { eventually } from "../support/http.ts"
import { isAlive } from "../support/node-server.ts"

// Processes start, run and are killed.
vi.setConfig({ testTimeout: 60_000 })

/** Writes of a file that take long: they run in a process of their own. */
let folder: string
let database: Database
const url = () => `file:${join(folder, "weir.db")}`
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "weir-writer-"))
  database = openLibsqlFile(url())
  await database.migrate([
    "create table t (n integer primary key, check (n < 1000000))",
    "create table u (n integer references t (n) on delete restrict)",
    "create table later (n integer references t (n) deferrable initially deferred)",
  ])
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const statement = (text: string, ...params: (string | number)[]): Statement => ({ text, params })
const insert = (n: number): Statement => statement("insert into t (n) values (?) returning n", n)
/** A write that is to run in the other process. */
const long = (n: number): Statement => ({ ...insert(n), long: true })
const counting = (rows: number): Statement =>
  statement(
    `with recursive k(i) as (select 1 union all select i + 1 from k where i < ${rows}) select count(*) from k`,
  )
/** It takes a while. */
const slow = counting(8_000_000)
const endless = statement(
  "with recursive k(i) as (select 1 union all select i + 1 from k) select count(*) from k",
)
const numbers = async (from = database): Promise<unknown[]> =>
  (await from.connect().query({ ...statement("select n from t order by n"), bounded: true })).map(([n]) => n)
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

const writersOf = (parent = process.pid): number[] =>
  execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(parent)], { encoding: "utf8" })
    .split("\n")
    .filter((row) => row.includes("libsql-writer") && row.includes(folder))
    .map((row) => Number.parseInt(row, 10))

/** Whether another process has the lock for writes. */
function isLocked(): boolean {
  try {
    execFileSync(
      process.execPath,
      [
        "-e",
        `const { DatabaseSync } = require("node:sqlite")
         const db = new DatabaseSync(${JSON.stringify(join(folder, "weir.db"))}, { timeout: 0 })
         db.exec("begin immediate; rollback")`,
      ],
      { stdio: "ignore" },
    )
    return false
  } catch {
    return true
  }
}

test("a long write returns the rows of each statement, and reads go on meanwhile", async () => {
  const writing = database.connect().batch([long(1), slow, insert(2), statement("delete from t where n = 9")])
  let isDone = false
  void writing.finally(() => {
    isDone = true
  })
  await eventually(() => expect(isLocked()).toBe(true))
  const [pid] = writersOf()
  process.kill(pid as number, "SIGSTOP")
  // It is under way, and nothing of it is seen.
  expect(isLocked()).toBe(true)
  expect(await numbers()).toEqual([])
  expect(isDone).toBe(false)
  process.kill(pid as number, "SIGCONT")
  expect(await writing).toEqual([[[1]], [[8_000_000]], [[2]], []])
  expect(await numbers()).toEqual([1, 2])
})

test("what was written is seen at once, and is no write of another process", async () => {
  const client = database.connect()
  for (let n = 1; n <= 20; n++) {
    const before = database.foreignWrites?.()
    await client.batch([long(n)])
    expect(database.foreignWrites?.()).toBe(before)
    expect(await numbers()).toHaveLength(n)
  }
  expect(writersOf()).toHaveLength(1)
  // A database that is open beside it sees them as such.
  const other = openLibsqlFile(url())
  const before = other.foreignWrites?.()
  await client.batch([long(21)])
  expect(other.foreignWrites?.()).not.toBe(before)
  await other.close()
})

test("many rows and large values come whole and in order", async () => {
  const text = "é\u0001日本".repeat(100_000)
  const rows = (count: number) =>
    statement(
      `with recursive k(i) as (select 1 union all select i + 1 from k where i < ${count}) select i, 'x' || i from k`,
    )
  const results = await database
    .connect()
    .batch([long(1), rows(999), rows(2_001), statement("select ?, 1.5, null", text), rows(1_000)])
  expect(results.map((list) => list.length)).toEqual([1, 999, 2_001, 1, 1_000])
  expect(results[3]).toEqual([[text, 1.5, null]])
  for (const list of [results[1], results[2], results[4]] as Row[][])
    expect(list.every(([i, x], at) => i === at + 1 && x === `x${i}`)).toBe(true)
})

test("errors are those of the process itself: their code, text and statement", async () => {
  const here = openLibsqlFile("file::memory:", { readers: false })
  await here.migrate([
    "create table t (n integer primary key, check (n < 1000000))",
    "create table u (n integer references t (n) on delete restrict)",
    "create table later (n integer references t (n) deferrable initially deferred)",
  ])
  for (const db of [here, database])
    await db.connect().batch([insert(1), statement("insert into u values (1)")])
  for (const wrong of [
    insert(1),
    insert(2_000_000),
    statement("delete from t where n = 1"),
    statement("insert into u values (77)"),
    statement("select * from nowhere"),
    statement("insert into later values (77)"),
  ]) {
    const write = (isLong: boolean) => [{ ...insert(5), long: isLong }, counting(2), wrong, insert(6)]
    const expected = (await failure(here.connect().batch(write(false)))) as Record<string, unknown>
    const actual = (await failure(database.connect().batch(write(true)))) as Record<string, unknown>
    const { message, code, statementIndex } = expected
    expect(expected).toBeInstanceOf(Error)
    expect({ ...actual, message: actual.message }).toMatchObject({ message, code })
    // What fails at the commit is no statement's fault.
    if (!wrong.text.includes("later")) expect(actual.statementIndex).toBe(statementIndex)
    expect(classify(actual)).toEqual(classify(expected))
    expect(await numbers()).toEqual([1])
  }
  await here.close()
})

test("a rehearsal returns what it did, and undoes it", async () => {
  const rehearsal = database.connect().rehearse?.()
  expect(await rehearsal?.batch([long(1), insert(2)])).toEqual([[[1]], [[2]]])
  expect(await rehearsal?.query({ ...statement("select count(*) from t"), bounded: true })).toEqual([[2]])
  expect(await numbers()).toEqual([])
  await database.connect().batch([insert(1)])
})

test("a deadline ends what has not been committed, and nothing of it was done", async () => {
  const deadline = new Deadline()
  const writing = failure(database.connect(deadline).batch([long(1), endless]))
  await eventually(() => expect(isLocked()).toBe(true))
  const [pid] = writersOf()
  // One that waits its turn: it is told in time, and never begun.
  const waiting = new Deadline()
  const queued = failure(database.connect(waiting).batch([insert(2)]))
  const patient = database.connect().batch([insert(3)])
  waiting.expire()
  deadline.expire()
  expect(await writing).toBeInstanceOf(DeadlineExpired)
  expect(await queued).toBeInstanceOf(DeadlineExpired)
  await patient
  await eventually(() => expect(isAlive(pid as number)).toBe(false))
  expect(await numbers()).toEqual([3])
  await database.connect().batch([long(4)])
  expect(await numbers()).toEqual([3, 4])
})

test("a process that is killed before the commit is replaced, and its write done once; twice is too often", async () => {
  const once = database.connect().batch([long(1), slow])
  await eventually(() => expect(isLocked()).toBe(true))
  process.kill(writersOf()[0] as number, "SIGKILL")
  expect(await once).toEqual([[[1]], [[8_000_000]]])

  let isOver = false
  const twice = failure(database.connect().batch([long(2), endless])).finally(() => {
    isOver = true
  })
  while (!isOver) {
    for (const pid of writersOf())
      try {
        process.kill(pid, "SIGKILL")
      } catch (error) {
        // It has ended since it was seen.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
      }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(classify(await twice)).toEqual({ kind: "unavailable" })
  expect(await numbers()).toEqual([1])
})

test("writes of two processes wait for each other, short and long", async () => {
  const other = openLibsqlFile(url())
  try {
    const both = [database, other]
    await Promise.all(
      both.flatMap((db, i) => [
        db.connect(new Deadline()).batch([long(10 * i + 1), slow, insert(10 * i + 2)]),
        db.connect().batch([insert(10 * i + 3)]),
        db.connect().batch([long(10 * i + 4)]),
      ]),
    )
    expect(await numbers()).toEqual([1, 2, 3, 4, 11, 12, 13, 14])
    expect(await numbers(other)).toEqual([1, 2, 3, 4, 11, 12, 13, 14])
  } finally {
    await other.close()
  }
})

test("who has time waits longer for another process than who does not say", async () => {
  const other = new FileConnection(join(folder, "weir.db"))
  other.db.exec("begin immediate")
  const timed = database.connect(new Deadline())
  const all = Promise.all([timed.batch([insert(1)]), timed.batch([long(2)]), timed.batch([insert(3), slow])])
  const impatient = openLibsqlFile(url())
  // It gives up after five seconds.
  expect(classify(await failure(impatient.connect().batch([insert(9)])))).toEqual({ kind: "unavailable" })
  await sleep(100)
  other.db.exec("rollback")
  other.db.close()
  await impatient.close()
  await all
  expect(await numbers()).toEqual([1, 2, 3])
})

test("a migration sees no writer, and a later write is of the tables that it left", async () => {
  await database.connect().batch([long(1)])
  await database.migrate(["alter table t add column name text default 'x'"])
  expect(
    await database
      .connect()
      .batch([{ ...statement("insert into t (n) values (2) returning *"), long: true }]),
  ).toEqual([[[2, "x"]]])
})

test("a writer ends with the process that started it, however it ends, and leaves nothing", async () => {
  const driver = new URL("../../../src/weir/db/drivers/libsql-file.ts", import.meta.url).href
  const script = `
    const { openLibsqlFile } = await import(${JSON.stringify(driver)})
    const database = openLibsqlFile(${JSON.stringify(url())})
    await database.connect().batch(${JSON.stringify([long(1), endless])})`
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" })
  await eventually(() => expect(isLocked()).toBe(true), 20_000)
  const writers = writersOf(parent.pid as number)
  expect(writers).toHaveLength(1)
  parent.kill("SIGKILL")
  await eventually(() => expect(writers.filter(isAlive)).toEqual([]), 20_000)
  await database.connect().batch([insert(2)])
  expect(await numbers()).toEqual([2])
})
