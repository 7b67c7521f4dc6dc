import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Filter } from "../query/query.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerSql } from "../resource/viewer.ts"
import { tableOf } from "./columns.ts"
import { type Aliases, comparison } from "./where.ts"

/** What the conditions of one filter share. */
interface Scope {
  viewer: ViewerSql
  aliases: Aliases
  /**
   * The sets that the outermost set needs, each after those that it is made of: one WITH clause for all of them, since
   * SQLite's parser and expressions nest to a depth of 100 only. Undefined outside of a set.
   */
  sets?: SQL[]
}

/**
 * The conditions of filters, each only where the viewer may see the compared field. `few` selects the values of a
 * column in few rows, among which are all that the statement can return.
 */
export function filtered(
  filters: Filter[],
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
  few?: (column: string) => SQL,
): (SQL | boolean)[] {
  const scope = { viewer, aliases }
  return filters.map((filter) =>
    sharesRows(filter.through)
      ? throughShared(filter, filter.through, row, scope, few)
      : throughRelations(filter, filter.through, row, scope),
  )
}

/** The filters that few rows pass: those on a key or a reference, which an index finds. */
export const selective = (resource: Resource, filters: Filter[]): Filter[] =>
  filters.filter(
    ({ through, field, operator }) =>
      through.length === 0 &&
      (operator === "eq" || operator === "in") &&
      (isOnlyKey(resource, field.name) || resource.references.has(field.name) || field.unique),
  )

const isOnlyKey = ({ keys }: Resource, field: string): boolean => keys.length === 1 && keys[0] === field

/** Whether many rows refer to one, whose many related rows decide: they are looked through once for all of them. */
const sharesRows = ([relation, ...rest]: Relation[]): boolean =>
  relation?.kind === "one" && relation.local.length === 1 && rest.some(({ kind }) => kind === "many")

/**
 * A filter through a row that many share, as a set that is made once. From the `few` rows at hand, where there are
 * such, else from the rows that pass the filter: both cost what the rows cost that are looked through.
 */
function throughShared(
  filter: Filter,
  [relation, ...rest]: Relation[],
  row: RowSql,
  { viewer, aliases, sets }: Scope,
  few?: (column: string) => SQL,
): SQL | boolean {
  const { source, target } = relation as Relation
  const [local = "", foreign = ""] = [relation?.local[0], relation?.foreign[0]]
  const there = aliases.next(target)
  const all = sets ?? []
  const inner = { viewer, aliases, sets: all }
  const where = conjunction([
    few ? sql`${there.row(foreign)} in (${few(local)})` : true,
    target.fields[foreign]?.read(there.row, viewer) ?? false,
    target.rules.read(there.row, viewer),
    rest.length === 0 || few || rest[0]?.local.length !== 1
      ? throughRelations(filter, rest, there.row, inner)
      : throughShared(filter, rest, there.row, inner),
  ])
  const members = sql`select ${there.row(foreign)} as _k from ${tableOf(target)} ${there.alias} where ${clause(where)}`
  return conjunction([
    source.fields[local]?.read(row, viewer) ?? false,
    memberOf(row(local), members, { aliases, sets, all }),
  ])
}

/**
 * Whether a value is among those that a select finds, which is run once for the whole statement. `all` are the sets that it
 * needs; it joins those of an outer set, `sets`, where there is one.
 */
export function memberOf(
  value: SQL,
  members: SQL,
  { aliases, sets, all }: { aliases: Aliases; sets: SQL[] | undefined; all: SQL[] },
): SQL {
  const set = sql`${sql.identifier(aliases.nextTable())}`
  // Postgres would else look each row up, in the hope that the first ones pass.
  all.push(sql`${set} as materialized (${members})`)
  const made = sets ? sql`` : sql`with ${sql.join(all, sql`, `)} `
  return sql`${value} in (${made}select _k from ${set})`
}

/**
 * Whether two rows are related, only where the viewer may see both columns of the relation. As a filter, the statement
 * may begin at either end; else with the row that is `here`.
 */
export function related(
  relation: Relation,
  here: RowSql,
  there: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
  isFilter = false,
): SQL | boolean {
  const { source, target, local, foreign, via } = relation
  const isVisible = local.map((column) => source.fields[column]?.read(here, viewer) ?? false)
  if (via) {
    const { foreign: names } = via.toJunction
    const ofHere = (link: RowSql) => names.map((name, i) => sql`${link(name)} = ${here(local[i] as string)}`)
    return conjunction([linked(via, ofHere, there, viewer, aliases, isFilter), ...isVisible])
  }
  return conjunction([
    ...local.map((column, i) => sql`${there(foreign[i] as string)} = ${here(column)}`),
    ...isVisible,
    ...foreign.map((column) => target.fields[column]?.read(there, viewer) ?? false),
  ])
}

/**
 * Whether rows of a junction that the viewer may see, `ofHere`, lead to a row. A set of the rows that they lead to: found
 * by the junction's index, and each once, however many rows of the junction lead there.
 */
export function linked(
  { toJunction, toTarget }: NonNullable<Relation["via"]>,
  ofHere: (link: RowSql) => SQL[],
  there: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
  isFilter = false,
): SQL | boolean {
  const { target: junction, foreign } = toJunction
  const { target, local } = toTarget
  const { alias, row: link } = aliases.next(junction)
  const where = conjunction([
    ...ofHere(link),
    junction.rules.read(link, viewer),
    ...[...foreign, ...local].map((column) => junction.fields[column]?.read(link, viewer) ?? false),
  ])
  const columns = toTarget.foreign.map(there)
  const tuple = columns.length === 1 ? (columns[0] as SQL) : sql`(${sql.join(columns, sql`, `)})`
  const ends = sql.join(local.map(link), sql`, `)
  const isThere = sql`select ${ends} from ${tableOf(junction)} ${alias} where ${clause(where)}`
  return conjunction([
    columns.length > 1 || isFilter ? sql`${tuple} in (${isThere})` : expressions.isAmong(tuple, isThere),
    ...toTarget.foreign.map((column) => target.fields[column]?.read(there, viewer) ?? false),
  ])
}

function throughRelations(filter: Filter, path: Relation[], row: RowSql, scope: Scope): SQL | boolean {
  const { viewer, aliases } = scope
  const [relation, ...rest] = path
  if (!relation) {
    const visible = filter.field.read(row, viewer)
    return conjunction([visible, comparison(filter, row(filter.field.name))])
  }
  if (sharesRows(path)) return throughShared(filter, path, row, scope)
  const there = aliases.next(relation.target)
  // What nests stands first: SQLite's parser keeps what stands before it on its small stack.
  const where = conjunction([
    throughRelations(filter, rest, there.row, scope),
    related(relation, row, there.row, viewer, aliases, true),
    relation.target.rules.read(there.row, viewer),
  ])
  return sql`exists (select 1 from ${tableOf(relation.target)} ${there.alias} where ${clause(where)})`
}
