// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { sql } from "drizzle-orm"
import * as lite from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { anyone, defineApi, resourcesOf } from "../../../src/weir/index.ts"
import { noteRowNumbers } from "../../../src/weir/runtime/missing-columns.ts"
import { callOver } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import type { Fresh } from "../support/fresh.ts"

/** Values that SQLite holds though the schema says otherwise: pages, filters and writes of them. */

const now = sql`CURRENT_TIMESTAMP`
const id = () => lite.integer().primaryKey()
const group = () => ({ id: lite.integer(), g: lite.integer() })
const loose = lite.sqliteTable("undeclared_loose", {
  id: id(),
  t: lite.text(),
  i: lite.integer(),
  r: lite.real(),
  nn: lite.numeric({ mode: "number" }),
  bo: lite.integer({ mode: "boolean" }),
  ts: lite.integer({ mode: "timestamp" }),
  ms: lite.integer({ mode: "timestamp_ms" }),
  ats: lite.integer({ mode: "timestamp" }).default(now),
  ams: lite.integer({ mode: "timestamp_ms" }).default(now),
  big: lite.blob({ mode: "bigint" }),
})
/** The same, which the schema says to have a value always. */
const firm = lite.sqliteTable("undeclared_firm", {
  id: id(),
  t: lite.text().notNull(),
  i: lite.integer().notNull(),
  r: lite.real().notNull(),
  nn: lite.numeric({ mode: "number" }).notNull(),
  bo: lite.integer({ mode: "boolean" }).notNull(),
  ts: lite.integer({ mode: "timestamp" }).notNull(),
  ms: lite.integer({ mode: "timestamp_ms" }).notNull(),
  ats: lite.integer({ mode: "timestamp" }).notNull().default(now),
  ams: lite.integer({ mode: "timestamp_ms" }).notNull().default(now),
  big: lite.blob({ mode: "bigint" }).notNull(),
})
const texts = lite.sqliteTable("undeclared_texts", { k: lite.text().primaryKey(), ...group() })
const reals = lite.sqliteTable("undeclared_reals", { k: lite.real().primaryKey(), ...group() })
const blobs = lite.sqliteTable("undeclared_blobs", { k: lite.blob().primaryKey(), ...group() })
const times = lite.sqliteTable("undeclared_times", {
  k: lite.integer({ mode: "timestamp" }).primaryKey(),
  ...group(),
})
const pairs = lite.sqliteTable(
  "undeclared_pairs",
  { k: lite.text(), l: lite.integer(), ...group() },
  ({ k, l }) => [lite.primaryKey({ columns: [k, l] })],
)
const schema = { loose, firm, texts, reals, blobs, times, pairs }

const columns =
  "id integer primary key, t text, i integer, r real, nn numeric, bo integer, ts integer, ms integer, ats integer, ams integer, big blob"
const keyed = (type: string) => `(k ${type} primary key, id integer, g integer)`
const ddl = {
  loose: `(${columns})`,
  firm: `(${columns})`,
  texts: keyed("text"),
  reals: keyed("real"),
  blobs: keyed("blob"),
  times: keyed("any_time"),
  pairs: "(k text, l integer, id integer, g integer, primary key (k, l))",
}

const long = `'${"long ".repeat(50)}'`
const latin = "cast(x'63616ce9' as text)"
const numbers = ["1", "2", "null", "'n/a'", "''", "x'ff'", long, "1.5", "9e999", "-9e999", "9007199254740993"]
const instants = [
  "0",
  "1704067200",
  "1704067200000",
  "null",
  "'now'",
  "'garbage'",
  "''",
  "'12:00'",
  "'0000-00-00'",
  "'2024-01-01'",
  "'2024-01-01 00:00:00'",
  "'2024-01-01T00:00:00+02:00'",
  "'2024-01-01 00:00:00.123456789'",
  "x'32303234'",
  "9e15",
]
const values: Record<string, string[]> = {
  t: [
    "'a'",
    "'b'",
    "null",
    "x'61'",
    "x'ff00'",
    latin,
    "cast(x'63616cea' as text)",
    long,
    "''",
    "zeroblob(600)",
  ],
  i: numbers,
  r: numbers,
  nn: numbers,
  bo: ["0", "1", "2", "'true'", "'false'", "null", "x'01'", "1.5", "-1"],
  ts: instants,
  ms: instants,
  ats: instants,
  ams: instants,
  big: ["cast('12' as blob)", "cast('x' as blob)", "null", "5", "'7'", "1.5", "cast('-3' as blob)", "x'ff'"],
}
const keys: Record<string, string[]> = {
  texts: ["'a'", "x'61'", "x'62'", "'b'", "null", "null", "null", latin, "zeroblob(600)", "''", "x''"],
  reals: ["1", "1.5", "'a'", "x'61'", "null", "null", "9e999", "-9e999", "''", "0.1", "9007199254740993"],
  blobs: ["x'61'", "'a'", "1", "1.5", "null", "null", "''", "x''", "zeroblob(600)", "zeroblob(3000)"],
  times: ["1", "'2024-01-01'", "'now'", "null", "null", "'2024-01-01 00:00:00'", "x'61'", "1.5"],
  pairs: ["'a', 1", "'a', 2", "x'61', 1", "null, 1", "null, 1", "'b', null", "'b', 'x'", `${latin}, 1`],
}

describe.skipIf(dialectName === "postgres")("values that the schema rules out", () => {
  let made: Fresh
  let call: Call

  const run = (...statements: string[]) =>
    made.database.connect().batch(statements.map((text) => ({ text, params: [] })))
  const drop = () => run(...Object.keys(ddl).map((name) => `drop table if exists undeclared_${name}`))
  const get = async (path: string) => {
    const { status, body, headers } = await call("GET", path)
    expect([path, status, body]).toEqual([path, 200, body])
    return { rows: body as Record<string, unknown>[], link: headers.get("link") ?? "" }
  }
  /** A table with one row for each value, and for those again with which a page may end. */
  const hold = (table: string, column: string) =>
    run(
      `delete from undeclared_${table}`,
      ...[...(values[column] as string[]), values[column]?.[0], "null"].map(
        (value, i) => `insert into undeclared_${table} (id, ${column}) values (${i + 1}, ${value})`,
      ),
    )

  beforeAll(async () => {
    made = await fresh()
    await drop()
    await run(...Object.entries(ddl).map(([name, text]) => `create table undeclared_${name} ${text}`))
    const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
    const resources = resourcesOf(schema, {
      loose: open,
      firm: open,
      texts: open,
      reals: open,
      blobs: open,
      times: open,
      pairs: open,
    })
    const api = defineApi({ title: "Undeclared", version: "1", accounts: false, schema, resources })
    // As a server does when it starts.
    await noteRowNumbers(made.database.connect(), api)
    call = callOver(made.database, api)
  })

  afterAll(async () => {
    await drop()
    await made.close()
  })

  /** Each row is on one page, and pages back are those forth. */
  async function expectWhole(path: string, rows: number) {
    const [forth, back]: unknown[][] = [[], []]
    const linkTo = (link: string, rel: string) => new RegExp(`<([^>]*)>; rel="${rel}"`).exec(link)?.[1]
    let [next, last]: (string | undefined)[] = [path, path]
    for (let n = 0; next && n < rows + 3; n++) {
      last = next
      const page = await get(next)
      forth?.push(...page.rows.map((row) => row.id))
      next = linkTo(page.link, "next")
    }
    for (let n = 0; last && n < rows + 3; n++) {
      const page = await get(last)
      back?.unshift(...page.rows.map((row) => row.id))
      last = linkTo(page.link, "prev")
    }
    const all = Array.from({ length: rows }, (_, i) => i + 1)
    expect([path, forth?.toSorted((a, b) => Number(a) - Number(b))]).toEqual([path, all])
    expect([path, back]).toEqual([path, forth])
  }

  const scenarios = ["loose", "firm"].flatMap((table) => Object.keys(values).map((column) => [table, column]))
  test.each(scenarios as [string, string][])(
    "pages sorted by %s.%s have each row once",
    async (table, column) => {
      await hold(table, column)
      const rows = (values[column] as string[]).length + 2
      const sorts = [column, `-${column}`, `${column},-id`, `-${column},-id`]
      if (column !== "t") sorts.push(`t,-${column}`, `-${column},t`, `-t,-${column},-id`)
      for (const sort of sorts)
        for (const limit of [1, 2, 5]) await expectWhole(`/${table}?sort=${sort}&limit=${limit}`, rows)
    },
  )

  test.each(Object.keys(keys))("pages by odd keys have each row once: %s", async (table) => {
    const parts = keys[table] as string[]
    const names = table === "pairs" ? "k, l" : "k"
    await run(
      `delete from undeclared_${table}`,
      ...parts.map(
        (key, i) => `insert into undeclared_${table} (${names}, id, g) values (${key}, ${i + 1}, ${i % 2})`,
      ),
    )
    for (const sort of ["", "sort=k", "sort=-k", "sort=g", "sort=-g", "sort=-g,-k", "sort=id", "sort=-id"])
      for (const limit of [1, 2, 5]) await expectWhole(`/${table}?${sort}&limit=${limit}`, parts.length)
  })

  test("what is no time is null, 'now' as well, and text without zone is in UTC", async () => {
    const midnight = "2024-01-01T00:00:00.000Z"
    const before = "2023-12-31T22:00:00.000Z"
    for (const column of ["ts", "ms", "ats", "ams"]) {
      await hold("loose", column)
      const { rows } = await get(`/loose?fields=${column}&sort=id&limit=15`)
      expect([column, rows.map((row) => row[column]).slice(3)]).toEqual([
        column,
        [
          ...Array(6).fill(null),
          midnight,
          midnight,
          before,
          column.endsWith("ms") ? "2024-01-01T00:00:00.123Z" : midnight,
          null,
          null,
        ],
      ])
    }
  })

  const operators: Record<string, (order: number) => boolean> = {
    eq: (order) => order === 0,
    ne: (order) => order !== 0,
    in: (order) => order === 0,
    nin: (order) => order !== 0,
    lt: (order) => order < 0,
    lte: (order) => order <= 0,
    gt: (order) => order > 0,
    gte: (order) => order >= 0,
  }
  const order = (a: unknown, b: unknown) => {
    if (a === null) return Number.NaN
    const [x, y] = [a, b].map((value) =>
      typeof value === "string" && /^[-+]?\d{4,6}-/.test(value) ? Date.parse(value) : value,
    ) as [number, number]
    return x === y ? 0 : x < y ? -1 : 1
  }
  /** Those that filters tell apart, though they look the same, or that they only find by what is stored. */
  const isTold = (column: string, value: unknown, operator: string) =>
    column === "i" || column === "r" || column === "nn"
      ? Math.abs(Number(value)) < 10 && Number.isInteger(value)
      : !(column === "ts" || column === "ms") || !operator.startsWith("lt")

  test.each(["t", "i", "bo", "ts", "ms", "ats", "ams"])(
    "filters agree with what is shown of %s",
    async (column) => {
      await hold("loose", column)
      await run(
        `delete from undeclared_loose where ${column} in (9e15, 9e999, -9e999, ${latin}, cast(x'63616cea' as text))`,
      )
      const { rows } = await get(`/loose?fields=id,${column}`)
      for (const value of new Set(rows.map((row) => row[column])))
        for (const [operator, holds] of Object.entries(operators)) {
          if (value === null || !isTold(column, value, operator)) continue
          if (column === "bo" && !/^(eq|ne)$/.test(operator)) continue
          const filter = `${column}[${operator}]=${encodeURIComponent(String(value))}`
          const found = (await get(`/loose?fields=id&${filter}`)).rows.map((row) => row.id)
          const expected = rows.filter((row) => holds(order(row[column], value))).map((row) => row.id)
          expect([filter, found]).toEqual([filter, expected])
        }
    },
  )

  test("writes with If-Match know a row with text that is no UTF-8", async () => {
    for (const text of [latin, "cast(x'eda080' as text)", "char(65533)"])
      for (const [verb, status] of [
        ["PATCH", 200],
        ["DELETE", 204],
      ] as const) {
        await run("delete from undeclared_loose", `insert into undeclared_loose (id, t) values (1, ${text})`)
        const tag = (await call("GET", "/loose/1")).headers.get("etag") ?? ""
        const write = (match: string) =>
          call(verb, "/loose/1", {
            ...(verb === "PATCH" && { json: { i: 5 } }),
            headers: { "if-match": match },
          })
        expect((await write('"another"')).status).toBe(412)
        expect([text, verb, (await write(tag)).status]).toEqual([text, verb, status])
        // Another byte that is no text looks the same: the row must have the very one.
        expect((await write(tag)).status).toBe(verb === "PATCH" ? 412 : 404)
      }
  })
})
