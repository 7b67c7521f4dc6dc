// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import type { Client, Database, Statement } from "../../../src/weir/db/driver.ts"
import { anyone, defineApi, nobody, resourcesOf } from "../../../src/weir/index.ts"
import { type Call, caller } from "../support/client.ts"
import { appOver, type Fresh } from "../support/fresh.ts"

/** Columns without a bound: an answer is made in one statement where each value has its share of it at the most. */

const isPostgres = dialectName === "postgres"

const onPostgres = () => {
  const papers = pg.pgTable("share_papers", {
    id: pg.integer().primaryKey(),
    title: pg.text().notNull(),
    body: pg.text(),
    meta: pg.jsonb(),
    words: pg.text().array(),
    data: pg.customType<{ data: Buffer }>({ dataType: () => "bytea" })(),
    written: pg.timestamp({ withTimezone: true, precision: 3 }),
    secret: pg.text(),
  })
  return {
    papers,
    notes: pg.pgTable("share_notes", {
      id: pg.integer().primaryKey(),
      paperId: pg.integer("paper_id").references(() => papers.id),
      text: pg.text(),
    }),
  }
}

const onSqlite = () => {
  const papers = lite.sqliteTable("share_papers", {
    id: lite.integer().primaryKey(),
    title: lite.text().notNull(),
    body: lite.text(),
    meta: lite.text({ mode: "json" }),
    words: lite.text({ mode: "json" }),
    data: lite.blob({ mode: "buffer" }),
    written: lite.integer({ mode: "timestamp_ms" }),
    secret: lite.text(),
  })
  return {
    papers,
    notes: lite.sqliteTable("share_notes", {
      id: lite.integer().primaryKey(),
      paperId: lite.integer("paper_id").references(() => papers.id),
      text: lite.text(),
    }),
  }
}

const ddl = [
  "drop table if exists share_notes",
  "drop table if exists share_papers",
  isPostgres
    ? "create table share_papers (id integer primary key, title text not null, body text, meta jsonb, words text[], data bytea, written timestamptz(3), secret text)"
    : "create table share_papers (id integer primary key, title text not null, body text, meta text, words text, data blob, written integer, secret text)",
  "create table share_notes (id integer primary key, paper_id integer references share_papers (id), text text)",
]

let made: Fresh
let call: Call
/** The texts of the reads of `papers` since the test began, and these themselves. */
let reads: string[] = []
let ran: Statement[] = []
/** The characters that each brought. */
let brought: number[] = []

/** The database, whose reads are noted. */
const noted = (database: Database): Database =>
  new Proxy(database, {
    get: (target, name) => {
      const value = Reflect.get(target, name)
      if (name !== "connect") return typeof value === "function" ? value.bind(target) : value
      return (...options: Parameters<Database["connect"]>) => {
        const client = target.connect(...options)
        const query: Client["query"] = async (statement) => {
          const isNoted = statement.text.includes("share_papers")
          if (isNoted) {
            reads.push(statement.text)
            ran.push(statement)
          }
          const rows = await client.query(statement)
          if (isNoted) brought.push(rows.flat().join("").length)
          return rows
        }
        return new Proxy(client, {
          get: (inner, member) => {
            if (member === "query") return query
            const own = Reflect.get(inner, member)
            return typeof own === "function" ? own.bind(inner) : own
          },
        })
      }
    },
  })

const open = { read: anyone, create: anyone, update: anyone, delete: anyone, embed: true as const }

beforeAll(async () => {
  made = await fresh()
  await made.database.connect().batch(ddl.map((text) => ({ text, params: [] })))
})

/** A new app, whose statements have not run yet. */
beforeEach(async () => {
  const schema = (isPostgres ? onPostgres() : onSqlite()) as ReturnType<typeof onSqlite>
  const api = defineApi({
    title: "Shares",
    version: "1",
    accounts: false,
    schema,
    resources: resourcesOf(schema, {
      papers: { ...open, fields: { secret: { read: nobody, create: anyone } } },
      notes: open,
    }),
  })
  const subject = { api, migrations: new URL("file:///none/") }
  call = caller(appOver(noted(made.database), { subject, bodyLimit: 33_554_432 }).app)
  for (const name of ["share_notes", "share_papers"])
    await made.database.connect().batch([{ text: `delete from ${name}`, params: [] }])
  reads = []
})

afterAll(async () => {
  await made.database.connect().batch(ddl.slice(0, 2).map((text) => ({ text, params: [] })))
  await made.close?.()
})

const base64 = (bytes: number) => Buffer.alloc(bytes, 7).toString("base64")
const small = {
  title: "é",
  body: 'a "quoted"\nline',
  meta: { a: [1, null] },
  words: ["x", 'y"'],
  data: "AAEC",
  written: "2026-01-31T12:00:00.123Z",
}
const nulls = { title: "", body: null, meta: null, words: null, data: null, written: null }

/** Creates papers, and returns the statements of a read of `path` and its answer. */
async function read(path: string, papers: object[]): Promise<{ body: unknown; statements: number }> {
  expect((await call("POST", "/papers", { json: papers })).status).toBe(201)
  reads = []
  const { status, body } = await call("GET", path)
  expect(status).toBe(200)
  return { body, statements: reads.length }
}

const numbered = <R extends object>(rows: R[]) => rows.map((row, i) => ({ id: i + 1, ...row }))

test("short values are read by one statement that keeps no rows", async () => {
  const papers = numbered([small, nulls])
  expect(await read("/papers", papers)).toEqual({ body: papers, statements: 1 })
  expect(reads[0]).not.toContain("@answer")
  reads = []
  expect((await call("GET", "/papers/1")).body).toEqual(papers[0])
  expect((await call("GET", "/papers/2")).body).toEqual(papers[1])
  expect(reads).toHaveLength(2)
  expect(reads.join()).not.toContain("@answer")
})

const large: [name: string, paper: object][] = [
  ["text", { body: "é".repeat(200_000) }],
  ["json", { meta: { deep: "j".repeat(200_000), mark: "@weir: too large" } }],
  ["an array", { words: Array.from({ length: 3_000 }, (_, i) => `word ${i} ${"w".repeat(60)}`) }],
  ["bytes", { data: base64(200_000) }],
]
/** Postgres writes these in more time than others. */
const far: [name: string, paper: object][] = [
  ["an instant before the first year", { written: "-000043-03-15T12:00:00.000Z" }],
  ["an instant of a year of five digits", { written: "+010000-01-01T00:00:00.000Z" }],
]
for (const [name, one] of isPostgres ? [...large, ...far] : large)
  test(`a value that an answer lacks at first is whole: ${name}`, async () => {
    const papers = numbered([small, { ...small, ...one }, nulls])
    expect(await read("/papers", papers)).toEqual({ body: papers, statements: 2 })
    const backwards = await call("GET", "/papers?sort=-id&limit=2")
    expect(backwards.body).toEqual([papers[2], papers[1]])
    // The next ones are measured at once.
    reads = []
    expect((await call("GET", "/papers?sort=id")).body).toEqual(papers)
    expect(reads).toHaveLength(1)
    expect((await call("GET", "/papers/2")).body).toEqual(papers[1])
  })

test("a value that holds what stands for long ones is itself", async () => {
  const papers = numbered([{ ...small, title: "@weir: too large", body: "@weir: too large" }])
  expect((await read("/papers", papers)).body).toEqual(papers)
  expect((await call("GET", "/papers/1")).body).toEqual(papers[0])
})

test("what a reader may not see has no share", async () => {
  const papers = numbered([small, nulls])
  const hiding = papers.map((paper) => ({ ...paper, secret: "s".repeat(500_000) }))
  expect(await read("/papers", hiding)).toEqual({ body: papers, statements: 1 })
})

test("long values are whole in what is embedded", async () => {
  const papers = numbered([{ ...small, body: "b".repeat(300_000) }, small])
  const notes = numbered([
    { paperId: 1, text: "n".repeat(100_000) },
    { paperId: 2, text: "short" },
    { paperId: null, text: null },
  ])
  await call("POST", "/papers", { json: papers })
  expect((await call("POST", "/notes", { json: notes })).status).toBe(201)
  const withPaper = notes.map((note) => ({ ...note, paper: papers[(note.paperId ?? 0) - 1] ?? null }))
  expect((await call("GET", "/notes?limit=20&include=paper")).body).toEqual(withPaper)
  expect((await call("GET", "/notes/1?include=paper")).body).toEqual(withPaper[0])
  const withNotes = papers.map((paper, i) => ({ ...paper, notes: notes.filter((n) => n.paperId === i + 1) }))
  const listed = await call("GET", "/papers?limit=5&include=notes&include.notes.limit=5")
  expect(listed.body).toEqual(withNotes)
  expect((await call("GET", "/papers/1?include=notes")).body).toEqual(withNotes[0])
})

test("an answer above the limit is a 422, and says its size", async () => {
  const papers = numbered(Array.from({ length: 20 }, () => ({ title: "t", body: "b".repeat(1_000_000) })))
  expect((await call("POST", "/papers", { json: papers })).status).toBe(201)
  const { status, body } = await call("GET", "/papers")
  expect([status, (body as { detail: string }).detail]).toEqual([
    422,
    expect.stringMatching(/^The answer would be about 20\.0 MB, of at most 16\.8 MB/),
  ])
  expect((await call("GET", "/papers?limit=2")).body).toHaveLength(2)
  expect((await call("GET", "/papers?fields=id")).body).toHaveLength(20)
})

test("validators of long rows are made by a read that counts as dear, those of short ones by a cheap one", async () => {
  const short = numbered(Array.from({ length: 20 }, () => small))
  const long = short.map((paper) => ({ ...paper, id: paper.id + 20, body: "b".repeat(150_000) }))
  expect((await call("POST", "/papers", { json: [...short, ...long] })).status).toBe(201)
  const versionsOf = async (ids: number[]) => {
    const tags = ids.map(async (id) => (await call("GET", `/papers/${id}`)).headers.get("etag"))
    return (await Promise.all(tags)).map((tag, i) => ({ id: ids[i], _version: tag?.slice(1, -1) }))
  }
  const versions = await versionsOf([1, 20, 21, 40])
  ran = []
  const first = (await call("GET", "/papers?fields=id,_version&limit=20&id[lte]=20")).body as object[]
  expect(ran).toHaveLength(1)
  expect([first[0], first[19]]).toEqual(versions.slice(0, 2))
  ran = []
  const all = (await call("GET", "/papers?fields=id,_version&limit=40")).body as object[]
  expect([all[0], all[19], all[20], all[39]]).toEqual(versions)
  // One that leaves out what is long, one that measures the rows, and one that makes them.
  expect(ran.map(({ bounded, versions }) => [bounded, versions?.member])).toEqual([
    [true, "_version"],
    [true, "_version"],
    [false, "_version"],
  ])
  expect(ran[2]).toMatchObject({ scans: undefined, maxBytes: 2 * 16_777_216 })
})

test("rows that are too many bytes together have no validators in one answer, though these are short", async () => {
  const papers = numbered(Array.from({ length: 20 }, () => ({ title: "t", body: "b".repeat(1_000_000) })))
  expect((await call("POST", "/papers", { json: papers })).status).toBe(201)
  const { status, body } = await call("GET", "/papers?fields=id,_version&limit=30")
  expect([status, (body as { code: string }).code]).toEqual([422, "answer_too_large"])
  expect((await call("GET", "/papers?fields=id,_version&limit=5")).body).toHaveLength(5)
})

test("so has a single row that is long, whose own validator comes with it", async () => {
  const papers = numbered([{ ...small, body: "b".repeat(5_000_000) }])
  expect((await call("POST", "/papers", { json: papers })).status).toBe(201)
  const whole = await call("GET", "/papers/1")
  const tag = whole.headers.get("etag")
  for (let i = 0; i < 2; i++) {
    const part = await call("GET", "/papers/1?fields=id,_version")
    expect([part.body, part.headers.get("etag")]).toEqual([{ id: 1, _version: tag?.slice(1, -1) }, tag])
  }
})

test("a long row is brought once, by a read that counts as dear", async () => {
  const papers = numbered([{ ...small, body: "b".repeat(5_000_000) }])
  expect((await call("POST", "/papers", { json: papers })).status).toBe(201)
  expect((await call("POST", "/notes", { json: { id: 1, paperId: 1 } })).status).toBe(201)
  for (const path of ["/papers/1", "/papers/1", "/notes/1?include=paper", "/papers?limit=1"]) {
    ran = []
    brought = []
    expect((await call("GET", path)).text.length).toBeGreaterThan(5_000_000)
    const dear = ran.flatMap(({ bounded }, i) => (bounded ? [] : [brought[i] as number]))
    expect(dear.length).toBe(1)
    expect(dear[0]).toBeGreaterThan(5_000_000)
    expect(brought.reduce((sum, length) => sum + length)).toBeLessThan(5_100_000)
  }
})
