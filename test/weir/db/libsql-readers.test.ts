import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { Deadline, DeadlineExpired } from "../../../src/weir/db/deadline.ts"
import { classify } from "../../../src/weir/db/dialect/sqlite/errors.ts"
import type { Database, Statement } from "../../../src/weir/db/driver.ts"
import { openLibsqlFile } from "../../../src/weir/db/drivers/libsql-file.ts"
import { validatorOf } from "../../../src/weir/lib/row-validator.ts"
import { eventually } from "../support/http.ts"
import { isAlive } from "../support/node-server.ts"

// Processes start, run and are killed.
vi.setConfig({ testTimeout: 60_000 })

/** Reads of a file that may be slow: they run in processes of their own. */
let folder: string
let database: Database
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "weir-readers-"))
  database = openLibsqlFile(`file:${join(folder, "weir.db")}`)
  await database.migrate(["create table things (id integer primary key, name text)"])
  await database.connect().batch([plain("insert into things values (1, 'one'), (2, 'two')")])
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const plain = (text: string, more: Partial<Statement> = {}): Statement => ({ text, params: [], ...more })
/** It never ends. */
const endless = plain(
  "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n",
)
/** It takes a while. */
const long = plain(
  "with recursive n(i) as (select 1 union all select i + 1 from n where i < 8000000) select count(*) from n",
)

const readersOf = (parent: number): number[] => {
  const rows = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(parent)], { encoding: "utf8" })
  return rows
    .split("\n")
    .filter((row) => row.includes("libsql-reader") && row.includes(folder))
    .map((row) => Number.parseInt(row, 10))
}

test("a statement that never ends holds nobody, and ends with its deadline", async () => {
  const deadline = new Deadline()
  const outcome = database
    .connect(deadline)
    .query(endless)
    .catch((error: unknown) => error)
  await eventually(() => expect(readersOf(process.pid)).toHaveLength(1))
  const [reader] = readersOf(process.pid)
  // Reads by key and writes go on meanwhile, and so does the event loop.
  const client = database.connect()
  expect(await client.query(plain("select name from things where id = 1", { bounded: true }))).toEqual([
    ["one"],
  ])
  await client.batch([plain("insert into things values (3, 'three')")])
  // So do other slow reads, which see what was written.
  expect(await client.query(plain("select name from things where name like 't%' order by name"))).toEqual([
    ["three"],
    ["two"],
  ])
  deadline.expire()
  expect(await outcome).toBeInstanceOf(DeadlineExpired)
  await eventually(() => expect(isAlive(reader as number)).toBe(false))
  expect(await client.query(plain("select count(*) from things where name > ''"))).toEqual([[3]])
})

test("many endless statements leave a reader to the others, and all are answered at their deadline", async () => {
  const deadlines = Array.from({ length: 8 }, () => new Deadline())
  // The first one makes the statement known as slow.
  const first = database
    .connect(deadlines[0])
    .query(endless)
    .catch((error: unknown) => error)
  await eventually(() => expect(readersOf(process.pid)).toHaveLength(1))
  deadlines[0]?.expire()
  await first
  const outcomes = deadlines.slice(1).map((deadline) =>
    database
      .connect(deadline)
      .query(endless)
      .catch((error: unknown) => error),
  )
  expect(await database.connect().query(plain("select name from things where name = 'two'"))).toEqual([
    ["two"],
  ])
  for (const deadline of deadlines) deadline.expire()
  for (const outcome of await Promise.all(outcomes)) expect(outcome).toBeInstanceOf(DeadlineExpired)
})

test("clients take turns: one with many reads does not keep another's waiting", async () => {
  const counting = (rows: number) =>
    plain(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows}) select count(*) from n`,
    )
  const done: string[] = []
  const read = async (address: string, rows: number) => {
    await database.connect(undefined, { address }).query(counting(rows))
    done.push(address)
  }
  const many = Array.from({ length: 20 }, (_, i) => read("192.0.2.1", 300_000 + i))
  const load = database.readers?.()
  expect(load?.running).toBeGreaterThan(0)
  expect(load).toEqual({ running: load?.running, waiting: 20 - (load?.running ?? 0) })
  const few = [read("192.0.2.2", 299_999), read("192.0.2.3", 299_998)]
  await Promise.all([...many, ...few])
  // At most four run at a time: those that ran, and a turn of each.
  expect(done.indexOf("192.0.2.2")).toBeLessThan(12)
  expect(done.indexOf("192.0.2.3")).toBeLessThan(12)
  expect(database.readers?.()).toEqual({ running: 0, waiting: 0 })
})

test("statements that expire together start no processes for one another", async () => {
  const deadlines = Array.from({ length: 40 }, () => new Deadline())
  const outcomes = deadlines.map((deadline) =>
    database
      .connect(deadline)
      .query(endless)
      .catch((error: unknown) => error),
  )
  await eventually(() => expect(readersOf(process.pid).length).toBeGreaterThan(0))
  const children = () =>
    execFileSync("ps", ["-o", "pid=", "--ppid", String(process.pid)], { encoding: "utf8" })
  const before = children().split("\n").length
  for (const deadline of deadlines) deadline.expire()
  // Those that were ended may not be gone yet, and none has come.
  expect(children().split("\n").length).toBeLessThanOrEqual(before)
  for (const outcome of await Promise.all(outcomes)) expect(outcome).toBeInstanceOf(DeadlineExpired)
})

function killReaders(): void {
  for (const pid of readersOf(process.pid))
    try {
      process.kill(pid, "SIGKILL")
    } catch (error) {
      // It has ended since it was seen.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
    }
}

test("a reader that is killed is replaced, and its statement run again; twice is too often", async () => {
  const once = database.connect().query(long)
  await eventually(() => expect(readersOf(process.pid)).not.toEqual([]))
  killReaders()
  expect(await once).toEqual([[8_000_000]])

  let isOver = false
  const twice = database
    .connect()
    .query(endless)
    .catch((error: unknown) => error)
    .finally(() => {
      isOver = true
    })
  // Each reader that comes is killed: which of them runs the statement cannot be told from outside.
  while (!isOver) {
    killReaders()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(classify(await twice)).toEqual({ kind: "unavailable" })
  expect(await database.connect().query(plain("select count(*) from things where name > ''"))).toEqual([[2]])
})

test("a reader cannot write, and tells an error as the process itself does", async () => {
  const client = database.connect()
  await expect(client.query(plain("insert into things values (9, 'nine') returning id"))).rejects.toThrow(
    /readonly/,
  )
  const error = await client.query(plain("select * from nowhere")).catch((e: unknown) => e)
  expect(classify(error)).toEqual({ kind: "unmigrated" })
})

test("values of every kind come back as they are, and large ones whole", async () => {
  const client = database.connect()
  const text = "é\u0001日本".repeat(400_000)
  const [row] = await client.query({
    text: "select ?, ?, ?, null, 1.5, name from things where id > 1",
    params: [text, 7, "x"],
  })
  expect(row).toEqual([text, 7, "x", null, 1.5, "two"])
})

test("many rows come whole and in order, in several replies", async () => {
  const counting = (rows: number) =>
    plain(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows}) select i, 'name ' || i from n`,
    )
  for (const count of [999, 1_000, 1_001, 2_000, 100_500]) {
    const all = await database.connect().query(counting(count))
    expect(all).toHaveLength(count)
    expect(all.every(([i, name], at) => i === at + 1 && name === `name ${i}`)).toBe(true)
  }
})

test("long rows come whole and in order, in several replies", async () => {
  const text = `with recursive n(i) as (select 1 union all select i + 1 from n where i < 300) select i, printf('%.*c', 50000, 'x') from n`
  const all = await database.connect().query(plain(text))
  expect(all.map(([i]) => i)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
  expect(all.every(([, long]) => long === "x".repeat(50_000))).toBe(true)
})

test("a reader puts validators into an answer, and leaves out one that nobody wants", async () => {
  const client = database.connect()
  const hex = Buffer.from('{"id":1}').toString("hex")
  const text = `select '[{"_version":"@weir:version:' || ? || '"}]', 1 from things where name = 'two'`
  const versions = { member: "_version", viewer: undefined }
  const ask = (maxBytes: number) => client.query({ text, params: [hex], single: true, versions, maxBytes })
  const body = `[{"_version":${await validatorOf('{"id":1}', {})}}]`
  expect(await ask(body.length)).toEqual([[body, 1]])
  expect(await ask(body.length - 1)).toEqual([[null, body.length]])
})

test("what finds its rows by key is learnt, and then needs no reader", async () => {
  const client = database.connect()
  const byKey = { text: "select name from things where id = ?", params: [2] }
  expect(await client.query(byKey)).toEqual([["two"]])
  for (const pid of readersOf(process.pid)) process.kill(pid, "SIGSTOP")
  expect(await client.query(byKey)).toEqual([["two"]])
  for (const pid of readersOf(process.pid)) process.kill(pid, "SIGCONT")
})

test("a table with few rows is read in the process itself, one with many is not", async () => {
  const client = database.connect()
  const scan = plain("select count(*) from things where name > ''", { scans: ["things"] })
  await client.query(scan)
  expect(readersOf(process.pid)).toEqual([])
  await client.batch([
    plain(
      "insert into things with recursive n(i) as (select 10 union all select i + 1 from n where i < 30000) select i, 'x' from n",
    ),
  ])
  // The size is taken for what it was for a second.
  await sleep(1_100)
  expect(await client.query(scan)).toEqual([[29_993]])
  expect(readersOf(process.pid)).toHaveLength(1)
})

test("readers end with the process that started them, however it ends", async () => {
  const driver = new URL("../../../src/weir/db/drivers/libsql-file.ts", import.meta.url).href
  const script = `
    const { openLibsqlFile } = await import(${JSON.stringify(driver)})
    const database = openLibsqlFile(${JSON.stringify(`file:${join(folder, "weir.db")}`)})
    await database.connect().query(${JSON.stringify(endless)})`
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" })
  await eventually(() => expect(readersOf(parent.pid as number)).toHaveLength(1), 20_000)
  const readers = readersOf(parent.pid as number)
  parent.kill("SIGKILL")
  await eventually(() => expect(readers.filter(isAlive)).toEqual([]), 20_000)
})

test("a process that Node watches answers with rows, and not with the files that it has loaded", async () => {
  // As `node --watch` sets it: a child then tells its parent what it imports, before it has answered.
  vi.stubEnv("WATCH_REPORT_DEPENDENCIES", "1")
  try {
    const rows = await database.connect().query(plain("select name from things where name = 'two'"))
    expect(rows).toEqual([["two"]])
  } finally {
    vi.unstubAllEnvs()
  }
})

test("a text that is read whole and then by its first row answers by its own values", async () => {
  const client = database.connect()
  const read = (id: number, single: boolean) =>
    client.query({ text: "select name from things where id = ?", params: [id], bounded: true, single })
  expect(await read(1, false)).toEqual([["one"]])
  expect(await read(3, true)).toEqual([])
  expect(await read(2, false)).toEqual([["two"]])
  expect(await read(1, true)).toEqual([["one"]])
})
