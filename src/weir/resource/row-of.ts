import type { Table } from "drizzle-orm"
import { type SQL, sql } from "drizzle-orm"
import type { ApiTables } from "./api-tables.ts"
import type { Resource } from "./resource.ts"
import type { RowSql, Rule } from "./rules.ts"
import type { ViewerSql } from "./viewer.ts"

/** How a rule is checked at load, instead of compiled. */
export interface RuleCheck {
  /** Throws, with the name of the resource and the rule before `why`. */
  refuse(why: string): never
  /** Checks the rule of the rows that a path leads to. */
  inner(path: string, target: Table, rule: Rule, viewer: ViewerSql): SQL | boolean
}

/** Of which table a row is, and where it stands. */
export interface RowScope {
  table: Table
  tables: ApiTables
  /** How many tables of paths stand around it: the next one has this number in its alias. */
  depth: number
  check?: RuleCheck
}

const scopes = new WeakMap<RowSql, RowScope>()

/** A row in that scope. */
export function scoped(scope: RowScope, row: RowSql): RowSql {
  scopes.set(row, scope)
  return row
}

/** A row of a resource, whose columns are what `column` says: words such as `through` find its table by it. */
export const rowOf = ({ table, tables }: Pick<Resource, "table" | "tables">, column: RowSql): RowSql =>
  tables ? scoped({ table, tables, depth: 0 }, column) : column

/** A stand-in for a row, to learn whether a rule depends on the row. */
export const anyRow: RowSql = () => sql`null`

/** Where a row stands; undefined for the stand-in. Throws for a row that is not the engine's. */
export function scopeOf(row: RowSql, word: string): RowScope | undefined {
  const scope = scopes.get(row)
  if (!scope && row !== anyRow)
    throw new Error(
      `${word} is asked of a row that is not the rule's own, or of a resource that is in no API`,
    )
  return scope
}
