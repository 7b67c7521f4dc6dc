import type { Column, Table } from "drizzle-orm"
import { propertyOf } from "../db/dialect/foreign-keys.ts"
import type { ApiTables } from "./api-tables.ts"
import { isUniqueIn, type TableRelation } from "./declared-relations.ts"
import { relationsOf } from "./derived-relations.ts"
import { isJunctionEmbed, manyToMany } from "./junction.ts"
import { pascal, unnameable } from "./names.ts"
import type { EmbedOptions, JunctionEmbed, Relation, Resource } from "./resource.ts"

/**
 * Resolves the relations of resources that their `embed` names: those of Drizzle's `relations()`, and what foreign keys
 * say beyond these.
 */
export function linkRelations(resources: readonly Resource[], tables: ApiTables): void {
  const byTable = new Map(resources.map((resource) => [resource.table, resource]))
  const all = new Map(
    resources.map((resource) => [resource, relationsOf(resource, tables.declared, byTable)]),
  )
  const find: Find = (resource, name) => {
    const relation = all.get(resource)?.get(name)
    const target = relation && byTable.get(relation.target)
    return relation && target && { relation, target }
  }
  for (const [source, relations] of all) {
    source.tables = tables
    const { embed = {} } = source.options
    noteUnresolved(source, tables)
    const wanted = embed === true ? new Map(offered(relations, byTable)) : new Map(Object.entries(embed))
    for (const [name, embed = true] of wanted) link(source, name, embed === true ? {} : embed, find)
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

/** Says which declared relations of a resource are left out, and why. */
function noteUnresolved({ name, table, notices }: Resource, { declared }: ApiTables): void {
  for (const relation of declared.of(table))
    if ("why" in relation)
      notices.push(`${name}: the relation "${relation.name}" is left out: ${relation.why}`)
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
    create: options.create === true,
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
    create: false,
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
