import type { InferInsertModel, InferSelectModel } from "drizzle-orm"
import { expect, expectTypeOf, test } from "vitest"
import { itself } from "../../../src/weir/db/dialect/field.ts"
import * as postgres from "../../../src/weir/db/dialect/postgres/columns.ts"
import * as sqlite from "../../../src/weir/db/dialect/sqlite/columns.ts"

// What tsc says of these tables is the test.
const ofSqlite = sqlite.table("types_sqlite", {
  key: sqlite.uuidKey(),
  text: sqlite.text().notNull(),
  uuid: sqlite.uuid({ name: "an_uuid" }),
  bigint: sqlite.bigint().notNull(),
  decimal: sqlite.decimal({ precision: 10, scale: 2 }).notNull().default("1.50"),
  date: sqlite.date().notNull(),
  time: sqlite.time(),
  bytes: sqlite.bytes({ max: 9 }).notNull(),
  parent: sqlite.references<string>(itself),
})
const ofPostgres = postgres.table("types_postgres", {
  key: postgres.uuidKey(),
  text: postgres.text().notNull(),
  uuid: postgres.uuid({ name: "an_uuid" }),
  bigint: postgres.bigint().notNull(),
  decimal: postgres.decimal({ precision: 10, scale: 2 }).notNull().default("1.50"),
  date: postgres.date().notNull(),
  time: postgres.time(),
  bytes: postgres.bytes({ max: 9 }).notNull(),
  parent: postgres.references<string>(itself),
})
const numbered = sqlite.table("types_numbered", { id: sqlite.id(), parent: sqlite.references(itself) })
const referring = sqlite.table("types_referring", {
  code: sqlite.text({ max: 9 }).primaryKey(),
  of: sqlite.references(() => ofSqlite.key).notNull(),
  by: sqlite.references(() => numbered.id),
})

test("columns have the same types in JavaScript on both dialects", () => {
  expectTypeOf<InferSelectModel<typeof ofSqlite>>().toEqualTypeOf<{
    key: string
    text: string
    uuid: string | null
    bigint: string
    decimal: string
    date: string
    time: string | null
    bytes: Buffer
    parent: string | null
  }>()
  expectTypeOf<InferSelectModel<typeof ofPostgres>>().toEqualTypeOf<InferSelectModel<typeof ofSqlite>>()
  expectTypeOf<InferInsertModel<typeof ofPostgres>>().toEqualTypeOf<InferInsertModel<typeof ofSqlite>>()
  expectTypeOf<InferInsertModel<typeof ofSqlite>["key"]>().toEqualTypeOf<string | undefined>()
  expectTypeOf<InferSelectModel<typeof referring>>().toEqualTypeOf<{
    code: string
    of: string
    by: number | null
  }>()
  expectTypeOf<InferSelectModel<typeof numbered>>().toEqualTypeOf<{ id: number; parent: number | null }>()
  expect(referring.of.getSQLType()).toBe("text")
  expect(referring.by.getSQLType()).toBe("integer")
})

test("digits that no 64 bits hold, and bounds that are none, are told where they are declared", () => {
  for (const { decimal, bytes } of [sqlite, postgres]) {
    expect(() => decimal({ precision: 19, scale: 2 })).toThrow("a precision is a whole number from 1 to 18")
    expect(() => decimal({ precision: 5, scale: 6 })).toThrow(
      "a scale is a whole number from 0 to the precision, 5",
    )
    expect(() => bytes({ max: 0 })).toThrow("a bound is a whole number of bytes")
  }
})
