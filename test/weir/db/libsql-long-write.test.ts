import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { Database, Statement } from "../../../src/weir/db/driver.ts"
import { openLibsqlFile } from "../../../src/weir/db/drivers/libsql-file.ts"
import { placeOf } from "../../../src/weir/db/drivers/libsql-long-write.ts"

let folder: string
let db: Database
const statement = (text: string, ...params: (string | number)[]): Statement => ({ text, params })
const insert = (n: number): Statement => statement("insert into t (n) values (?) returning n", n)
const count = async (): Promise<unknown> =>
  (await db.connect().query({ ...statement("select count(*) from t"), bounded: true }))[0]?.[0]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "weir-long-"))
  db = openLibsqlFile(`file:${join(folder, "a.db")}`, { readers: false })
  await db.migrate(["create table t (n integer primary key)"])
})
afterEach(async () => {
  await db.close()
  rmSync(folder, { recursive: true })
})

/** A statement that takes some milliseconds, so that others get their turn after it. */
const slow: Statement = {
  ...statement(
    "with recursive k(i) as (select 1 union all select i + 1 from k where i < 200000) select count(*) from k",
  ),
  many: true,
}

test("reads go on during a long write, and see all of it or nothing", async () => {
  const seen = new Set<unknown>()
  let done = false
  const writing = db.connect().batch([insert(1), slow, insert(2), slow, insert(3), slow])
  writing.finally(() => {
    done = true
  })
  let reads = 0
  for (; !done; reads++) {
    const before = done
    const rows = await count()
    if (!before && !done) seen.add(rows)
  }
  expect((await writing).map((rows) => rows[0]?.[0])).toEqual([1, 200_000, 2, 200_000, 3, 200_000])
  expect(reads).toBeGreaterThan(2)
  expect([...seen].filter((rows) => rows !== 0 && rows !== 3)).toEqual([])
  expect(await count()).toBe(3)
})

test("writes that come meanwhile wait their turn, and all are kept", async () => {
  const client = db.connect()
  const results = await Promise.all([
    client.batch([insert(1)]),
    client.batch([insert(2), slow, slow]),
    client.batch([insert(3)]),
    client.batch(Array.from({ length: 300 }, (_, i) => insert(100 + i))),
    client.batch([insert(4)]),
  ])
  expect(results.map((rows) => rows.length)).toEqual([1, 3, 1, 300, 1])
  expect(await count()).toBe(304)
})

test("a long write that fails leaves nothing, says where, and stands in nobody's way", async () => {
  const client = db.connect()
  await client.batch([insert(7)])
  const failing = client.batch([insert(1), slow, insert(7), insert(2)])
  const next = client.batch([insert(8)])
  await expect(failing).rejects.toMatchObject({ statementIndex: 2 })
  await next
  expect(await count()).toBe(2)
  const expired = { expired: true, signal: AbortSignal.abort() } as never
  await expect(db.connect(expired).batch([insert(9), slow])).rejects.toThrow()
  expect(await count()).toBe(2)
})

test("a database in memory has one connection, which writes all", async () => {
  const memory = openLibsqlFile("file::memory:")
  await memory.migrate(["create table t (n integer primary key)"])
  await memory.connect().batch([insert(1), slow])
  expect(await memory.connect().query(statement("select n from t"))).toEqual([[1]])
  await memory.close()
})

test("what runs apart: what is long, changes many rows, or has many statements or characters", () => {
  const change = (verb: "insert" | "update") => ({ verb, table: "t", references: [], moves: false })
  const made = (characters: number): Statement => ({
    ...statement("insert", "x".repeat(characters)),
    many: true,
    change: change("insert"),
  })
  const changed: Statement = { ...statement("update"), many: true, change: change("update") }
  const times = (count: number, one: Statement) => Array.from({ length: count }, () => one)
  expect(placeOf(times(100, insert(1)))).toBe("together")
  expect(placeOf(times(101, insert(1)))).toBe("parts")
  expect(placeOf(times(500, insert(1)))).toBe("parts")
  expect(placeOf(times(501, insert(1)))).toBe("apart")
  expect(placeOf(times(4, changed))).toBe("parts")
  expect(placeOf(times(5, changed))).toBe("apart")
  expect(placeOf(times(20, made(50_000)))).toBe("parts")
  expect(placeOf(times(5, made(400_001)))).toBe("apart")
  expect(placeOf([insert(1), { ...insert(2), long: true }])).toBe("apart")
})
