import { type BuildColumns, sql } from "drizzle-orm"
import {
  type AnySQLiteColumn,
  check,
  type ReferenceConfig,
  type SQLiteColumnBuilderBase,
  type SQLiteTableExtraConfigValue,
  type SQLiteTableWithColumns,
  index as sqliteIndex,
  integer as sqliteInteger,
  real as sqliteReal,
  sqliteTable,
  text as sqliteText,
  unique as sqliteUnique,
  uniqueIndex as sqliteUniqueIndex,
} from "drizzle-orm/sqlite-core"
import { caselessColumns, caselessIndex } from "../caseless.ts"
import {
  checksOf,
  describe,
  describeTable,
  itself,
  type NumberBounds,
  ownKey,
  type TextBounds,
} from "../field.ts"
import { withReferenceIndexes } from "../reference-indexes.ts"

const now = sql`(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`

// drizzle-kit cannot read SQLite's CHECKs back (drizzle-orm issue 4574): a second `push` would rebuild every table and
// fail. So a database made by `push` has no CHECKs; one made by migrations has them all.
const isPush = /drizzle-kit/.test(process.argv?.[1] ?? "") && process.argv[2]?.startsWith("push") === true

/** A table built from the columns of this vocabulary. Their bounds become CHECK constraints. */
export function table<N extends string, C extends Record<string, SQLiteColumnBuilderBase>>(
  name: N,
  columns: C,
  extras: (self: BuildColumns<N, C, "sqlite">) => SQLiteTableExtraConfigValue[] = () => [],
): SQLiteTableWithColumns<{
  name: N
  schema: undefined
  columns: BuildColumns<N, C, "sqlite">
  dialect: "sqlite"
}> {
  const sqliteTableOf = sqliteTable(name, columns, (self) => [
    ...withReferenceIndexes<SQLiteTableExtraConfigValue>(
      name,
      columns,
      extras(self),
      (index, [first, ...rest]) => {
        const of = (column: string | undefined) => self[column as keyof typeof self]
        return sqliteIndex(index).on(of(first), ...rest.map(of))
      },
      true,
    ),
    ...caselessColumns(columns).map((column) =>
      sqliteUniqueIndex(caselessIndex(name, column)).on(sql`lower(${self[column as keyof typeof self]})`),
    ),
    ...(isPush ? [] : checksOf(name, columns)).map((c) => check(c.name, sql.raw(c.sql))),
  ])
  describeTable(sqliteTableOf, name, columns)
  return sqliteTableOf
}

/** The primary key: a whole number that the database generates and never reuses. */
export const id = () => describe(sqliteInteger().primaryKey({ autoIncrement: true }), { type: "id" })
/** Text of at most `max` characters. */
export const text = (bounds: TextBounds) => describe(sqliteText(), { type: "text", ...bounds })
/** Text restricted to the given values. */
export const oneOf = <const V extends readonly [string, ...string[]]>(values: V) =>
  describe(sqliteText({ enum: values as unknown as [V[number], ...V[number][]] }), {
    type: "text",
    values,
    max: Math.max(...values.map((v) => v.length)),
  })
/** A whole number, within the bounds if given. */
export const integer = (bounds: NumberBounds = {}) =>
  describe(sqliteInteger(), { type: "integer", ...bounds })
/** A double-precision number, within the bounds if given. */
export const real = (bounds: NumberBounds = {}) => describe(sqliteReal(), { type: "real", ...bounds })
/** True or false. */
export const boolean = () => describe(sqliteInteger({ mode: "boolean" }), { type: "boolean" })
/** An instant. On the wire and in JavaScript it is RFC 3339 text in UTC with milliseconds. */
export const timestamp = () => describe(sqliteText(), { type: "timestamp" })
/** Any JSON value. */
export const json = () => describe(sqliteText({ mode: "json" }), { type: "json" })
/**
 * A reference to another table's primary key, or to that of the table itself.
 *
 * @example owner_id: references(() => users.id, { onDelete: "cascade" }).notNull()
 * @example parent_id: references(itself, { onDelete: "set null" })
 */
export function references(
  target: (() => AnySQLiteColumn) | typeof itself,
  actions: ReferenceConfig["actions"] = {},
) {
  const builder = sqliteInteger()
  const column = target === itself ? () => ownKey(builder) as AnySQLiteColumn : target
  return describe(builder.references(column, actions), {
    type: "integer",
    reference: { to: column, onDelete: actions.onDelete },
  })
}
/** `created_at` and `updated_at`, which the database sets. */
export const timestamps = () => ({
  created_at: describe(sqliteText().notNull().default(now), { type: "timestamp", auto: "created" }),
  updated_at: describe(
    sqliteText()
      .notNull()
      .default(now)
      .$onUpdate(() => now as unknown as string),
    { type: "timestamp", auto: "updated" },
  ),
})
/** Drizzle's own index, for the third argument of `table`: `index("name").on(self.column)`. */
export const index = sqliteIndex
/** Drizzle's own unique constraint, for the third argument of `table`: `unique("name").on(self.a, self.b)`. */
export const unique = sqliteUnique
