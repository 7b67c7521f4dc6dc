import type { Column, SQL, Table } from "drizzle-orm"
import { type FieldSpec, specOfColumn } from "../db/dialect/field.ts"
import type { Value } from "../db/dialect/statement.ts"
import { inferSpec } from "../fields/infer.ts"
import { encodeOwn, isSql } from "../fields/own-values.ts"
import type { FieldType } from "../fields/type.ts"
import { fieldType } from "../fields/types.ts"
import type { FieldOptions, SecretInput } from "./field-options.ts"
import { looksSecret } from "./names.ts"
import { anyone, nobody, type Rule } from "./rules.ts"

/** A member of a resource's rows. */
export interface Field {
  /** The name on the wire: Drizzle's property. */
  name: string
  spec: FieldSpec
  type: FieldType
  column: Column
  nullable: boolean
  /** Whether it is the key of its table, or a part of it. */
  isKey?: boolean
  /** May be left out of a create. */
  optional: boolean
  /** The literal default, where there is one. */
  default: string | number | boolean | undefined
  unique: boolean
  read: Rule
  /** Undefined: never set by a client. */
  write: { create: Rule; update: Rule } | undefined
  initially: FieldOptions["initially"]
  /** The value, encoded, that a new row gets where nobody sets one: by the table's code or as its literal default. */
  made: (() => Value | SQL) | undefined
  /** The same of an update: Drizzle's `$onUpdate`. */
  remade: (() => Value | SQL) | undefined
  secret: SecretInput | undefined
  /** Whether a change of it needs the row's present secret. */
  confirm: boolean
  /** Whether it is hidden since its name looks like that of a secret. */
  hidden: boolean
}

/** What a field is made of. */
interface FieldSource {
  table: Table
  name: string
  column: Column
  /** Whether it is the key, or a part of it. */
  isKey: boolean
  /** Whether it is the only column of the key. */
  isWholeKey: boolean
  /** The names of the columns that are unique by themselves. */
  uniques: ReadonlySet<string>
  options: FieldOptions
}

/** The field of a column; undefined where its type is not known. */
export function fieldFrom(source: FieldSource): Field | undefined {
  const { name, column, options, isKey } = source
  const spec = specFor(source)
  if (!spec) return undefined
  const type = isKey ? keyType(spec) : fieldType(spec)
  const { inferred = false } = spec
  const literal = inferred ? undefined : (spec.initial ?? literalOf(column))
  const isMade = type.generated || spec.readOnly === true || (source.isWholeKey && isMadeByDatabase(column))
  const hidden =
    inferred &&
    !isKey &&
    !options.read &&
    !options.secret &&
    maySecret(spec) &&
    looksSecret([name, column.name], numeric.has(spec.type))
  const nullable = !column.notNull && !isKey
  const byDefault = inferred ? literalDefault(column, type) : () => literal
  return {
    name,
    spec,
    type,
    column,
    nullable,
    isKey,
    optional: isMade || nullable || column.hasDefault || options.initially !== undefined,
    get default() {
      return byDefault()
    },
    unique: source.uniques.has(column.name),
    read: options.read ?? (hidden ? nobody : anyone),
    write: isMade ? undefined : writeRules(options, isKey),
    initially: options.initially,
    made: isMade ? undefined : makerOf(column, spec, literal),
    remade: spec.auto ? undefined : remakerOf(column, spec),
    secret: options.secret,
    confirm: options.confirm === true,
    hidden,
  }
}

function specFor({ table, name, column, options }: FieldSource): FieldSpec | undefined {
  const own = specOfColumn(table, name)
  if (own) return own
  const spec = inferSpec(column, options.type)
  return spec && { ...spec, inferred: true, ...(options.schema ? { schema: options.schema } : {}) }
}

/** Whether rows can be sorted by a field: lists are so by keys of any type. */
export const isSortable = (field: Field): boolean =>
  isGroupable(field) || (field.isKey === true && isComparable(field))

/** Whether a field has an order that says something. */
export const isGroupable = ({ type, spec }: Field): boolean =>
  type.operators.includes("gt") || spec.type === "boolean"

/** Whether values of a field are looked up, as those of a row's key are. */
export const isComparable = ({ type }: Field): boolean => type.operators.includes("eq")

/** Whether rows are told apart by a field, where no key does so: they are sorted by it last. */
export const tellsApart = (field: Field): boolean => field.isKey === true || isComparable(field)

/** Most characters of a key that is text: Postgres indexes no longer ones, and no path would hold them. */
const longestKey = 2_700

/** A key's text has the order of its index, which is the database's own. */
function keyType(spec: FieldSpec): FieldType {
  const isUnbounded = spec.inferred && spec.type === "text" && spec.length === undefined
  const type = fieldType(isUnbounded ? { ...spec, length: longestKey } : spec)
  if (spec.type !== "text") return type
  // A row's own JSON has its key, and need not be made again for a cursor.
  const { position: _, ...own } = type.sql
  return { ...type, sql: own, ordered: (expression) => expression }
}

const numeric: ReadonlySet<string> = new Set(["integer", "bigint", "decimal"])
const textual: ReadonlySet<string> = new Set(["text", "uuid", "opaque", "bytes", "array", "json"])
/** Whether values of that type may be secrets: a boolean or a time is about one at the most. */
const maySecret = ({ type }: FieldSpec): boolean => textual.has(type) || numeric.has(type)

/** A key that the database makes, and counts on: clients do not choose it. */
const isMadeByDatabase = (column: Column): boolean =>
  /Serial/.test(column.columnType) ||
  column.generatedIdentity !== undefined ||
  (column as { autoIncrement?: boolean }).autoIncrement === true

const writeRules = (
  { write = anyone, create = write, update = write }: FieldOptions,
  isKey: boolean,
): Field["write"] => ({ create, update: isKey ? nobody : update })

function literalOf({ default: value }: Column): Field["default"] {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : undefined
}

/** The literal default of a column of Drizzle's own, where it is a value on the wire as well: found out once, if at all. */
function literalDefault(column: Column, type: FieldType): () => Field["default"] {
  const value = literalOf(column)
  let isInput: boolean | undefined
  return () => {
    isInput ??= value !== undefined && type.input().safeParse(value).success
    return isInput ? value : undefined
  }
}

function makerOf(column: Column, spec: FieldSpec, literal: Field["default"]): Field["made"] {
  const { defaultFn, onUpdateFn, default: byDefault } = column
  if (spec.auto) return undefined
  if (defaultFn) return () => encodeOwn(column, spec, defaultFn())
  if (!spec.inferred && literal !== undefined) {
    const value = fieldType(spec).sql.encode(literal)
    return () => value
  }
  if (byDefault !== undefined && !isSql(byDefault)) {
    const value = encodeOwn(column, spec, byDefault)
    return () => value
  }
  return onUpdateFn && byDefault === undefined ? () => encodeOwn(column, spec, onUpdateFn()) : undefined
}

const remakerOf = (column: Column, spec: FieldSpec): Field["remade"] => {
  const { onUpdateFn } = column
  return onUpdateFn && (() => encodeOwn(column, spec, onUpdateFn()))
}
