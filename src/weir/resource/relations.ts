import { createTableRelationsHelpers, is, Many, One, Relations } from "drizzle-orm"
import { unnameable } from "./names.ts"
import type { Resource } from "./resource.ts"

/** Resolves the relations of resources: those of Drizzle's `relations()` that a resource's `embed` names. */
export function linkRelations(resources: readonly Resource[]): void {
  const byTable = new Map(resources.map((r) => [r.table, r]))
  const declared = resources.flatMap((r) => Object.values(r.module)).filter((value) => is(value, Relations))
  for (const source of resources) {
    const helpers = createTableRelationsHelpers(source.table)
    const ofSource = Object.assign(
      {},
      ...declared.filter((d) => d.table === source.table).map((d) => d.config(helpers)),
    ) as Record<string, unknown>
    for (const [name, options = {}] of Object.entries(source.options.embed ?? {})) {
      const why = unnameable(name)
      if (why) throw new Error(`${source.name}: embed ${why}`)
      const relation = ofSource[name]
      const target =
        is(relation, One) || is(relation, Many) ? byTable.get(relation.referencedTable) : undefined
      if (!target)
        throw new Error(`${source.name}: embed names "${name}", which is no relation to a resource`)
      if (source.fields[name]) throw new Error(`${source.name}: embed "${name}" has the name of a column`)
      const [local, foreign] = is(relation, One)
        ? joinOf(source, name, relation)
        : joinOf(target, name, inverseOf(source, target, relation as Many<string>, declared)).reverse()
      source.relations[name] = {
        name,
        kind: is(relation, One) ? "one" : "many",
        source,
        target,
        local: local as string,
        foreign: foreign as string,
        limit: Math.min(options.limit ?? 100, 100),
        sort: options.sort ?? `-${target.key}`,
        byDefault: options.byDefault === "one",
      }
    }
  }
}

function joinOf(source: Resource, name: string, relation: One): string[] {
  const [field, reference] = [relation.config?.fields[0], relation.config?.references[0]]
  if (!field || !reference || relation.config?.fields.length !== 1)
    throw new Error(`${source.name}: relation "${name}" must be over one column`)
  return [field.name, reference.name]
}

/** The `one` side that a `many` relation mirrors. */
function inverseOf(source: Resource, target: Resource, relation: Many<string>, declared: Relations[]): One {
  const helpers = createTableRelationsHelpers(target.table)
  const candidates = declared
    .filter((d) => d.table === target.table)
    .flatMap((d) => Object.values(d.config(helpers)))
    .filter((r): r is One => is(r, One) && r.config !== undefined && r.referencedTable === source.table)
    .filter((r) => !relation.relationName || r.relationName === relation.relationName)
  if (candidates.length !== 1)
    throw new Error(
      `${source.name}: a relation to many ${target.name} needs one relation back, not ${candidates.length}`,
    )
  return candidates[0] as One
}
