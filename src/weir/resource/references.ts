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
  for (const { name, fields, refersTo, options } of resources)
    for (const [column, field] of Object.entries(fields)) {
      const { reference } = field.spec
      const target = reference && byName.get(reference.table())
      const rule = options.fields?.[column]?.refersTo
      if (rule && !target) throw new Error(`${name}: refersTo of "${column}", which refers to no resource`)
      if (!reference || !target) continue
      refersTo.set(column, { column, target, foreign: reference.column(), rule: rule ?? target.rules.read })
    }
}
