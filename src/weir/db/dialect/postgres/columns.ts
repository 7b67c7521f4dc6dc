import { type BuildColumns, type BuildExtraConfigColumns, sql } from "drizzle-orm"
import {
  type AnyPgColumn,
  bigint,
  check,
  customType,
  doublePrecision,
  type PgColumnBuilderBase,
  type PgTableExtraConfigValue,
  type PgTableWithColumns,
  boolean as pgBoolean,
  index as pgIndex,
  json as pgJson,
  pgTable,
  text as pgText,
  unique as pgUnique,
  uniqueIndex as pgUniqueIndex,
  type ReferenceConfig,
} from "drizzle-orm/pg-core"
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

const now = sql`now()`

const instant = customType<{ data: string; driverData: string | Date }>({
  dataType: () => "timestamp (3) with time zone",
  fromDriver: (value) => new Date(value).toISOString(),
})

/** A table built from the columns of this vocabulary. Their bounds become CHECK constraints. */
export function table<N extends string, C extends Record<string, PgColumnBuilderBase>>(
  name: N,
  columns: C,
  extras: (self: BuildExtraConfigColumns<N, C, "pg">) => PgTableExtraConfigValue[] = () => [],
): PgTableWithColumns<{ name: N; schema: undefined; columns: BuildColumns<N, C, "pg">; dialect: "pg" }> {
  const pgTableOf = pgTable(name, columns, (self) => [
    ...withReferenceIndexes<PgTableExtraConfigValue>(
      name,
      columns,
      extras(self),
      (index, [first, ...rest]) => {
        const of = (column: string | undefined) => self[column as keyof typeof self]
        return pgIndex(index).on(of(first), ...rest.map(of))
      },
      false,
    ),
    ...caselessColumns(columns).map((column) =>
      pgUniqueIndex(caselessIndex(name, column)).on(sql`lower(${self[column as keyof typeof self]})`),
    ),
    ...checksOf(name, columns).map((c) => check(c.name, sql.raw(c.sql))),
  ])
  describeTable(pgTableOf, name, columns)
  return pgTableOf
}

/** The primary key: a whole number that the database generates and never reuses. */
export const id = () =>
  describe(bigint({ mode: "number" }).primaryKey().generatedByDefaultAsIdentity(), { type: "id" })
/** Text of at most `max` characters. */
export const text = (bounds: TextBounds) => describe(pgText(), { type: "text", ...bounds })
/** Text restricted to the given values. */
export const oneOf = <const V extends readonly [string, ...string[]]>(values: V) =>
  describe(pgText({ enum: values as unknown as [V[number], ...V[number][]] }), {
    type: "text",
    values,
    max: Math.max(...values.map((v) => v.length)),
  })
/** A whole number, within the bounds if given. */
export const integer = (bounds: NumberBounds = {}) =>
  describe(bigint({ mode: "number" }), { type: "integer", ...bounds })
/** A double-precision number, within the bounds if given. */
export const real = (bounds: NumberBounds = {}) => describe(doublePrecision(), { type: "real", ...bounds })
/** True or false. */
export const boolean = () => describe(pgBoolean(), { type: "boolean" })
/** An instant. On the wire and in JavaScript it is RFC 3339 text in UTC with milliseconds. */
export const timestamp = () => describe(instant(), { type: "timestamp" })
/** Any JSON value. */
export const json = () => describe(pgJson(), { type: "json" })
/**
 * A reference to another table's primary key, or to that of the table itself.
 *
 * @example owner_id: references(() => users.id, { onDelete: "cascade" }).notNull()
 * @example parent_id: references(itself, { onDelete: "set null" })
 */
export function references(
  target: (() => AnyPgColumn) | typeof itself,
  actions: ReferenceConfig["actions"] = {},
) {
  const builder = bigint({ mode: "number" })
  const column = target === itself ? () => ownKey(builder) as AnyPgColumn : target
  return describe(builder.references(column, actions), {
    type: "integer",
    reference: { to: column, onDelete: actions.onDelete },
  })
}
/** `created_at` and `updated_at`, which the database sets. */
export const timestamps = () => ({
  created_at: describe(instant().notNull().default(now), { type: "timestamp", auto: "created" }),
  updated_at: describe(
    instant()
      .notNull()
      .default(now)
      .$onUpdate(() => now as unknown as string),
    { type: "timestamp", auto: "updated" },
  ),
})
/** Drizzle's own index, for the third argument of `table`: `index("name").on(self.column)`. */
export const index = pgIndex
/** Drizzle's own unique constraint, for the third argument of `table`: `unique("name").on(self.a, self.b)`. */
export const unique = pgUnique
