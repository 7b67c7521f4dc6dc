// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { sql } from "drizzle-orm"
import * as pg from "drizzle-orm/pg-core"
import { describe, expect, test } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { longNames, repeatedNames } from "../../../src/weir/db/dialect/names.ts"

const long = "x".repeat(64)
const half = "y".repeat(32)
const kinds = pg.pgEnum(long, ["a", "b"])
const other = pg.pgTable("other", { id: pg.integer().primaryKey(), code: pg.integer().notNull() })

/** Tables that a team brings, each with one name that is too long, given or derived. */
const tables: [what: string, table: pg.PgTable][] = [
  ["table", pg.pgTable(long, { a: pg.integer() })],
  ["column", pg.pgTable("t", { a: pg.integer(long) })],
  ["unique constraint", pg.pgTable("t", { a: pg.integer().unique(long) })],
  ["unique constraint", pg.pgTable("t", { a: pg.integer() }, (t) => [pg.unique(long).on(t.a)])],
  ["sequence", pg.pgTable(half, { [half]: pg.integer().generatedAlwaysAsIdentity() })],
  ["sequence", pg.pgTable("t", { a: pg.integer().generatedByDefaultAsIdentity({ name: long }) })],
  ["enum", pg.pgTable("t", { a: kinds() })],
  ["index", pg.pgTable("t", { a: pg.integer() }, (t) => [pg.index(long).on(t.a)])],
  ["index", pg.pgTable(half, { [half]: pg.integer() }, (t) => [pg.index().on(t[half] as pg.PgColumn)])],
  ["check", pg.pgTable("t", { a: pg.integer() }, (t) => [pg.check(long, sql`${t.a} > 0`)])],
  [
    "primary key",
    pg.pgTable("t", { a: pg.integer(), b: pg.integer() }, (t) => [
      pg.primaryKey({ name: long, columns: [t.a, t.b] }),
    ]),
  ],
  [
    "foreign key",
    pg.pgTable("t", { a: pg.integer() }, (t) => [
      pg.foreignKey({ name: long, columns: [t.a], foreignColumns: [other.id] }),
    ]),
  ],
]

describe.runIf(dialectName === "postgres")(
  "a name of more than 63 bytes in a table that a team brings",
  () => {
    test.each(tables)("is told: %s", (what, table) => {
      const messages = longNames(table)
      expect(messages).toHaveLength(1)
      expect(messages[0]).toMatch(new RegExp(`^the name of its ${what}.* has 6[4-9]|7\\d bytes`))
    })

    test.each(tables)("keeps no table from being served, but where statements have it: %s", (what, table) => {
      const isFatal = what === "table" || what === "column"
      expect(longNames(table, true)).toHaveLength(isFatal ? 1 : 0)
    })

    test("indexes of one name are told within a schema, and none across schemas", () => {
      const table = (of: pg.PgSchema | undefined, name: string) => {
        const columns = { a: pg.integer() }
        return of
          ? of.table(name, columns, (t) => [pg.index("by a").on(t.a)])
          : pg.pgTable(name, columns, (t) => [pg.index("by a").on(t.a)])
      }
      const [left, right] = [pg.pgSchema("left"), pg.pgSchema("right")]
      expect(repeatedNames([table(left, "t"), table(right, "t"), table(undefined, "t")])).toEqual([])
      expect(repeatedNames([table(left, "t"), table(left, "u")])).toEqual([
        'u: the index name "by a" is taken by an index of t',
      ])
    })

    test("is not told where all are short", () => {
      expect(longNames(other)).toEqual([])
    })
  },
)
