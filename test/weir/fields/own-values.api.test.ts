// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { is, SQL, sql, type Table } from "drizzle-orm"
import * as pg from "drizzle-orm/pg-core"
import * as sqlite from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { expressions } from "../../../src/weir/db/dialect/expressions.ts"
import { encodeOwn } from "../../../src/weir/fields/own-values.ts"
import { fieldType } from "../../../src/weir/fields/types.ts"
import { columnOf, run, specOf } from "../support/column-trial.ts"
import type { Fresh } from "../support/fresh.ts"

/** A column, a value as a team's code makes it for Drizzle, and its JSON. */
type Case = [ddl: string, table: Table, value: unknown, json: unknown]

const date = new Date("2026-01-31T12:00:00.123Z")
const far = new Date(8.64e15)
const bytes = Buffer.from([0, 255, 10, 92])
const ofPg = (ddl: string, v: pg.PgColumnBuilderBase, value: unknown, json: unknown = value): Case => [
  ddl,
  pg.pgTable("own_values", { v }),
  value,
  json,
]
const ofSqlite = (
  ddl: string,
  v: sqlite.SQLiteColumnBuilderBase,
  value: unknown,
  json: unknown = value,
): Case => [ddl, sqlite.sqliteTable("own_values", { v }), value, json]

const pgBytea = pg.customType<{ data: Buffer }>({ dataType: () => "bytea" })
const pgCsv = pg.customType<{ data: string[]; driverData: string }>({
  dataType: () => "text",
  toDriver: (value) => value.join(),
})
const pgNow = pg.customType<{ data: string; driverData: SQL }>({
  dataType: () => "text",
  toDriver: (value) => sql`upper(${value})` as never,
})

/** An object without a prototype, as a parser of JSON may make it. */
const bare = Object.assign(Object.create(null), { a: 1 })

const postgres = (): Case[] => [
  ofPg("jsonb", pg.jsonb(), bare, { a: 1 }),
  ofPg("text", pg.text(), "plain 'text'"),
  ofPg("integer", pg.integer(), 5),
  ofPg("bigint", pg.bigint({ mode: "bigint" }), 9007199254740993n, "9007199254740993"),
  ofPg("numeric", pg.numeric(), "19.50"),
  ofPg("numeric", pg.numeric({ mode: "number" }), 19.5),
  ofPg("numeric", pg.numeric({ mode: "bigint" }), 12345678901234567890n, "12345678901234567890"),
  ofPg("real", pg.real(), 0.1),
  ofPg("boolean", pg.boolean(), false),
  ofPg("uuid", pg.uuid(), "0190A5C4-7D1E-7CC0-8F6A-0A1B2C3D4E5F", "0190a5c4-7d1e-7cc0-8f6a-0a1b2c3d4e5f"),
  ofPg("timestamp", pg.timestamp(), date, "2026-01-31T12:00:00.123000Z"),
  ofPg(
    "timestamptz(3)",
    pg.timestamp({ withTimezone: true, precision: 3 }),
    far,
    "+275760-09-13T00:00:00.000Z",
  ),
  ofPg(
    "timestamptz",
    pg.timestamp({ withTimezone: true }),
    new Date("-000043-03-15T12:00:00Z"),
    "-000043-03-15T12:00:00.000000Z",
  ),
  ofPg("timestamp", pg.timestamp({ mode: "string" }), "2026-01-31 12:00:00.5", "2026-01-31T12:00:00.500000"),
  ofPg("date", pg.date({ mode: "date" }), date, "2026-01-31"),
  ofPg("date", pg.date(), "2026-01-31"),
  ofPg("time", pg.time(), "12:00:00"),
  ofPg("interval", pg.interval(), "1 day 2 hours", "P1DT2H"),
  ofPg("json", pg.json(), { a: [1, "é"] }),
  ofPg("json", pg.json(), "text"),
  ofPg("jsonb", pg.jsonb(), [1, { a: null }]),
  ofPg("bytea", pgBytea(), bytes, bytes.toString("base64")),
  ofPg("inet", pg.inet(), "10.0.0.1"),
  ofPg("text[]", pg.text().array(), ["a,b", '"', null, "\\"]),
  ofPg("integer[][]", pg.integer().array().array(), [[1], [2]]),
  ofPg(
    "timestamptz[]",
    pg.timestamp({ withTimezone: true }).array(),
    [date],
    ["2026-01-31T12:00:00.123000Z"],
  ),
  ofPg("jsonb[]", pg.jsonb().array(), [[1, 2], { a: '"' }]),
  ofPg("bytea[]", pgBytea().array(), [bytes], [bytes.toString("base64")]),
  ofPg("bigint[]", pg.bigint({ mode: "bigint" }).array(), [1n], ["1"]),
  ofPg("text", pgCsv(), ["a", "b"], "a,b"),
  ofPg("text", pgNow(), "made", "MADE"),
  ofPg("text", pg.text(), sql`lower('MADE')`, "made"),
  ofPg("text", pg.text(), null),
]

const inSqlite = (): Case[] => [
  ofSqlite("text", sqlite.text(), "plain 'text'"),
  ofSqlite("integer", sqlite.integer(), 5),
  ofSqlite("integer", sqlite.integer({ mode: "boolean" }), true),
  ofSqlite("integer", sqlite.integer({ mode: "timestamp" }), date, "2026-01-31T12:00:00.000Z"),
  ofSqlite("integer", sqlite.integer({ mode: "timestamp_ms" }), date, "2026-01-31T12:00:00.123Z"),
  ofSqlite("integer", sqlite.integer({ mode: "timestamp_ms" }), far, "+275760-09-13T00:00:00.000Z"),
  ofSqlite("real", sqlite.real(), 0.1),
  ofSqlite("numeric", sqlite.numeric(), "19.5"),
  ofSqlite("numeric", sqlite.numeric({ mode: "number" }), 19.5),
  ofSqlite("numeric", sqlite.numeric({ mode: "bigint" }), 9007199254740993n, "9007199254740993"),
  ofSqlite("text", sqlite.text({ mode: "json" }), { a: [1, "é"] }),
  ofSqlite("text", sqlite.text({ mode: "json" }), bare, { a: 1 }),
  ofSqlite("blob", sqlite.blob({ mode: "json" }), { a: [1, "é"] }),
  ofSqlite("blob", sqlite.blob({ mode: "buffer" }), bytes, bytes.toString("base64")),
  ofSqlite("blob", sqlite.blob({ mode: "bigint" }), -9007199254740993n, "-9007199254740993"),
  ofSqlite("text", sqlite.text(), sql`lower('MADE')`, "made"),
  ofSqlite("text", sqlite.text(), null),
]

let w: Fresh
beforeAll(async () => {
  w = await fresh()
})
afterAll(() => w.close())

test("a value that a team's own code makes is stored as Drizzle stores it", async () => {
  const cases = dialectName === "postgres" ? postgres() : inSqlite()
  for (const [i, [ddl, table, value, json]] of cases.entries()) {
    // A name of its own: prepared statements keep the types of a table.
    const name = sql.identifier(`own_values_${i}`)
    const spec = specOf(table)
    const type = fieldType(spec)
    const made = encodeOwn(columnOf(table), spec, value)
    const stored = is(made, SQL) ? made : type.sql.bind(sql`${made}`)
    const object = expressions.jsonObject([["v", type.sql.json(sql`v`)]])
    const results = await run(w.database, [
      sql`create table ${name} (v ${sql.raw(ddl)})`,
      sql`insert into ${name} (v) values (${stored})`,
      sql`select ${expressions.jsonText(object)} from ${name}`,
      sql`drop table ${name}`,
    ])
    const text = String(results[2]?.[0]?.[0])
    expect(JSON.parse(text), ddl).toEqual({ v: json })
    if (is(made, SQL) || spec.type === "interval" || value === null) continue
    // In a bulk insert, too.
    const list = JSON.stringify([[type.sql.toElement(made)]])
    const [, , rows] = await run(w.database, [
      sql`create table ${name} (v ${sql.raw(ddl)})`,
      sql`insert into ${name} (v) select ${type.sql.fromElement(sql`value`, 0)} from ${expressions.elements(sql`${list}`)}`,
      sql`select ${expressions.jsonText(object)} from ${name}`,
      sql`drop table ${name}`,
    ])
    expect(String(rows?.[0]?.[0]), ddl).toBe(text)
  }
})

test("what is no value of its column is said by the column's name", () => {
  const table: Table =
    dialectName === "postgres"
      ? pg.pgTable("own_values", { v: pg.timestamp("made_at") })
      : sqlite.sqliteTable("own_values", { v: sqlite.integer("made_at", { mode: "timestamp_ms" }) })
  const own = () => encodeOwn(columnOf(table), specOf(table), new Date(Number.NaN))
  expect(own).toThrow(/^made_at: /)
})
