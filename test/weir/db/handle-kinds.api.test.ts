// First: in a worker it chooses the dialect, before anything loads a table.

import { eq, sql } from "drizzle-orm"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import type { Client } from "../../../src/weir/db/driver.ts"
import { type Db, handles } from "../../../src/weir/db/handle.ts"
import { createTables } from "../support/create-tables.ts"
import type { Fresh } from "../support/fresh.ts"
import * as pg from "./schemas/pg-kinds.ts"
import * as sqlite from "./schemas/sqlite-kinds.ts"

let w: Fresh
let client: Client
beforeAll(async () => {
  w = await fresh()
  await createTables(w.database, dialectName === "postgres" ? pg : sqlite)
  client = w.database.connect()
})
afterAll(async () => {
  await client.close?.()
  await w.close()
})

/** The handle over a schema, as hand-written routes are given it. */
const dbOf = <S extends Record<string, unknown>>(schema: S): Db<S> =>
  handles({ schema })(() => client) as unknown as Db<S>

const instant = new Date("2025-03-30T01:02:03.456Z")
/** What no number can hold, and no rounding may touch. */
const big = 9007199254740993n

describe.runIf(dialectName === "postgres")("each type of Postgres is read as Drizzle says", () => {
  const row = {
    id: 1,
    parentId: 1,
    big,
    text: 'it\'s "ä" \\ 😀',
    varchar: "2025-01-01",
    char: "abc",
    mood: "in a hurry" as const,
    uuid: "0198c2f4-4c1e-7a3c-8d2e-1f2a3b4c5d6e",
    smallint: -32768,
    integer: 2147483647,
    bigintNumber: 9007199254740991,
    bigint: big,
    numeric: "12345678901234567890.1200000000",
    numericNumber: 19.5,
    numericBigint: big,
    real: 0.5,
    double: 0.1,
    boolean: false,
    instant,
    instantText: "2025-03-30 01:02:03.123456+00",
    timestamp: instant,
    timestampText: "2025-03-30 01:02:03.123456",
    date: "2025-03-30",
    dateDate: new Date("2025-03-30"),
    time: "01:02:03.123456",
    interval: "1 year 2 mons 3 days 04:05:06.7",
    json: { b: [1, "2", null], a: { t: "2025-01-01T00:00:00Z" } },
    jsonb: [true, { n: 1.5 }],
    bytea: Buffer.from([0, 255, 92, 39]),
    point: [1.5, -2] as [number, number],
    pointXy: { x: 1, y: 2.5 },
    line: [1, 2, 3] as [number, number, number],
    inet: "192.168.0.1/24",
    cidr: "10.0.0.0/8",
    macaddr: "08:00:2b:01:02:03",
    macaddr8: "08:00:2b:01:02:03:04:05",
    bit: "10101",
    texts: ["a,b", 'say "no"', "{}", "", "NULL", "back\\slash", "ä 😀"],
    varchars: ["t", "f"],
    grid: [
      ["a", "b"],
      ["c", ""],
    ],
    moods: ["calm" as const, "in a hurry" as const],
    uuids: ["0198c2f4-4c1e-7a3c-8d2e-1f2a3b4c5d6e"],
    integers: [1, -2],
    bigints: [big],
    numerics: ["19.50", "0"],
    reals: [0.5],
    booleans: [true, false],
    instants: [instant],
    timestampTexts: ["2025-03-30 01:02:03.123456"],
    dates: ["2025-03-30"],
    jsonbs: [{ a: 1 }, "12", [true]],
  }

  test("from an insert, by a select, alone and joined, and by a relational query", async () => {
    const db = dbOf(pg)
    await db.delete(pg.kinds)
    expect(await db.insert(pg.kinds).values(row).returning()).toEqual([row])
    expect(await db.select().from(pg.kinds)).toEqual([row])
    const joined = await db.select().from(pg.kinds).leftJoin(sql`(select 1 as one) t`, sql`true`)
    expect(joined).toMatchObject([{ kinds: row }])
    expect(await db.query.kinds.findFirst()).toEqual(row)
    expect(await db.update(pg.kinds).set(row).where(eq(pg.kinds.id, 1)).returning()).toEqual([row])
    const [[batched]] = await db.batch([db.select().from(pg.kinds)])
    expect(batched).toEqual(row)
  })

  test("null in each, and nulls in arrays", async () => {
    const db = dbOf(pg)
    await db.delete(pg.kinds)
    const [empty] = await db.insert(pg.kinds).values({ id: 2, big: 1n }).returning()
    for (const [name, value] of Object.entries(empty ?? {}))
      if (!["id", "big"].includes(name)) expect(value, name).toBeNull()
    await db.execute(sql`update kinds set texts = '{a,NULL,"NULL"}', integers = '{1,NULL}', bigints = '{NULL,2}',
      numerics = '{NULL,1.50}', booleans = '{t,NULL}', moods = '{NULL,calm}', instants = '{NULL}', grid = '{{a,NULL}}'`)
    const nulls = {
      texts: ["a", null, "NULL"],
      integers: [1, null],
      bigints: [null, 2n],
      numerics: [null, "1.50"],
      booleans: [true, null],
      moods: [null, "calm"],
      instants: [null],
      grid: [["a", null]],
    }
    expect(await db.select().from(pg.kinds)).toMatchObject([nulls])
    expect(await db.query.kinds.findMany()).toMatchObject([nulls])
  })

  test("text in a JSON column stays text, whatever it looks like", async () => {
    const db = dbOf(pg)
    for (const text of ["12", "null", '{"a":1}', "2025-01-01", ""]) {
      await db.delete(pg.kinds)
      const values = { id: 1, parentId: 1, big: 1n, json: text, jsonb: text }
      expect(await db.insert(pg.kinds).values(values).returning()).toMatchObject([values])
      expect(await db.query.kinds.findMany({ with: { parent: true } })).toMatchObject([
        { ...values, parent: { json: text, jsonb: text } },
      ])
    }
  })

  test("within a relation, in every value that JSON can hold", async () => {
    const db = dbOf(pg)
    await db.delete(pg.kinds)
    await db.insert(pg.kinds).values(row)
    const [found] = await db.query.kinds.findMany({ with: { parent: true, children: true } })
    // Drizzle's own: a value comes by way of JSON, in JSON's spelling.
    const inJson = {
      ...row,
      big: 9007199254740992n,
      bigint: 9007199254740992n,
      bigints: [9007199254740992n],
      numericBigint: 9007199254740992n,
      numeric: "12345678901234567000",
      numerics: ["19.5", "0"],
      instantText: "2025-03-30T01:02:03.123456+00:00",
      timestampText: "2025-03-30T01:02:03.123456",
      timestampTexts: ["2025-03-30T01:02:03.123456"],
      bytea: "\\x00ff5c27",
    }
    expect(found?.parent).toEqual(inJson)
    expect(found?.children).toEqual([inJson])
  })

  test("what a statement of one's own selects: parsed as by postgres.js, times as text", async () => {
    const db = dbOf(pg)
    const rows =
      await db.execute(sql`select 1::int4 as int, 1::int8 as big, 1.50::numeric as exact, true as yes,
      '{"a":[1]}'::jsonb as json, '2025-01-01 00:00:00.123456'::timestamp as at, '2025-01-01'::date as day,
      '{a,NULL}'::text[] as texts, '\\x00ff'::bytea as bytes, null as nothing, 1 as "two words"`)
    expect(rows).toEqual([
      {
        int: 1,
        big: "1",
        exact: "1.50",
        yes: true,
        json: { a: [1] },
        at: "2025-01-01 00:00:00.123456",
        day: "2025-01-01",
        texts: ["a", null],
        bytes: Buffer.from([0, 255]),
        nothing: null,
        "two words": 1,
      },
    ])
  })

  test("values of SQL of one's own: dates, arrays, bytes, bigints, JSON; text of a date is not touched", async () => {
    const db = dbOf(pg)
    const rows =
      await db.execute(sql`select ${instant}::timestamptz as date, ${sql.param(["a", 'b"', null])}::text[] as list,
      ${sql.param([1, 2])}::int[] as numbers, ${Buffer.from([0, 1])}::bytea as bytes, ${big}::bigint as big,
      ${sql.param({ a: 1 })}::jsonb as json, ${"2025-07-01T00:00:00.123456"}::timestamp as local,
      ${"2025-07-01T00:00:00.123456+02"}::timestamptz as zoned, ${"infinity"}::timestamptz as never,
      ${"0044-03-15 BC"}::date as ides, ${"2025-07-01"}::date as day`)
    expect(rows).toEqual([
      {
        date: "2025-03-30 01:02:03.456+00",
        list: ["a", 'b"', null],
        numbers: [1, 2],
        bytes: Buffer.from([0, 1]),
        big: String(big),
        json: { a: 1 },
        local: "2025-07-01 00:00:00.123456",
        zoned: "2025-06-30 22:00:00.123456+00",
        never: "infinity",
        ides: "0044-03-15 BC",
        day: "2025-07-01",
      },
    ])
  })
})

describe.runIf(dialectName === "sqlite")("each type of SQLite is read as Drizzle says", () => {
  const row = {
    id: 1,
    parentId: 1,
    text: 'it\'s "ä" 😀',
    oneOf: "in a hurry" as const,
    json: { a: [1, "2", null] },
    integer: 9007199254740991,
    boolean: true,
    no: false,
    seconds: new Date("2025-03-30T01:02:03Z"),
    milliseconds: instant,
    real: 0.1,
    numeric: "19.5",
    numericNumber: 19.5,
    numericBigint: 12345678901n,
    buffer: Buffer.from([0, 255, 39]),
    blobJson: { a: "ä" },
    blobBigint: big,
  }

  test("from an insert, by a select, alone and joined, and by a relational query", async () => {
    const db = dbOf(sqlite)
    await db.delete(sqlite.kinds)
    expect(await db.insert(sqlite.kinds).values(row).returning()).toEqual([row])
    expect(await db.select().from(sqlite.kinds)).toEqual([row])
    expect(await db.select().from(sqlite.kinds).where(eq(sqlite.kinds.id, 1)).get()).toEqual(row)
    expect(await db.query.kinds.findFirst()).toEqual(row)
    expect(await db.update(sqlite.kinds).set(row).where(eq(sqlite.kinds.id, 1)).returning()).toEqual([row])
    const [[batched]] = await db.batch([db.select().from(sqlite.kinds)])
    expect(batched).toEqual(row)
    const both = await db.batch((tx) => [tx.select().from(sqlite.kinds), tx.select().from(sqlite.kinds)])
    expect(both).toEqual([[row], [row]])
  })

  test("null in each", async () => {
    const db = dbOf(sqlite)
    await db.delete(sqlite.kinds)
    const [empty] = await db.insert(sqlite.kinds).values({ id: 2 }).returning()
    for (const [name, value] of Object.entries(empty ?? {})) if (name !== "id") expect(value, name).toBeNull()
    expect(await db.query.kinds.findFirst({ with: { parent: true, children: true } })).toEqual({
      ...empty,
      parent: null,
      children: [],
    })
  })

  test("text in a JSON column stays text, whatever it looks like", async () => {
    const db = dbOf(sqlite)
    for (const text of ["12", "null", '{"a":1}', ""]) {
      await db.delete(sqlite.kinds)
      const values = { id: 1, json: text, blobJson: text }
      expect(await db.insert(sqlite.kinds).values(values).returning()).toMatchObject([values])
    }
  })

  test("within a relation, in every value that JSON can hold", async () => {
    const db = dbOf(sqlite)
    await db.delete(sqlite.kinds)
    // SQLite puts no bytes into JSON.
    const { buffer, blobJson, blobBigint, ...held } = row
    await db.insert(sqlite.kinds).values(held)
    const columns = { buffer: false, blobJson: false, blobBigint: false } as const
    const [found] = await db.query.kinds.findMany({
      columns,
      with: { parent: { columns }, children: { columns } },
    })
    expect(found).toEqual({ ...held, parent: held, children: [held] })
  })

  test("what a statement of one's own selects, as objects and as lists", async () => {
    const db = dbOf(sqlite)
    const query = sql`select 1 as one, ${"text"} as text, ${true} as yes, ${3n} as three, null as none`
    const object = { one: 1, text: "text", yes: 1, three: 3, none: null }
    expect(await db.all(query)).toEqual([object])
    expect(await db.get(query)).toEqual(object)
    expect(await db.values(query)).toEqual([Object.values(object)])
    expect(await db.get(sql`select 1 as one where 1 = 0`)).toBeUndefined()
    expect(await db.all(sql`select 1 as one where 1 = 0`)).toEqual([])
  })
})
