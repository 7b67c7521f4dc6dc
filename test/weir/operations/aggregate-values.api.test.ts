import { afterAll, beforeAll, expect, test } from "vitest"
import { fresh } from "#fresh"
import { anyone, resource } from "#weir"
import { bigint, date, decimal, id, integer, real, table, text, timestamp, uuid } from "#weir/schema"
import { handles } from "../../../src/weir/db/handle.ts"
import { appOf } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import type { Fresh } from "../support/fresh.ts"
import { walk } from "../support/paging.ts"
import { type Row, rowsOf } from "../support/samples.ts"
import type { World } from "../support/world.ts"

const sales = table("sales", {
  id: id(),
  shop: text({ max: 5_000 }),
  amount: decimal({ precision: 12, scale: 2 }),
  share: decimal({ precision: 18, scale: 18 }),
  pieces: decimal({ precision: 18, scale: 0 }),
  serial: bigint(),
  size: integer(),
  weight: real(),
  day: date(),
  at: timestamp(),
  code: uuid(),
})

/** Exact numbers, sums that are too large for 64 bits, lengths of time in zones, and long texts. */
let w: Fresh
let call: Call
beforeAll(async () => {
  w = await fresh()
  await createTables(w.database, { sales })
  call = appOf(w as World, resource(sales, { read: anyone }))
})
afterAll(() => w.close())

type Sale = Partial<typeof sales.$inferInsert>
async function fill(rows: Sale[]): Promise<void> {
  const client = w.database.connect()
  await client.batch([{ text: 'delete from "sales"', params: [] }])
  const db = handles({ schema: { sales } })(() => client)
  for (let i = 0; i < rows.length; i += 50)
    await db
      .insert(sales)
      .values(
        rows.slice(i, i + 50).map((row, n) => ({ id: i + n + 1, ...row })) as (typeof sales.$inferInsert)[],
      )
  await client.close?.()
}
const get = async (query: string): Promise<unknown> => {
  const answer = await call("GET", `/sales?${query}`)
  return answer.status === 200 ? answer.body : `${answer.status} ${answer.text}`
}
const one = async (query: string): Promise<Row> => ((await get(query)) as Row[])[0] as Row

test("sums and averages of decimals are exact, as text", async () => {
  await fill([
    { amount: "19.50", share: "0.000000000000000001", pieces: "7", serial: "9007199254740993" },
    { amount: "-0.10", share: "0.000000000000000001", pieces: "-8", serial: "1" },
    { amount: "0.00", share: "-0.000000000000000003", pieces: "2" },
    {},
  ])
  expect(await one("aggregate=sum(amount),sum(share),sum(pieces),sum(serial),count(amount)")).toEqual({
    sum_amount: "19.40",
    sum_share: "-0.000000000000000001",
    sum_pieces: "1",
    sum_serial: "9007199254740994",
    count_amount: 3,
  })
  expect(await one("aggregate=avg(amount),avg(share),avg(pieces),avg(serial)")).toEqual({
    avg_amount: "6.466666666666667",
    avg_share: "-0.0000000000000000003333333333333333",
    avg_pieces: "0.3333333333333333",
    avg_serial: "4503599627370497",
  })
  expect(await one("aggregate=min(amount),max(amount),min(share),max(serial)")).toEqual({
    min_amount: "-0.10",
    max_amount: "19.50",
    min_share: "-0.000000000000000003",
    max_serial: "9007199254740993",
  })
})

test.each<[string[], string]>([
  [["0.00"], "0"],
  [["10.00", "10.00", "-5.00"], "5"],
  [["0.05", "0.06"], "0.055"],
  [["-0.01", "0.00", "0.00"], "-0.003333333333333333"],
  [["0.01", "0.01", "0.00"], "0.006666666666666667"],
  [["9999999999.99", "9999999999.98"], "9999999999.985"],
  [["9999999999.99", "9999999999.99", "9999999999.98"], "9999999999.986667"],
  [["100.00", "0.00", "0.00"], "33.33333333333333"],
  [["-9999999999.99"], "-9999999999.99"],
])("the average of %j is %s", async (amounts, average) => {
  await fill(amounts.map((amount) => ({ amount })))
  expect(await one("aggregate=avg(amount)")).toEqual({ avg_amount: average })
})

test("sums beyond 64 bits are exact as well", async () => {
  const most = "9223372036854775807"
  const rows = (count: number, row: Sale): Sale[] => Array.from({ length: count }, () => row)
  await fill([
    ...rows(3, { shop: "a", serial: most, pieces: "999999999999999999", share: "0.999999999999999999" }),
    ...rows(12, { shop: "b", serial: `-${most}`, pieces: "999999999999999999", weight: 1.7e308 }),
    { shop: "c", serial: "-9223372036854775808", pieces: "-1" },
    { shop: "d", serial: "5", pieces: "5" },
  ])
  const query = "aggregate=sum(serial),avg(serial),sum(pieces)&group=shop"
  const expected = [
    {
      shop: "a",
      sum_serial: "27670116110564327421",
      avg_serial: "9223372036854776000",
      sum_pieces: "2999999999999999997",
    },
    {
      shop: "b",
      sum_serial: "-110680464442257309684",
      avg_serial: "-9223372036854776000",
      sum_pieces: "11999999999999999988",
    },
    { shop: "c", sum_serial: "-9223372036854775808", avg_serial: "-9223372036854776000", sum_pieces: "-1" },
    { shop: "d", sum_serial: "5", avg_serial: "5", sum_pieces: "5" },
  ]
  expect(await get(query)).toEqual(expected)
  expect(await get(`${query}&sort=-sum(serial)`)).toEqual([
    expected[0],
    expected[3],
    expected[2],
    expected[1],
  ])
  const { forward, backward } = await walk({ call }, `/sales?${query}&sort=-sum(serial)&limit=1`)
  expect(forward).toEqual([expected[0], expected[3], expected[2], expected[1]])
  expect(backward).toEqual(forward)
  expect(await one("aggregate=sum(share),avg(share)")).toEqual({
    sum_share: "2.999999999999999997",
    avg_share: "1",
  })
  // Floating point numbers have no greater ones: the sum of these is none.
  expect(await get("aggregate=sum(weight),avg(weight)&group=shop&shop=b")).toEqual([
    { shop: "b", sum_weight: null, avg_weight: null },
  ])
})

test("lengths of time begin at the same instants on every database, in every zone", async () => {
  const instants = [
    "0001-01-01T00:00:00.000Z",
    "1969-12-31T23:59:59.999Z",
    "2024-02-29T12:00:00.000Z",
    "2026-01-01T00:00:00.000Z",
    "2026-03-29T00:59:59.999Z",
    "2026-03-29T01:00:00.000Z",
    "2026-10-25T00:30:00.000Z",
    "2026-10-25T01:30:00.000Z",
    "2026-11-01T04:30:00.000Z",
    "2026-12-31T23:00:00.000Z",
    "9999-12-31T23:59:59.999Z",
  ]
  await fill([...instants.map((at) => ({ at: at, day: at.slice(0, 10) })), {}] as Sale[])
  const starts = async (unit: string, tz: string, field = "at") => {
    const rows = (await get(`aggregate=count&group=${field}:${unit}&tz=${tz}&id[gt]=0`)) as Row[]
    return rows.map((row) => [row[`${field}:${unit}`], row.count])
  }
  expect(await starts("month", "UTC")).toEqual([
    ["0001-01-01T00:00:00.000Z", 1],
    ["1969-12-01T00:00:00.000Z", 1],
    ["2024-02-01T00:00:00.000Z", 1],
    ["2026-01-01T00:00:00.000Z", 1],
    ["2026-03-01T00:00:00.000Z", 2],
    ["2026-10-01T00:00:00.000Z", 2],
    ["2026-11-01T00:00:00.000Z", 1],
    ["2026-12-01T00:00:00.000Z", 1],
    ["9999-12-01T00:00:00.000Z", 1],
    [null, 1],
  ])
  expect((await starts("week", "UTC")).slice(0, 4)).toEqual([
    ["0001-01-01T00:00:00.000Z", 1],
    ["1969-12-29T00:00:00.000Z", 1],
    ["2024-02-26T00:00:00.000Z", 1],
    ["2025-12-29T00:00:00.000Z", 1],
  ])
  expect((await starts("quarter", "UTC")).slice(2, 6)).toEqual([
    ["2024-01-01T00:00:00.000Z", 1],
    ["2026-01-01T00:00:00.000Z", 3],
    ["2026-10-01T00:00:00.000Z", 4],
    ["9999-10-01T00:00:00.000Z", 1],
  ])
  expect((await starts("quarter", "utc", "day")).slice(2, 4)).toEqual([
    ["2024-01-01", 1],
    ["2026-01-01", 3],
  ])
  // Summer time begins on 29 March at 01:00 and ends on 25 October at 01:00, in UTC.
  const near = (rows: unknown[][]) => rows.filter(([at]) => /^2026/.test(String(at)))
  expect(near(await starts("day", "Europe/Berlin"))).toEqual([
    ["2026-03-28T23:00:00.000Z", 2],
    ["2026-10-24T22:00:00.000Z", 2],
    ["2026-10-31T23:00:00.000Z", 1],
    ["2026-12-31T23:00:00.000Z", 1],
  ])
  expect(near(await starts("hour", "Europe/Berlin")).slice(2, 6)).toEqual([
    ["2026-03-29T01:00:00.000Z", 1],
    ["2026-10-25T00:00:00.000Z", 1],
    ["2026-10-25T01:00:00.000Z", 1],
    ["2026-11-01T04:00:00.000Z", 1],
  ])
  expect(near(await starts("year", "Asia/Kolkata"))).toEqual([["2026-12-31T18:30:00.000Z", 1]])
  // Havana's clocks go from 01:00 back to 00:00: the day begins at the second midnight.
  expect(near(await starts("day", "America/Havana"))).toContainEqual(["2026-11-01T05:00:00.000Z", 1])
})

test("instants of a whole year fall into the lengths of time that Intl says", async () => {
  const start = Date.UTC(2025, 11, 20)
  const instants = Array.from({ length: 800 }, (_, i) => new Date(start + i * 11.7 * 3_600_000))
  await fill(instants.map((at) => ({ at: at.toISOString() })))
  for (const zone of ["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"]) {
    const format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: zone,
      dateStyle: "short",
      timeStyle: "medium",
    })
    const counts = new Map<string, number>()
    for (const at of instants) {
      const month = format.format(at).slice(0, 7)
      counts.set(month, (counts.get(month) ?? 0) + 1)
    }
    const rows = (await get(`aggregate=count&group=at:month&tz=${zone}`)) as {
      "at:month": string
      count: number
    }[]
    expect(rows.map((row) => [format.format(new Date(row["at:month"])), row.count])).toEqual(
      [...counts].map(([month, count]) => [`${month}-01 00:00:00`, count]),
    )
  }
})

test("pages of groups go both ways over nulls, ties and long texts", async () => {
  const long = "é".repeat(300)
  const shops = [null, "", "A", "a", "ä", "😀", `${long}1`, `${long}2`, "x'\"\\,"]
  await fill(
    shops.flatMap((shop, i) =>
      Array.from({ length: (i % 3) + 1 }, (_, n) => ({
        shop,
        code: n ? null : `0190a5c4-7d1e-7cc0-8f6a-00000000000${i}`,
        weight: i % 2 ? 0.1 : null,
        size: i % 2 ? n : null,
      })),
    ) as Sale[],
  )
  for (const sort of [
    "",
    "&sort=-shop",
    "&sort=count",
    "&sort=-count,-shop",
    "&sort=sum(weight),-shop",
    "&sort=-sum(size)",
    "&sort=-avg(size),min(code)",
  ]) {
    const query = `aggregate=count,sum(weight),sum(size),avg(size),min(code)&group=shop${sort}`
    const all = rowsOf(await call("GET", `/sales?${query}`))
    expect(all.length).toBe(shops.length)
    for (const limit of [1, 2, 4]) {
      const { forward, backward } = await walk({ call }, `/sales?${query}&limit=${limit}`)
      expect(forward, sort).toEqual(all)
      expect(backward, sort).toEqual(all)
    }
  }
})
