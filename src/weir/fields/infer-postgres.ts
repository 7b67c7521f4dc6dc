import type { Column } from "drizzle-orm"
import type { FieldSpec } from "../db/dialect/field.ts"
import { int, readSqlType, type SqlType, smallint, specFrom } from "./sql-type.ts"

/** What a column of Postgres has beside what every column has, by its type. */
type PostgresColumn = Column & {
  enum?: { enumName: string; schema?: string | undefined; enumValues: readonly string[] }
  baseColumn?: PostgresColumn
  withTimezone?: boolean
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

function enumerated({ enum: type }: PostgresColumn): FieldSpec | undefined {
  if (!type) return undefined
  const name = type.schema ? `${quoted(type.schema)}.${quoted(type.enumName)}` : quoted(type.enumName)
  return specFrom({ type: "text", isEnum: true, values: type.enumValues, sqlType: name })
}

const text = (column: Column, { numbers: [length] }: SqlType, sqlType: string): FieldSpec =>
  specFrom({
    type: "text",
    sqlType,
    length,
    values: column.enumValues?.length ? column.enumValues : undefined,
  })

const numeric = ({ numbers: [precision, scale] }: SqlType, storage?: "number" | "bigint"): FieldSpec =>
  specFrom({ type: "decimal", sqlType: "numeric", precision, scale, storage })

function moment(zone: boolean, { numbers: [precision] }: SqlType, isLocal: boolean): FieldSpec {
  const sqlType = zone ? "timestamptz" : "timestamp"
  return isLocal && !zone
    ? specFrom({ type: "local_timestamp", sqlType, precision })
    : specFrom({ type: "timestamp", sqlType, zone, precision })
}

const time = (zone: boolean, { numbers: [precision] }: SqlType): FieldSpec =>
  specFrom({ type: "time", sqlType: zone ? "timetz" : "time", zone, precision })

const plain = (type: FieldSpec["type"], sqlType: string, bounds: { min?: number; max?: number } = {}) =>
  specFrom({ type, sqlType, ...bounds })

type Make = (column: PostgresColumn, type: SqlType) => FieldSpec | undefined

/** The type of a column by its name in SQL, for custom types and for what Drizzle's columns share. */
const byName: Record<string, Make> = {
  text: (column, type) => text(column, type, "text"),
  citext: (column, type) => text(column, type, "citext"),
  varchar: (column, type) => text(column, type, "text"),
  // Of no length, `char` has one character.
  char: (column, type) => text(column, { ...type, numbers: [type.numbers[0] ?? 1] }, "bpchar"),
  bpchar: (column, type) => text(column, type, "bpchar"),
  uuid: () => plain("uuid", "uuid"),
  smallint: () => plain("integer", "smallint", smallint),
  integer: () => plain("integer", "integer", int),
  bigint: () => plain("bigint", "bigint"),
  numeric: (_, type) => numeric(type),
  real: () => plain("real", "real"),
  "double precision": () => plain("real", "double precision"),
  boolean: () => plain("boolean", "boolean"),
  timestamp: (_, type) => moment(false, type, true),
  "timestamp with time zone": (_, type) => moment(true, type, true),
  date: () => plain("date", "date"),
  time: (_, type) => time(false, type),
  "time with time zone": (_, type) => time(true, type),
  interval: () => plain("interval", "interval"),
  json: () => plain("json", "json"),
  jsonb: () => plain("json", "jsonb"),
  bytea: () => plain("bytes", "bytea"),
  vector: (_, { numbers: [dimensions] }) => specFrom({ type: "vector", sqlType: "vector", dimensions }),
  halfvec: (_, { numbers: [dimensions] }) => specFrom({ type: "vector", sqlType: "halfvec", dimensions }),
}
for (const name of ["inet", "cidr", "macaddr", "macaddr8", "ltree", "xml"])
  byName[name] = () => plain("opaque", name)

/** Other names of these types. */
const aliases: Record<string, string> = {
  "character varying": "varchar",
  character: "char",
  int2: "smallint",
  smallserial: "smallint",
  int: "integer",
  int4: "integer",
  serial: "integer",
  int8: "bigint",
  bigserial: "bigint",
  decimal: "numeric",
  float4: "real",
  float8: "double precision",
  float: "double precision",
  bool: "boolean",
  timestamptz: "timestamp with time zone",
  "timestamp without time zone": "timestamp",
  timetz: "time with time zone",
  "time without time zone": "time",
}

/** The columns of which the name in SQL does not tell all. */
const byColumn: Record<string, Make> = {
  PgEnumColumn: enumerated,
  PgEnumObjectColumn: enumerated,
  PgBigInt53: () => plain("integer", "bigint"),
  PgBigSerial53: () => plain("integer", "bigint"),
  PgNumericNumber: (_, type) => numeric(type, "number"),
  // Without a precision there is no scale either.
  PgNumericBigInt: (_, type) =>
    numeric({ ...type, numbers: type.numbers.slice(0, 1).flatMap((precision) => [precision, 0]) }, "bigint"),
  // Drizzle writes UTC into a column without zone.
  PgTimestamp: ({ withTimezone }, type) => moment(withTimezone === true, type, false),
  PgInterval: () => plain("interval", "interval"),
  PgArray: arrayOf,
}

/** Columns that JSON has no form for. */
const unknown = /^Pg(Point|Line|Geometry|BinaryVector|SparseVector)/

/** The spec of a column of Postgres; undefined for a type that is not known. */
export function inferPostgres(column: PostgresColumn): FieldSpec | undefined {
  if (unknown.test(column.columnType)) return undefined
  const type = readSqlType(column.getSQLType())
  const make = byColumn[column.columnType]
  if (make) return make(column, type)
  const name = type.name.replace(/^"?(public|pg_catalog|extensions)"?\./, "")
  const element = byName[aliases[name] ?? name]?.(column, type)
  return element && type.dimensions ? arrayFrom(element, type.dimensions) : element
}

function arrayOf(column: PostgresColumn): FieldSpec | undefined {
  let dimensions = 0
  let base: PostgresColumn = column
  for (; base.columnType === "PgArray" && base.baseColumn; base = base.baseColumn) dimensions++
  const element = inferPostgres(base)
  return element && arrayFrom(element, dimensions)
}

const arrayFrom = (element: FieldSpec, dimensions: number): FieldSpec =>
  specFrom({ type: "array", sqlType: `${element.sqlType}[]`, element, dimensions })
