import { configOf, specOf } from "./field.ts"
import { shortened } from "./reference-indexes.ts"

/** The name of the unique index that keeps a column's values apart whatever their case. */
export const caselessIndex = (table: string, column: string): string =>
  shortened(`${table}_${column}_caseless_unique`)

/** The columns that must be unique whatever the case: unique ones that hold user names. */
export const caselessColumns = (builders: Record<string, object>): string[] =>
  Object.entries(builders)
    .filter(([, builder]) => specOf(builder)?.format === "username" && configOf(builder).isUnique)
    .map(([name]) => name)
