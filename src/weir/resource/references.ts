import { foreignKeysOf, propertyOf } from "../db/dialect/foreign-keys.ts"
import type { Resource } from "./resource.ts"
import { all, type Rule } from "./rules.ts"
import { unscoped } from "./scopes.ts"

/** Columns that refer to rows of another resource, or of their own. */
export interface Reference {
  columns: readonly string[]
  target: Resource
  /** The target's columns that they refer to, in the same order. */
  foreign: readonly string[]
  /** Which rows of the target a writer may name. */
  rule: Rule
}

/** A rule of the rows that may be named: none of them is deleted. */
const named = (target: Resource | undefined, rule: Rule): Rule =>
  target?.softDelete ? all(rule, target.softDelete.present) : rule

/**
 * Resolves the references between resources. A writer may name the rows that it may read, unless the field's
 * `refersTo` says otherwise. A table that is no resource has no rules: any of its rows may be named.
 */
export function linkReferences(resources: readonly Resource[]): void {
  const byTable = new Map(resources.map((resource) => [resource.table, resource]))
  for (const resource of resources) {
    const { name, table, refersTo, options } = resource
    for (const { columns, foreignTable, foreignColumns } of foreignKeysOf(table)) {
      const own = columns.flatMap((column) => propertyOf(table, column) ?? [])
      const target = byTable.get(foreignTable)
      const chosen = own.map((column) => options.fields?.[column]?.refersTo).find(Boolean)
      const rule = (chosen && named(target, chosen)) ?? (target && unscoped(target.rules.read))
      const foreign = foreignColumns.flatMap((column) => propertyOf(foreignTable, column) ?? [])
      if (!target || !rule) continue
      const reference = { columns: own, target, foreign, rule }
      for (const column of own) if (own.length > 1 || !refersTo.has(column)) refersTo.set(column, reference)
    }
    for (const [column, field] of Object.entries(options.fields ?? {}))
      if (field?.refersTo && !refersTo.has(column))
        throw new Error(`${name}: refersTo of "${column}", which refers to no resource`)
  }
}
