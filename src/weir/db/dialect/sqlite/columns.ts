import { type BuildColumns, sql } from "drizzle-orm"
import {
  type AnySQLiteColumn,
  blob,
  check,
  customType,
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
import { fromScaled, scaledType, toScaled } from "../../../lib/scaled.ts"
import { uuid7 } from "../../../lib/uuid7.ts"
import { caselessColumns, caselessIndex } from "../caseless.ts"
import { checksOf } from "../checks.ts"
import { readAsText, typedAs, writtenDefault } from "../column-defaults.ts"
import {
  columnOf,
  type DecimalDigits,
  describe,
  describeTable,
  type itself,
  type Named,
  type NumberBounds,
  type TextBounds,
} from "../field.ts"
import { withReferenceIndexes } from "../reference-indexes.ts"
import { specs, targetOf } from "../specs.ts"
import { formOf } from "./forms.ts"

const now = sql`(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`

// drizzle-kit cannot read SQLite's CHECKs back (drizzle-orm issue 4574): a second `push` would rebuild every table and
// fail. So a database made by `push` has no CHECKs; one made by migrations has them all.
const isPush = /drizzle-kit/.test(process.argv?.[1] ?? "") && process.argv[2]?.startsWith("push") === true

/** Digits of a whole number of 64 bits. JavaScript's own numbers have 53. */
const digits = customType<{ data: string; driverData: string | number }>({
  dataType: () => "integer",
  fromDriver: String,
})

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
    ...(isPush ? [] : checksOf(name, columns, formOf)).map((c) => check(c.name, sql.raw(c.sql))),
  ])
  describeTable(sqliteTableOf, name, columns)
  return sqliteTableOf
}

/** The primary key: a whole number that the database generates and never reuses. */
export const id = (named: Named = {}) =>
  describe(sqliteInteger().primaryKey({ autoIncrement: true }), { type: "id" }, named)
/** A UUID, in lower case. As a key that clients give: `uuid().primaryKey()`. */
export const uuid = (named: Named = {}) => describe(sqliteText(), { type: "uuid" }, named)
/** The primary key: a UUID of version 7, which the app makes where a client gives none. They ascend in time. */
export const uuidKey = (named: Named = {}) =>
  uuid(named)
    .primaryKey()
    .$defaultFn(() => uuid7())
/** Text of at most `max` characters, or of any length. As a key that clients give: `text({ max: 40 }).primaryKey()`. */
export const text = (bounds: TextBounds & Named = {}) => describe(sqliteText(), specs.text(bounds), bounds)
/** Text restricted to the given values. */
export const oneOf = <const V extends readonly [string, ...string[]]>(values: V, named: Named = {}) =>
  describe(sqliteText({ enum: values as unknown as [V[number], ...V[number][]] }), specs.oneOf(values), named)
/** A whole number, within the bounds if given. */
export const integer = (bounds: NumberBounds & Named = {}) =>
  describe(sqliteInteger(), specs.number("integer", bounds), bounds)
/** The number of a row's versions: 1 at first, and counted up by each update. Validators are made of it. */
export const version = (named: Named = {}) => {
  const builder = sqliteInteger().notNull().default(1)
  builder.$onUpdate(() => sql`${columnOf(builder)} + 1` as unknown as number)
  return describe(builder, { type: "integer", auto: "version", readOnly: true }, named)
}
/** A whole number of 64 bits: a string of its digits, on the wire and in JavaScript. */
export const bigint = (named: Named = {}) => describe(readAsText(digits()), { type: "bigint" }, named)
/**
 * An exact decimal number: a string, on the wire and in JavaScript. SQLite keeps it as a whole number, scaled.
 *
 * @example price: decimal({ precision: 10, scale: 2 }).notNull().default("19.50")
 */
export const decimal = (of: DecimalDigits & Named) => {
  const { precision, scale } = of
  const scaled = customType<{ data: string; driverData: string | number }>({
    dataType: () => scaledType({ precision, scale }),
    toDriver: (value) => toScaled(value, scale),
    fromDriver: (value) => fromScaled(String(value), scale),
  })
  const builder = writtenDefault(readAsText(scaled()), {
    sql: (value: string) => sql.raw(toScaled(value, scale)),
    json: (value) => value,
  })
  return describe(builder, specs.decimal(of), of)
}
/** A double-precision number, within the bounds if given. */
export const real = (bounds: NumberBounds & Named = {}) =>
  describe(sqliteReal(), specs.number("real", bounds), bounds)
/** True or false. */
export const boolean = (named: Named = {}) =>
  describe(sqliteInteger({ mode: "boolean" }), { type: "boolean" }, named)
/** An instant. On the wire and in JavaScript it is RFC 3339 text in UTC with milliseconds. */
export const timestamp = (named: Named = {}) => describe(sqliteText(), { type: "timestamp" }, named)
/** A day, `2026-01-31`, of the years 1 to 9999. */
export const date = (named: Named = {}) => describe(sqliteText(), { type: "date" }, named)
/** A time of day, `12:00:00` or `12:00:00.5`, with up to six digits of a second. */
export const time = (named: Named = {}) => describe(sqliteText(), { type: "time" }, named)
/** Any JSON value. */
export const json = (named: Named = {}) => describe(sqliteText({ mode: "json" }), { type: "json" }, named)
/** At most `max` bytes: base64 on the wire, a Buffer in JavaScript. */
export const bytes = (bounds: { max: number } & Named) =>
  describe(
    writtenDefault(blob({ mode: "buffer" }), {
      sql: (value: Uint8Array) => sql.raw(`x'${Buffer.from(value).toString("hex")}'`),
      json: (value) => Buffer.from(value).toString("base64"),
    }),
    specs.bytes(bounds),
    bounds,
  )
type ReferenceOptions = NonNullable<ReferenceConfig["actions"]> & Named

/**
 * A reference to another table's key, or to that of the table itself. The column has the key's type; TypeScript cannot
 * see that of the table itself.
 *
 * @example owner_id: references(() => users.id, { onDelete: "cascade" }).notNull()
 * @example parent_id: references(itself, { onDelete: "set null" })
 * @example parent_id: references<string>(itself)
 */
export function references(
  target: typeof itself,
  options?: ReferenceOptions,
): ReturnType<typeof reference<number>>
export function references<D extends string | number>(
  target: typeof itself,
  options?: ReferenceOptions,
): ReturnType<typeof reference<D>>
export function references<C extends AnySQLiteColumn>(
  target: () => C,
  options?: ReferenceOptions,
): ReturnType<typeof reference<C["_"]["data"]>>
export function references(
  target: (() => AnySQLiteColumn) | typeof itself,
  { name, ...actions }: ReferenceOptions = {},
): object {
  const builder = reference<unknown>()
  const column = targetOf(builder, target)
  const spec = { type: "integer", reference: { to: column, onDelete: actions.onDelete } } as const
  return describe(typedAs(builder, column).references(column, actions), spec, { name })
}
const reference = <D>() => customType<{ data: D }>({ dataType: () => "integer" })()
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
