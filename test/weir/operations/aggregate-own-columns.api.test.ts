import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { fresh } from "#fresh"
import { anyone, resource } from "#weir"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { appOf } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import type { Fresh } from "../support/fresh.ts"
import { walk } from "../support/paging.ts"
import type { World } from "../support/world.ts"

const isPostgres = dialectName === "postgres"

/** Columns of Drizzle's own: exact numbers as far as they keep them, and instants however they are stored. */
const own = isPostgres
  ? pg.pgTable("own_sums", {
      id: pg.integer().primaryKey(),
      amount: pg.numeric(),
      large: pg.bigint({ mode: "bigint" }),
      at: pg.timestamp({ withTimezone: true, precision: 3 }),
      utc: pg.timestamp({ precision: 3 }),
    })
  : lite.sqliteTable("own_sums", {
      id: lite.integer().primaryKey(),
      amount: lite.numeric(),
      large: lite.blob({ mode: "bigint" }),
      at: lite.integer({ mode: "timestamp" }),
      utc: lite.integer({ mode: "timestamp_ms" }),
    })

/** Numbers of which JSON cannot say some. */
const floats = isPostgres
  ? pg.pgTable("own_floats", {
      id: pg.integer().primaryKey(),
      half: pg.real(),
      whole: pg.doublePrecision().notNull(),
      exact: pg.numeric(),
      number: pg.numeric({ mode: "number" }),
    })
  : lite.sqliteTable("own_floats", {
      id: lite.integer().primaryKey(),
      half: lite.real(),
      whole: lite.real().notNull(),
      exact: lite.numeric(),
      number: lite.numeric({ mode: "number" }),
    })
const noNumbers = isPostgres ? ["'NaN'", "'Infinity'", "'-Infinity'"] : ["9e999", "-9e999", "9e999"]
const floatTexts = ["1.5", ...noNumbers, "1.5", "-2"]

const rows: [string | null, string | null, string | null][] = [
  ["0.1", "9223372036854775807", "2026-03-28T22:59:59.000Z"],
  ["0.2", "9223372036854775807", "2026-03-28T23:00:00.000Z"],
  ["-7.25", "-5", "1969-12-31T22:59:59.000Z"],
  [null, null, null],
]

let w: Fresh
let call: Call
beforeAll(async () => {
  w = await fresh()
  await createTables(w.database, { own, floats })
  const client = w.database.connect()
  const value = (text: string | null, as: (text: string) => string) => (text === null ? "null" : as(text))
  await client.batch(
    rows.map(([amount, large, at], i) => {
      const seconds = Math.floor(Date.parse(at ?? "") / 1000)
      const values = isPostgres
        ? [amount ?? "null", large ?? "null", value(at, (t) => `'${t}'`), value(at, (t) => `'${t}'`)]
        : [
            amount ?? "null",
            value(large, (t) => `cast('${t}' as blob)`),
            value(at, () => String(seconds)),
            value(at, () => String(seconds * 1000)),
          ]
      return { text: `insert into own_sums values (${i + 1}, ${values.join(", ")})`, params: [] }
    }),
  )
  await client.batch(
    floatTexts.map((text, i) => ({
      text: `insert into own_floats values (${[i + 1, text, text, text, text]})`,
      params: [],
    })),
  )
  await client.close?.()
  const [sums, numbers] = [own as typeof own & object, floats as typeof floats & object]
  call = appOf(
    w as World,
    resource(sums, { read: anyone }),
    resource(numbers, { read: anyone, create: anyone, delete: anyone }),
  )
})
afterAll(() => w.close())

const get = async (query: string): Promise<unknown> => {
  const answer = await call("GET", `/own_sums?${query}`)
  return answer.status === 200 ? answer.body : `${answer.status} ${answer.text}`
}

test("numbers are exact as far as their columns keep them", async () => {
  expect(
    await get("aggregate=sum(amount),avg(amount),sum(large),min(large),max(large),sum(id),avg(id)"),
  ).toEqual([
    {
      sum_amount: "-6.95",
      avg_amount: isPostgres ? "-2.316666666666667" : "-2.31666666666667",
      sum_large: "18446744073709551609",
      min_large: "-5",
      max_large: "9223372036854775807",
      sum_id: 10,
      avg_id: 2.5,
    },
  ])
})

test.each(["amount", "large", "at", "utc"])(
  "the first groups by %s are those that begin the whole list, nulls last",
  async (name) => {
    for (const sort of [name, `-${name}`]) {
      const groups = (limit: number) => get(`aggregate=count&group=${name}&sort=${sort}&limit=${limit}`)
      const all = (await groups(10)) as Record<string, unknown>[]
      expect(all.map((row) => row[name]).indexOf(null)).toBe(sort === name ? all.length - 1 : 0)
      // With its count, the page is taken from all groups.
      const counted = `aggregate=count&group=${name}&sort=${sort}&limit=10&count=exact`
      expect(await get(counted)).toEqual(all)
      for (const limit of [1, 2]) expect(await groups(limit)).toEqual(all.slice(0, limit))
    }
  },
)

test.each(["at", "utc"])("instants of %s fall into the same lengths of time", async (name) => {
  const starts = async (unit: string, tz: string) =>
    ((await get(`aggregate=count&group=${name}:${unit}&tz=${tz}`)) as Record<string, unknown>[]).map(
      (row) => {
        const at = row[`${name}:${unit}`]
        return [at && String(at).replace(/\.000Z$/, "Z"), row.count]
      },
    )
  expect(await starts("day", "UTC")).toEqual([
    ["1969-12-31T00:00:00Z", 1],
    ["2026-03-28T00:00:00Z", 2],
    [null, 1],
  ])
  expect(await starts("day", "Europe/Berlin")).toEqual([
    ["1969-12-30T23:00:00Z", 1],
    ["2026-03-27T23:00:00Z", 1],
    ["2026-03-28T23:00:00Z", 1],
    [null, 1],
  ])
  expect(await starts("hour", "Asia/Kolkata")).toEqual([
    ["1969-12-31T22:30:00Z", 1],
    ["2026-03-28T22:30:00Z", 2],
    [null, 1],
  ])
  expect(await starts("week", "UTC")).toEqual([
    ["1969-12-29T00:00:00Z", 1],
    ["2026-03-23T00:00:00Z", 2],
    [null, 1],
  ])
})

test.each(["half", "whole", "exact", "number"])(
  "numbers of %s that JSON cannot say are one group, on every page",
  async (name) => {
    const [few, most] = name === "exact" ? ["-2", "1.5"] : [-2, 1.5]
    const groups = [
      { [name]: few, count: 1 },
      { [name]: most, count: 2 },
      { [name]: null, count: 3 },
    ]
    const path = `/own_floats?aggregate=count&group=${name}`
    for (const [sort, expected] of [
      [name, groups],
      [`-${name}`, groups.toReversed()],
    ] as const) {
      expect((await call("GET", `${path}&sort=${sort}`)).body).toEqual(expected)
      const { forward, backward } = await walk({ call }, `${path}&sort=${sort}&limit=1`)
      expect([forward, backward]).toEqual([expected, expected])
    }
  },
)

test("a number is shown by few digits, and found by those that JavaScript writes", async () => {
  for (const [i, number] of [1e300, 1e-7, -1.5e22, 0.1].entries()) {
    const id = 100 + i
    const json = { id, whole: number, number }
    const created = await call("POST", "/own_floats", { json })
    expect([created.status, created.body]).toMatchObject([201, json])
    expect(created.text).not.toMatch(/"number":[^,}]*[1-9]0{9,}[1-9]/)
    for (const name of ["number", "whole"])
      for (const text of [encodeURIComponent(String(number)), String(number)]) {
        const found = await call("GET", `/own_floats?id[gte]=100&${name}=${text}`)
        expect([text, found.body], found.text).toMatchObject([text, [{ id }]])
      }
  }
})
