// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { eq, sum } from "drizzle-orm"
import { afterAll, beforeAll, expect, test } from "vitest"
import { fresh } from "#fresh"
import { type Db, handles } from "../../../src/weir/db/handle.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone } from "../../../src/weir/resource/rules.ts"
import * as entries from "../contract/kinds/schema/entries.ts"
import * as ledgers from "../contract/kinds/schema/ledgers.ts"
import * as lots from "../contract/kinds/schema/lots.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import type { Fresh } from "../support/fresh.ts"
import { walk } from "../support/paging.ts"
import { type Row, rowOf, rowsOf } from "../support/samples.ts"
import type { World } from "../support/world.ts"

const schema = { ...entries, ...ledgers, ...lots }
const open = { read: anyone, create: anyone, update: anyone, delete: anyone }

let w: Fresh
let call: Call
let db: Db<typeof schema>
beforeAll(async () => {
  w = await fresh()
  await createTables(w.database, schema)
  call = appOf(
    w as World,
    resource(lots, { ...open, embed: { owner: {}, above: {}, below: {} } }),
    resource(ledgers, { ...open, embed: { lots: {}, entries: {} } }),
    resource(entries, { ...open, embed: { book: {} }, singular: "entry" }),
  )
  db = handles({ schema })(() => w.database.connect()) as unknown as Db<typeof schema>
  expect((await call("POST", "/ledgers", { json: { code: "led-1", title: "One" } })).status).toBe(201)
})
afterAll(() => w.close())

const key = (n: number) => `0190a5c4-7d1e-7cc0-8f6a-${String(n).padStart(12, "0")}`
const least = (n: number) => ({
  lotId: key(n),
  label: `lot ${n}`,
  serial: String(n),
  day: "2026-01-31",
  at: "12:00:00",
  ledger: "led-1",
})
const post = (json: unknown) => call("POST", "/lots", { json })
const codes = (answer: Answer) =>
  ((answer.body as { errors?: { path: string; code: string }[] }).errors ?? []).map(
    ({ path, code }) => `${path} ${code}`,
  )

test("values come back in their one spelling, the same on every database", async () => {
  const sent = {
    ...least(1),
    lotId: key(1).toUpperCase(),
    trace: "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    price: -0.1,
    share: "-0.000000000000000001",
    pieces: "+0999999999999999999",
    serial: "-9223372036854775808",
    seen: 5,
    day: "0001-01-01",
    until: "9999-12-31",
    at: "24:00:00",
    alarm: "00:00:00.10",
    image: "AP8K",
    essay: "  long ".repeat(9999),
  }
  const created = await post(sent)
  expect(created.status, created.text).toBe(201)
  expect(created.headers.get("location")).toBe(`/lots/${key(1)}`)
  const { created_at: _, updated_at: __, ...row } = rowOf(created)
  expect(JSON.stringify(row)).toBe(
    JSON.stringify({
      lotId: key(1),
      label: "lot 1",
      essay: sent.essay.trim(),
      mood: "calm",
      trace: "ffffffff-ffff-ffff-ffff-ffffffffffff",
      price: "-0.10",
      share: "-0.000000000000000001",
      pieces: "999999999999999999",
      serial: "-9223372036854775808",
      seen: "5",
      day: "0001-01-01",
      until: "9999-12-31",
      at: "24:00:00",
      alarm: "00:00:00.1",
      image: "AP8K",
      ledger: "led-1",
      parent: null,
    }),
  )
  expect((await call("GET", `/lots/${key(1).toUpperCase()}?include=`)).body).toEqual(created.body)
})

test("keys and defaults are made, once for each row of a create, in ascending order", async () => {
  const without = ({ lotId: _, ...rest }: ReturnType<typeof least>) => rest
  const answer = await post([20, 21, 22].map((n) => without(least(n))))
  expect(answer.status, answer.text).toBe(201)
  const keys = rowsOf(answer).map(({ lotId }) => String(lotId))
  expect(new Set(keys).size).toBe(3)
  expect([...keys].sort()).toEqual(keys)
  for (const row of rowsOf(answer)) {
    expect(row).toMatchObject({ price: "19.50", seen: "9007199254740993", mood: "calm" })
    expect(row.lotId).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  }
})

test("what no column can hold is refused, by its name", async () => {
  const refused = async (more: Row) => codes(await post({ ...least(90), ...more }))
  expect(await refused({ price: "10000000000.00" })).toEqual(["price out_of_range"])
  expect(await refused({ price: "1.005" })).toEqual(["price out_of_range"])
  expect(await refused({ share: "1" })).toEqual(["share out_of_range"])
  expect(await refused({ serial: "9223372036854775808" })).toEqual(["serial out_of_range"])
  expect(await refused({ day: "2026-02-31", at: "25:00:00" })).toEqual([
    "day invalid_date",
    "at invalid_time",
  ])
  expect(await refused({ until: "+010000-01-01" })).toEqual(["until out_of_range"])
  expect(await refused({ image: Buffer.alloc(301).toString("base64") })).toEqual(["image out_of_range"])
  expect(await refused({ trace: "x" })).toEqual(["trace invalid_uuid"])
  expect(codes(await call("GET", "/lots?price=x&serial=1.5&day[gt]=2026-02-31"))).toEqual([
    "price invalid_number",
    "serial invalid_integer",
    "day[gt] invalid_date",
  ])
})

const prices = ["-10.00", "-9.99", "-0.01", "0.00", "0.01", "2.00", "10.00", "9999999999.99"]
const serials = [
  "-9223372036854775808",
  "-10",
  "-9",
  "0",
  "9",
  "10",
  "9007199254740993",
  "9223372036854775807",
]

test("numbers compare as numbers: in filters, sorts and cursors, whatever digits an operand has", async () => {
  const json = prices.map((price, i) => ({ ...least(100 + i), label: "many", price, serial: serials[i] }))
  expect((await post(json)).status).toBe(201)
  const found = async (field: "price" | "serial", query: string) =>
    rowsOf(await call("GET", `/lots?label=many&sort=${field}&fields=${field}&${query}`)).map((r) => r[field])
  expect(await found("price", "price[gt]=-9.995")).toEqual(prices.slice(1))
  expect(await found("price", "price[gte]=-0.015")).toEqual(prices.slice(2))
  expect(await found("price", "price[lt]=0.005")).toEqual(prices.slice(0, 4))
  expect(await found("price", "price[lte]=10")).toEqual(prices.slice(0, 7))
  expect(await found("price", "price[lt]=1000000000000000000000")).toEqual(prices)
  expect(await found("price", "price[gt]=-99999999999999999999.5")).toEqual(prices)
  expect(await found("price", "price=2")).toEqual(["2.00"])
  expect(await found("price", "price=2.005")).toEqual([])
  expect(await found("price", "price[ne]=2.005")).toEqual(prices)
  expect(await found("price", "price[in]=2,10.0,3.001")).toEqual(["2.00", "10.00"])
  expect(await found("price", "price[nin]=2,10.0,3.001")).toHaveLength(6)
  expect(await found("serial", "serial[gt]=9007199254740992")).toEqual(serials.slice(6))
  expect(await found("serial", "serial[in]=9007199254740993,-9223372036854775808")).toEqual([
    serials[0],
    serials[6],
  ])
  for (const field of ["price", "serial"] as const) {
    const all = field === "price" ? prices : serials
    for (const [sort, expected] of [
      [field, all],
      [`-${field}`, [...all].reverse()],
    ] as const) {
      const { forward, backward } = await walk({ call }, `/lots?label=many&limit=3&sort=${sort}`)
      expect(forward.map((row) => row[field])).toEqual(expected)
      expect(backward.map((row) => row[field])).toEqual(expected)
    }
  }
})

test("a reference has its target's type: in creates, nested routes, filters and embeds", async () => {
  const entry = { no: "9223372036854775807", ledger: "led-1" }
  const created = await call("POST", "/entries", { json: entry })
  expect(created.status, created.text).toBe(201)
  expect(created.headers.get("location")).toBe("/entries/9223372036854775807")
  expect((await call("GET", "/entries/9223372036854775807?include=book")).body).toMatchObject({
    ...entry,
    book: { code: "led-1" },
  })
  const child = await post({ ...least(31), parent: key(1) })
  expect(child.status, child.text).toBe(201)
  expect(rowsOf(await call("GET", `/lots/${key(1)}/below`))).toMatchObject([{ lotId: key(31) }])
  expect(rowsOf(await call("GET", "/ledgers/led-1/entries"))).toMatchObject([entry])
  expect(rowsOf(await call("GET", "/lots?above.day=0001-01-01&include=above"))).toMatchObject([
    { lotId: key(31), above: { lotId: key(1), serial: "-9223372036854775808" } },
  ])
})

test("the handle has the same values in JavaScript, and sums what it counts", async () => {
  const values = {
    lotId: key(70),
    label: "seventy",
    price: "19.5",
    pieces: "-999999999999999999",
    serial: "9223372036854775806",
    day: "2026-01-31",
    at: "12:00:00",
    image: Buffer.from([0, 255]),
    ledger: "led-1",
  }
  const [made] = await db.insert(lots.lots).values(values).returning()
  expect(made).toMatchObject({ ...values, price: "19.50", seen: "9007199254740993", parent: null })
  const [found] = await db.select().from(lots.lots).where(eq(lots.lots.serial, values.serial))
  expect(found).toEqual(made)
  expect(await db.query.lots.findFirst({ where: eq(lots.lots.lotId, key(70)) })).toEqual(made)
  const joined = await db
    .select()
    .from(lots.lots)
    .innerJoin(ledgers.ledgers, eq(lots.lots.ledger, ledgers.ledgers.code))
    .where(eq(lots.lots.lotId, key(70)))
  expect(joined).toMatchObject([{ lots: made, ledgers: { title: "One" } }])
  const [other] = await db
    .insert(lots.lots)
    .values({ ...values, lotId: undefined, serial: "71" })
    .returning()
  expect(other?.lotId).toMatch(/^[\da-f]{8}-[\da-f]{4}-7/)
  expect((await call("GET", `/lots/${key(70)}?fields=price,image,serial`)).body).toEqual({
    price: "19.50",
    serial: values.serial,
    image: "AP8=",
  })
  const [summed] = await db
    .select({ all: sum(lots.lots.price).mapWith(lots.lots.price) })
    .from(lots.lots)
    .where(eq(lots.lots.label, "seventy"))
  expect(summed?.all).toBe("39.00")
})
