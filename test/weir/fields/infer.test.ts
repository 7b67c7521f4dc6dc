import { type Column, getTableColumns, sql, type Table } from "drizzle-orm"
import * as pg from "drizzle-orm/pg-core"
import * as sqlite from "drizzle-orm/sqlite-core"
import { describe, expect, test } from "vitest"
import type { FieldSpec } from "../../../src/weir/db/dialect/field.ts"
import { inferSpec } from "../../../src/weir/fields/infer.ts"
import { inferPostgres } from "../../../src/weir/fields/infer-postgres.ts"
import { inferSqlite } from "../../../src/weir/fields/infer-sqlite.ts"

const columnOf = (table: Table): Column => getTableColumns(table).v as Column
const pgColumn = (v: pg.PgColumnBuilderBase): Column => columnOf(pg.pgTable("t", { v }))
const sqliteColumn = (v: sqlite.SQLiteColumnBuilderBase): Column => columnOf(sqlite.sqliteTable("t", { v }))

const mood = pg.pgSchema("odd").enum("a mood", ["sad", "ok"])
const plainMood = pg.pgEnum("mood", ["sad"])
const ofPg = (name: string) => pg.customType<{ data: unknown }>({ dataType: () => name })()
const ofSqlite = (name: string) => sqlite.customType<{ data: unknown }>({ dataType: () => name })()
const integer = { type: "integer", min: -2147483648, max: 2147483647, sqlType: "integer" } as const
const instant = { type: "timestamp", sqlType: "timestamptz", zone: true } as const

describe("a column of Postgres", () => {
  test.each<[string, pg.PgColumnBuilderBase, FieldSpec]>([
    ["text", pg.text(), { type: "text", sqlType: "text" }],
    ["text of values", pg.text({ enum: ["a"] }), { type: "text", sqlType: "text", values: ["a"] }],
    ["varchar", pg.varchar(), { type: "text", sqlType: "text" }],
    ["varchar(9)", pg.varchar({ length: 9 }), { type: "text", sqlType: "text", length: 9 }],
    ["char", pg.char(), { type: "text", sqlType: "bpchar", length: 1 }],
    ["char(2)", pg.char({ length: 2 }), { type: "text", sqlType: "bpchar", length: 2 }],
    ["enum", plainMood(), { type: "text", isEnum: true, values: ["sad"], sqlType: '"mood"' }],
    [
      "enum of a schema",
      mood(),
      { type: "text", isEnum: true, values: ["sad", "ok"], sqlType: '"odd"."a mood"' },
    ],
    ["smallint", pg.smallint(), { type: "integer", min: -32768, max: 32767, sqlType: "smallint" }],
    ["smallserial", pg.smallserial(), { type: "integer", min: -32768, max: 32767, sqlType: "smallint" }],
    ["integer", pg.integer(), integer],
    ["serial", pg.serial(), integer],
    ["bigint", pg.bigint({ mode: "number" }), { type: "integer", sqlType: "bigint" }],
    ["bigint 64", pg.bigint({ mode: "bigint" }), { type: "bigint", sqlType: "bigint" }],
    ["bigserial", pg.bigserial({ mode: "number" }), { type: "integer", sqlType: "bigint" }],
    ["bigserial 64", pg.bigserial({ mode: "bigint" }), { type: "bigint", sqlType: "bigint" }],
    ["numeric", pg.numeric(), { type: "decimal", sqlType: "numeric" }],
    ["numeric(9)", pg.numeric({ precision: 9 }), { type: "decimal", sqlType: "numeric", precision: 9 }],
    [
      "numeric(9, 2) as a number",
      pg.numeric({ precision: 9, scale: 2, mode: "number" }),
      { type: "decimal", sqlType: "numeric", precision: 9, scale: 2, storage: "number" },
    ],
    [
      "numeric as a bigint of any precision",
      pg.numeric({ mode: "bigint" }),
      { type: "decimal", sqlType: "numeric", storage: "bigint" },
    ],
    [
      "numeric as a bigint",
      pg.numeric({ precision: 9, mode: "bigint" }),
      { type: "decimal", sqlType: "numeric", precision: 9, scale: 0, storage: "bigint" },
    ],
    ["real", pg.real(), { type: "real", sqlType: "real" }],
    ["double precision", pg.doublePrecision(), { type: "real", sqlType: "double precision" }],
    ["timestamp", pg.timestamp(), { type: "timestamp", sqlType: "timestamp", zone: false }],
    [
      "timestamp (3) with time zone",
      pg.timestamp({ precision: 3, withTimezone: true }),
      { ...instant, precision: 3 },
    ],
    [
      "timestamp as text",
      pg.timestamp({ mode: "string", precision: 0 }),
      { type: "local_timestamp", sqlType: "timestamp", precision: 0 },
    ],
    ["timestamptz as text", pg.timestamp({ mode: "string", withTimezone: true }), instant],
    ["date", pg.date(), { type: "date", sqlType: "date" }],
    ["date as a Date", pg.date({ mode: "date" }), { type: "date", sqlType: "date" }],
    ["time(3)", pg.time({ precision: 3 }), { type: "time", sqlType: "time", zone: false, precision: 3 }],
    ["timetz", pg.time({ withTimezone: true }), { type: "time", sqlType: "timetz", zone: true }],
    ["interval", pg.interval({ fields: "day to second" }), { type: "interval", sqlType: "interval" }],
    ["json", pg.json(), { type: "json", sqlType: "json" }],
    ["jsonb", pg.jsonb(), { type: "json", sqlType: "jsonb" }],
    ["boolean", pg.boolean(), { type: "boolean", sqlType: "boolean" }],
    ["uuid", pg.uuid(), { type: "uuid", sqlType: "uuid" }],
    ["inet", pg.inet(), { type: "opaque", sqlType: "inet" }],
    ["cidr", pg.cidr(), { type: "opaque", sqlType: "cidr" }],
    ["macaddr", pg.macaddr(), { type: "opaque", sqlType: "macaddr" }],
    ["macaddr8", pg.macaddr8(), { type: "opaque", sqlType: "macaddr8" }],
    ["vector", pg.vector({ dimensions: 3 }), { type: "vector", sqlType: "vector", dimensions: 3 }],
    ["halfvec", pg.halfvec({ dimensions: 3 }), { type: "vector", sqlType: "halfvec", dimensions: 3 }],
    [
      "varchar(9)[][]",
      pg.varchar({ length: 9 }).array().array(4),
      {
        type: "array",
        sqlType: "text[]",
        dimensions: 2,
        element: { type: "text", inferred: true, sqlType: "text", length: 9 },
      },
    ],
    [
      "enum[]",
      mood().array(),
      {
        type: "array",
        sqlType: '"odd"."a mood"[]',
        dimensions: 1,
        element: {
          type: "text",
          inferred: true,
          isEnum: true,
          values: ["sad", "ok"],
          sqlType: '"odd"."a mood"',
        },
      },
    ],
    ["custom citext", ofPg("citext"), { type: "text", sqlType: "citext" }],
    [
      "custom timestamp (3) with time zone",
      ofPg("TIMESTAMP (3)  with time zone"),
      { ...instant, precision: 3 },
    ],
    ["custom timestamptz", ofPg("timestamptz(6)"), { ...instant, precision: 6 }],
    [
      "custom numeric(10,2)",
      ofPg("numeric(10,2)"),
      { type: "decimal", sqlType: "numeric", precision: 10, scale: 2 },
    ],
    ["custom bytea", ofPg("bytea"), { type: "bytes", sqlType: "bytea" }],
    ["custom jsonb", ofPg("jsonb"), { type: "json", sqlType: "jsonb" }],
    ["custom vector(1536)", ofPg("vector(1536)"), { type: "vector", sqlType: "vector", dimensions: 1536 }],
    [
      "custom character varying(5)",
      ofPg("character varying(5)"),
      { type: "text", sqlType: "text", length: 5 },
    ],
    ["custom int8", ofPg("int8"), { type: "bigint", sqlType: "bigint" }],
    ["custom ltree", ofPg("ltree"), { type: "opaque", sqlType: "ltree" }],
    [
      "custom uuid[]",
      ofPg("uuid[]"),
      {
        type: "array",
        sqlType: "uuid[]",
        dimensions: 1,
        element: { type: "uuid", inferred: true, sqlType: "uuid" },
      },
    ],
  ])("%s", (_, builder, spec) => {
    expect(inferPostgres(pgColumn(builder))).toEqual({ inferred: true, ...spec })
  })

  test.each<[string, pg.PgColumnBuilderBase]>([
    ["point", pg.point()],
    ["point as an object", pg.point({ mode: "xy" })],
    ["line", pg.line()],
    ["geometry", pg.geometry()],
    ["bit", pg.bit({ dimensions: 3 })],
    ["sparsevec", pg.sparsevec({ dimensions: 3 })],
    ["point[]", pg.point().array()],
    ["custom tsvector", ofPg("tsvector")],
    ["custom money", ofPg("money")],
    ["custom int4range", ofPg("int4range")],
  ])("%s is not known", (_, builder) => {
    expect(inferPostgres(pgColumn(builder))).toBeUndefined()
  })
})

describe("a column of SQLite", () => {
  test.each<[string, sqlite.SQLiteColumnBuilderBase, FieldSpec]>([
    ["text", sqlite.text(), { type: "text" }],
    [
      "text(9) of values",
      sqlite.text({ length: 9, enum: ["a"] }),
      { type: "text", length: 9, values: ["a"] },
    ],
    ["text json", sqlite.text({ mode: "json" }), { type: "json", storage: "text" }],
    ["integer", sqlite.integer(), { type: "integer" }],
    ["boolean", sqlite.integer({ mode: "boolean" }), { type: "boolean" }],
    ["seconds", sqlite.integer({ mode: "timestamp" }), { type: "timestamp", unit: "s" }],
    ["milliseconds", sqlite.integer({ mode: "timestamp_ms" }), { type: "timestamp", unit: "ms" }],
    ["real", sqlite.real(), { type: "real" }],
    ["numeric", sqlite.numeric(), { type: "decimal", rounds: true }],
    [
      "numeric as a number",
      sqlite.numeric({ mode: "number" }),
      { type: "decimal", rounds: true, storage: "number" },
    ],
    [
      "numeric as a bigint",
      sqlite.numeric({ mode: "bigint" }),
      { type: "decimal", rounds: true, storage: "bigint" },
    ],
    ["blob", sqlite.blob({ mode: "buffer" }), { type: "bytes" }],
    ["blob json", sqlite.blob({ mode: "json" }), { type: "json", storage: "blob" }],
    ["blob bigint", sqlite.blob({ mode: "bigint" }), { type: "bigint", storage: "blob" }],
    ["custom varchar(9)", ofSqlite("VARCHAR(9)"), { type: "text", length: 9 }],
    ["custom decimal(9, 2)", ofSqlite("decimal(9, 2)"), { type: "decimal", rounds: true }],
  ])("%s", (_, builder, spec) => {
    expect(inferSqlite(sqliteColumn(builder))).toEqual({ inferred: true, ...spec })
  })

  test.each(["F32_BLOB(3)", "datetime", "geometry"])("%s is not known", (name) => {
    expect(inferSqlite(sqliteColumn(ofSqlite(name)))).toBeUndefined()
  })

  test.each<[string, boolean]>([
    ["CURRENT_TIMESTAMP", true],
    ["(CURRENT_TIMESTAMP)", true],
    ["(datetime('now'))", true],
    ["(strftime('%Y-%m-%d %H:%M:%f', 'now'))", true],
    ["(unixepoch())", false],
    ["(strftime('%s', 'now'))", false],
    ["(cast(strftime('%s', 'now') as int))", false],
    ["(cast((julianday('now') - 2440587.5)*86400000 as integer))", false],
    ["(1700000000)", false],
  ])("an instant whose default is %s may be text: %s", (text, isText) => {
    const column = sqliteColumn(sqlite.integer({ mode: "timestamp" }).default(sql.raw(text)))
    expect(inferSqlite(column)?.mayHoldText ?? false).toBe(isText)
  })
})

test("what the database alone makes is read only", () => {
  const generated = sqliteColumn(sqlite.integer().generatedAlwaysAs(sql`1`))
  expect(inferSpec(generated)).toEqual({ inferred: true, type: "integer", readOnly: true })
  const always = pgColumn(pg.integer().generatedAlwaysAsIdentity())
  const byDefault = pgColumn(pg.integer().generatedByDefaultAsIdentity())
  expect([always, byDefault].map((column) => column.generatedIdentity?.type)).toEqual(["always", "byDefault"])
})

test("a team names the type of a column that is not known, or seems another", () => {
  expect(inferSpec(sqliteColumn(ofSqlite("geometry")))).toBeUndefined()
  expect(inferSpec(sqliteColumn(ofSqlite("geometry")), "text")).toEqual({ type: "text", inferred: true })
  expect(inferSpec(sqliteColumn(sqlite.text({ length: 36 })), "uuid")).toEqual({
    type: "uuid",
    inferred: true,
    length: 36,
  })
  expect(inferSpec(sqliteColumn(sqlite.integer()), "integer")).toEqual({ type: "integer", inferred: true })
})
