import { getTableName } from "drizzle-orm"
import { tableConfig } from "../db/dialect/names.ts"
import type { Resource } from "./resource.ts"
import type { Rule } from "./rules.ts"

/** A column that refers to rows of another resource, or of its own. */
export interface Reference {
  column: string
  target: Resource
  /** The target's column that it refers to. */
  foreign: string
  /** Which rows of the target a writer may name. */
  rule: Rule
}

/**
 * Resolves the references between resources. A writer may name the rows that it may read, unless the field's
 * `refersTo` says otherwise. A table that is no resource has no rules: any of its rows may be named.
 */
export function linkReferences(resources: readonly Resource[]): void {
  const byName = new Map(resources.map((resource) => [resource.name, resource]))
  for (const resource of resources) {
    const { name, refersTo, options } = resource
    const named = namedTables(resource)
    for (const [column, { table, foreign }] of named) {
      const target = byName.get(table)
      const rule = options.fields?.[column]?.refersTo ?? target?.rules.read
      if (target && rule) refersTo.set(column, { column, target, foreign, rule })
    }
    for (const [column, field] of Object.entries(options.fields ?? {}))
      if (field?.refersTo && !refersTo.has(column))
        throw new Error(`${name}: refersTo of "${column}", which refers to no resource`)
  }
}

/** The table and column that each column refers to: by `references()`, or by a foreign key of Drizzle's own. */
function namedTables({ table, fields }: Resource): Map<string, { table: string; foreign: string }> {
  const named = new Map<string, { table: string; foreign: string }>()
  for (const key of tableConfig(table).foreignKeys) {
    const { columns, foreignTable, foreignColumns } = key.reference()
    const [column, foreign] = [columns[0], foreignColumns[0]]
    if (columns.length > 1 || !column || !foreign) continue
    named.set(column.name, { table: getTableName(foreignTable), foreign: foreign.name })
  }
  for (const [column, { spec }] of Object.entries(fields))
    if (spec.reference) named.set(column, { table: spec.reference.table(), foreign: spec.reference.column() })
  return named
}
