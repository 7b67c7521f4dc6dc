import { getTableName, getTableUniqueName, type Table } from "drizzle-orm"

/**
 * The schema of a table that has one of its own. Drizzle says `public` for tables without one, which are where
 * `search_path` finds them.
 */
export function schemaOf(table: Table): string | undefined {
  const schema = getTableUniqueName(table).slice(0, -getTableName(table).length - 1)
  return schema === "public" ? undefined : schema
}

const partsOf = (table: Table): string[] => [schemaOf(table) ?? [], getTableName(table)].flat()

/** A table's name, with its schema where it has one of its own. */
export const fullName = (table: Table): string => partsOf(table).join(".")

/** A table as a statement names it, in both dialects. */
export const quotedName = (table: Table): string =>
  partsOf(table)
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".")
