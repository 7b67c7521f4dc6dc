import type { Column } from "drizzle-orm"
import { dialectName } from "../db/dialect/choose.ts"
import type { FieldSpec, FieldTypeName } from "../db/dialect/field.ts"
import { inferPostgres } from "./infer-postgres.ts"
import { inferSqlite } from "./infer-sqlite.ts"

const infer: (column: Column) => FieldSpec | undefined =
  (process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? inferPostgres : inferSqlite

/** Whether the database alone makes the value of a column. */
const isReadOnly = ({ generated, generatedIdentity }: Column): boolean =>
  generated !== undefined || generatedIdentity?.type === "always"

/**
 * The spec of any column of the dialect in use, by what Drizzle knows of it; undefined for a type that is not known.
 * `named` is the type that the team gives it.
 */
export function inferSpec(column: Column, named?: FieldTypeName): FieldSpec | undefined {
  const found = infer(column)
  const spec = named && found?.type !== named ? renamed(column, found, named) : found
  return spec && isReadOnly(column) ? { ...spec, readOnly: true } : spec
}

/** A column that the team says is of another type than it seems, or that seems of none. */
function renamed(column: Column, found: FieldSpec | undefined, type: FieldTypeName): FieldSpec {
  // Postgres casts to the type that the column has.
  const sqlType =
    found?.sqlType ??
    ((process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? column.getSQLType() : undefined)
  return { ...found, type, inferred: true, ...(sqlType !== undefined && { sqlType }) }
}
