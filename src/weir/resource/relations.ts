import type { Column, Table } from "drizzle-orm"
import { foreignKeysOf, propertyOf } from "../db/dialect/foreign-keys.ts"
import { DeclaredRelations, isUniqueIn, sameColumns, type TableRelation } from "./declared-relations.ts"
import { isJunctionEmbed, manyToMany } from "./junction.ts"
import { pascal, unnameable } from "./names.ts"
import type { EmbedOptions, JunctionEmbed, Relation, Resource } from "./resource.ts"

/**
 * Resolves the relations of resources that their `embed` names: those of Drizzle's `relations()`, and what foreign keys
 * say beyond these. `schema` holds relations of tables that are given by themselves.
 */
export function linkRelations(resources: readonly Resource[], schema: Record<string, unknown> = {}): void {
  const modules = [...new Set([schema, ...resources.map(({ module }) => module)])]
  const declared = new DeclaredRelations(modules.flatMap((module) => Object.values(module)))
  const byTable = new Map(resources.map((resource) => [resource.table, resource]))
  const all = new Map(resources.map((resource) => [resource, relationsOf(resource, declared, byTable)]))
  const find: Find = (resource, name) => {
    const relation = all.get(resource)?.get(name)
    const target = relation && byTable.get(relation.target)
    return relation && target && { relation, target }
  }
  for (const [source, relations] of all) {
    const { embed = {} } = source.options
    const wanted = embed === true ? new Map(offered(relations, byTable)) : new Map(Object.entries(embed))
    for (const [name, options = {}] of wanted) link(source, name, options, find)
  }
}

/** Finds a relation of a resource to another by its name in the schema. */
type Find = (resource: Resource, name: string) => { relation: TableRelation; target: Resource } | undefined

type ByTable = Map<Table, Resource>

/** The relations that `embed: true` offers: those to other resources. */
const offered = (relations: Map<string, TableRelation>, byTable: ByTable): [string, EmbedOptions][] =>
  [...relations.values()].flatMap(({ name, target }) =>
    byTable.has(target) && !unnameable(name) ? [[name, {}]] : [],
  )

/** The relations of a table by their names in the schema. One that has the name of a column is served under another. */
function relationsOf(
  source: Resource,
  declared: DeclaredRelations,
  byTable: ByTable,
): Map<string, TableRelation> {
  const relations = new Map<string, TableRelation>()
  for (const relation of declared.of(source.table)) {
    if ("why" in relation)
      source.notices.push(`${source.name}: the relation "${relation.name}" is left out: ${relation.why}`)
    else relations.set(relation.name, relation)
  }
  for (const derived of [...towards(source, byTable), ...inverse(source, byTable)]) {
    const isKnown = [...relations.values()].some(
      ({ target, local, foreign }) =>
        target === derived.target &&
        sameColumns(local, derived.local) &&
        sameColumns(foreign, derived.foreign),
    )
    if (isKnown) continue
    const names = [derived.name, ...derived.others].filter(
      (one) => !relations.has(one) && !source.fields[one],
    )
    const name = names[0]
    if (name !== undefined) relations.set(name, { ...derived, name })
  }
  return relations
}

/** A relation that a foreign key says, and names for it where the first is taken. */
type Derived = TableRelation & { others: string[] }

/** The rows that a table's own foreign keys name. */
function towards(source: Resource, byTable: ByTable): Derived[] {
  return foreignKeysOf(source.table).flatMap(({ columns, foreignTable, foreignColumns }) => {
    const target = byTable.get(foreignTable)
    if (!target) return []
    const name = nameOfKey(source, columns, target)
    const others = [target.singular, `${name}Row`]
    return [{ name, others, kind: "one", target: foreignTable, local: columns, foreign: foreignColumns }]
  })
}

/** What a foreign key is called as a relation: `memberId` is `member`; a key of several columns, as its target's rows. */
function nameOfKey(source: Resource, columns: readonly Column[], target: Resource): string {
  const property = columns.length === 1 && columns[0] ? propertyOf(source.table, columns[0]) : undefined
  const stem = property?.replace(/(_id|Id|ID)$/, "")
  return stem && stem !== property ? stem : target.singular
}

/** The rows whose foreign keys name this table's. */
function inverse(source: Resource, byTable: ByTable): Derived[] {
  return [...byTable.values()].flatMap((other) => {
    const keys = foreignKeysOf(other.table).filter(({ foreignTable }) => foreignTable === source.table)
    return keys.map(({ columns, foreignColumns }): Derived => {
      const kind = isUniqueIn(other.table, columns) ? "one" : "many"
      const plain = kind === "one" ? other.singular : other.name
      const by = `${plain}By${pascal(nameOfKey(other, columns, source))}`
      const [name, ...others] = keys.length > 1 ? [by] : [plain, by]
      return {
        name: name as string,
        others,
        kind,
        target: other.table,
        local: foreignColumns,
        foreign: columns,
      }
    })
  })
}

function link(source: Resource, name: string, options: EmbedOptions | JunctionEmbed, find: Find): void {
  const why = unnameable(name)
  if (why) throw new Error(`${source.name}: embed ${why}`)
  const relation = isJunctionEmbed(options)
    ? manyToMany(source, name, options, (resource, step) => resolved(resource, step, name, find))
    : resolved(source, name, name, find)
  if (!relation) throw new Error(`${source.name}: embed names "${name}", which is no relation to a resource`)
  const served = servedName(source, name)
  source.relations[served] = {
    ...relation,
    name: served,
    documentName: source.typeName + pascal(served),
    limit: Math.min(options.limit ?? 100, 100),
    sort: options.sort ?? newestFirst(relation.target),
    byDefault: options.byDefault === "one",
  }
}

/** A relation by its name in the schema, for the embed of that name. */
function resolved(source: Resource, name: string, embed: string, find: Find): Relation | undefined {
  const found = find(source, name)
  if (!found) return undefined
  const { relation, target } = found
  const local = properties(source, relation.local)
  const foreign = properties(target, relation.foreign)
  if (!local || !foreign)
    throw new Error(`${source.name}: embed "${embed}" is over a column that is left out`)
  return {
    name,
    kind: relation.kind,
    source,
    target,
    local,
    foreign,
    documentName: "",
    isUnique: isUniqueIn(target.table, relation.foreign),
    limit: 100,
    sort: "",
    byDefault: false,
  }
}

/** The name of an embed: that of its relation, unless a column has it. */
function servedName(source: Resource, name: string): string {
  if (!source.fields[name]) return name
  let served = `${name}Row`
  while (source.fields[served] || source.relations[served]) served += "_"
  source.notices.push(
    `${source.name}: the relation "${name}" has the name of a column, and is embedded as "${served}"`,
  )
  return served
}

const properties = ({ table, fields }: Resource, columns: readonly Column[]): string[] | undefined => {
  const names = columns.map((column) => propertyOf(table, column))
  return names.every((name): name is string => name !== undefined && fields[name] !== undefined)
    ? names
    : undefined
}

const times: ReadonlySet<string> = new Set(["timestamp", "local_timestamp", "date", "integer", "bigint"])
const created = /^(created|inserted|added)(_?at|_?on|_?time)?$/i

/** The sort of an embedded list: the newest first, by the time of creation, or by the key. */
function newestFirst({ keys, fields }: Resource): string {
  const time = Object.values(fields).find(
    ({ name, spec, hidden }) => created.test(name) && !hidden && times.has(spec.type),
  )
  if (time?.spec.inferred) return `-${time.name}`
  return keys.map((name) => `-${name}`).join(",")
}
