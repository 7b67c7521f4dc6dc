import { getTableName, getTableUniqueName, type Table } from "drizzle-orm"

/**
 * A table's name, with its schema where it has one of its own. Drizzle says `public` for tables without one, which are
 * where `search_path` finds them.
 */
export function fullName(table: Table): string {
  const name = getTableName(table)
  const unique = getTableUniqueName(table)
  return unique === `public.${name}` ? name : unique
}

/** A table as a statement names it, in both dialects. */
export function quotedName(table: Table): string {
  const name = getTableName(table)
  const schema = fullName(table).slice(0, -name.length - 1)
  return [schema, name]
    .filter(Boolean)
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".")
}
