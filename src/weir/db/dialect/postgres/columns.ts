import { type BuildColumns, type BuildExtraConfigColumns, sql } from "drizzle-orm"
import {
  type AnyPgColumn,
  check,
  customType,
  doublePrecision,
  numeric,
  type PgColumnBuilderBase,
  type PgTableExtraConfigValue,
  type PgTableWithColumns,
  bigint as pgBigint,
  boolean as pgBoolean,
  date as pgDate,
  index as pgIndex,
  json as pgJson,
  pgTable,
  text as pgText,
  time as pgTime,
  unique as pgUnique,
  uniqueIndex as pgUniqueIndex,
  uuid as pgUuid,
  type ReferenceConfig,
} from "drizzle-orm/pg-core"
import { uuid7 } from "../../../lib/uuid7.ts"
import { caselessColumns, caselessIndex } from "../caseless.ts"
import { checksOf, type FormOf } from "../checks.ts"
import { typedAs, writtenDefault } from "../column-defaults.ts"
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

const now = sql`now()`

const instant = customType<{ data: string; driverData: string | Date }>({
  dataType: () => "timestamp (3) with time zone",
  fromDriver: (value) => new Date(value).toISOString(),
})

/** Each dialect has its own functions for the size of bytes and the kind of JSON. */
const formOf: FormOf = ({ type, max, document }, column) => {
  if (document) return `jsonb_typeof(${column}) = 'object'`
  return type === "bytes" ? `octet_length(${column}) <= ${max}` : undefined
}

/** Digits of a whole number of 64 bits. JavaScript's own numbers have 53. */
const digits = customType<{ data: string; driverData: string | number }>({
  dataType: () => "bigint",
  fromDriver: String,
})

const bytea = customType<{ data: Buffer; driverData: Uint8Array }>({
  dataType: () => "bytea",
  fromDriver: (value) => Buffer.from(value),
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
    ...checksOf(name, columns, formOf).map((c) => check(c.name, sql.raw(c.sql))),
  ])
  describeTable(pgTableOf, name, columns)
  return pgTableOf
}

/** The primary key: a whole number that the database generates and never reuses. */
export const id = (named: Named = {}) =>
  describe(pgBigint({ mode: "number" }).primaryKey().generatedByDefaultAsIdentity(), { type: "id" }, named)
/** A UUID, in lower case. As a key that clients give: `uuid().primaryKey()`. */
export const uuid = (named: Named = {}) => describe(pgUuid(), { type: "uuid" }, named)
/** The primary key: a UUID of version 7, which the app makes where a client gives none. They ascend in time. */
export const uuidKey = (named: Named = {}) =>
  uuid(named)
    .primaryKey()
    .$defaultFn(() => uuid7())
/** Text of at most `max` characters, or of any length. As a key that clients give: `text({ max: 40 }).primaryKey()`. */
export const text = (bounds: TextBounds & Named = {}) => describe(pgText(), specs.text(bounds), bounds)
/** Text restricted to the given values. */
export const oneOf = <const V extends readonly [string, ...string[]]>(values: V, named: Named = {}) =>
  describe(pgText({ enum: values as unknown as [V[number], ...V[number][]] }), specs.oneOf(values), named)
/** A whole number, within the bounds if given. */
export const integer = (bounds: NumberBounds & Named = {}) =>
  describe(pgBigint({ mode: "number" }), specs.number("integer", bounds), bounds)
/** The number of a row's versions: 1 at first, and counted up by each update. Validators are made of it. */
export const version = (named: Named = {}) => {
  const builder = pgBigint({ mode: "number" }).notNull().default(1)
  builder.$onUpdate(() => sql`${columnOf(builder)} + 1` as unknown as number)
  return describe(builder, { type: "integer", auto: "version", readOnly: true }, named)
}
/** A whole number of 64 bits: a string of its digits, on the wire and in JavaScript. */
export const bigint = (named: Named = {}) => describe(digits(), { type: "bigint" }, named)
/**
 * An exact decimal number: a string, on the wire and in JavaScript. Postgres keeps it as `numeric`.
 *
 * @example price: decimal({ precision: 10, scale: 2 }).notNull().default("19.50")
 */
export const decimal = (of: DecimalDigits & Named) => {
  const { precision, scale } = of
  return describe(numeric({ precision, scale }), specs.decimal(of), of)
}
/** A double-precision number, within the bounds if given. */
export const real = (bounds: NumberBounds & Named = {}) =>
  describe(doublePrecision(), specs.number("real", bounds), bounds)
/** True or false. */
export const boolean = (named: Named = {}) => describe(pgBoolean(), { type: "boolean" }, named)
/** An instant. On the wire and in JavaScript it is RFC 3339 text in UTC with milliseconds. */
export const timestamp = (named: Named = {}) => describe(instant(), { type: "timestamp" }, named)
/** A day, `2026-01-31`, of the years 1 to 9999. */
export const date = (named: Named = {}) => describe(pgDate({ mode: "string" }), { type: "date" }, named)
/** A time of day, `12:00:00` or `12:00:00.5`, with up to six digits of a second. */
export const time = (named: Named = {}) => describe(pgTime(), { type: "time" }, named)
/** Any JSON value. */
export const json = (named: Named = {}) => describe(pgJson(), { type: "json" }, named)
/** At most `max` bytes: base64 on the wire, a Buffer in JavaScript. */
export const bytes = (bounds: { max: number } & Named) =>
  describe(
    writtenDefault(bytea(), {
      sql: (value: Uint8Array) => sql.raw(`'\\x${Buffer.from(value).toString("hex")}'::bytea`),
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
export function references<C extends AnyPgColumn>(
  target: () => C,
  options?: ReferenceOptions,
): ReturnType<typeof reference<C["_"]["data"]>>
export function references(
  target: (() => AnyPgColumn) | typeof itself,
  { name, ...actions }: ReferenceOptions = {},
): object {
  const builder = reference<unknown>()
  const column = targetOf(builder, target)
  const spec = { type: "integer", reference: { to: column, onDelete: actions.onDelete } } as const
  return describe(typedAs(builder, column).references(column, actions), spec, { name })
}
const reference = <D>() => customType<{ data: D }>({ dataType: () => "bigint" })()
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
