import type { Table } from "drizzle-orm"
import { loadedTables } from "./field.ts"
import { type ForeignKey, foreignKeysOf } from "./foreign-keys.ts"
import { fullName } from "./table-name.ts"

/** What a foreign key does, where the row that it refers to goes or changes. */
export type ForeignAction = "onDelete" | "onUpdate"

/** Whether an action of a foreign key writes the rows that refer. */
export const changesRows = (action: string | undefined): boolean =>
  action !== undefined && action !== "no action" && action !== "restrict"

/** A foreign key and its table. */
export interface Referrer extends ForeignKey {
  table: Table
}

/** The foreign keys of known tables that refer to a table. */
export function referrersOf(table: Table): Referrer[] {
  const name = fullName(table)
  return [...loadedTables.values()].flatMap((other) =>
    foreignKeysOf(other).flatMap((key) =>
      fullName(key.foreignTable) === name ? [{ ...key, table: other }] : [],
    ),
  )
}
