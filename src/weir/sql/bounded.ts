import type { Statement } from "../db/dialect/statement.ts"
import type { AggregateQuery } from "../query/aggregate-query.ts"
import { comparisonsOf } from "../query/condition.ts"
import type { Step } from "../query/place.ts"
import type { Filter, Include, ListQuery, RowCount, Selection, SortKey } from "../query/query.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import { isOpenToAll } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"

/** Most rows, embedded ones included, that a read may return by its limits and be cheap: some milliseconds. */
const maxCheapRows = 2_000

/** Most rows that a page may pass over and be cheap: it reads no members of those. */
const maxCheapSkip = 4_096

/** As many filters of each row cost about as much as reading one row more. */
const filtersPerScan = 4

/** The rows that a read may return by its limits, every embedded one included. */
const rowsOf = (rows: number, includes: Include[]): number =>
  includes.reduce((sum, { limit, includes }) => sum + rowsOf(rows * limit, includes), rows)

/** What a driver may know of the cost of a page. */
export function costOfList(query: ListQuery): Cost {
  const isSmall = rowsOf(query.limit, query.includes) <= maxCheapRows
  return isSmall
    ? withCounts({ bounded: isBoundedList(query), scans: tablesScanned(query) }, query)
    : { bounded: false, scans: undefined }
}

/** The cost of a read with the rows that are counted for it: each of a list's once, where an index finds them. */
function withCounts({ bounded, scans }: Cost, { counts = [], includes }: Counting): Cost {
  const isDeep = includes.some(holdsCounts)
  if (counts.length === 0 && !isDeep) return { bounded: bounded === true, scans }
  const isFound = ({ relation: { via, target, foreign } }: RowCount) => !via && hasIndex(target, foreign[0])
  if (!scans || isDeep || !counts.every(isFound)) return { bounded: false, scans: undefined }
  const tables = counts.flatMap(({ relation: { target }, ...rest }) => [
    target.tableName,
    ...tablesOfFilters(target, allFilters(rest)),
  ])
  return { bounded: false, scans: [...scans, ...tables] }
}

type Cost = Pick<Statement, "bounded" | "scans">
type Counting = Pick<Selection, "counts" | "includes">

const holdsCounts = ({ counts = [], includes }: Include): boolean =>
  counts.length > 0 || includes.some(holdsCounts)

/** What a driver may know of the cost of a single read. */
export function costOfOne(selection: Counting, kind: ViewerKind): Cost {
  const { includes } = selection
  const cost = {
    bounded: includes.every((include) => isBoundedInclude(include, kind)),
    scans: tablesEmbedded(includes, kind, false),
  }
  return rowsOf(1, includes) <= maxCheapRows
    ? withCounts(cost, selection)
    : { bounded: false, scans: undefined }
}

/** What a driver may know of the cost of finding rows by filters. */
export const costOfFinding = (
  resource: Resource,
  viewer: ViewerKind,
  { filters, conditions }: Pick<Selection, "filters" | "conditions">,
): Cost => {
  const none = { includes: [], count: false, parent: undefined, within: undefined }
  return { bounded: false, scans: tablesScanned({ ...none, resource, viewer, filters, conditions }) }
}

/** What a driver may know of the cost of aggregates: they visit all rows, and several of these cost what more rows do. */
export function costOfAggregate(query: AggregateQuery): Cost {
  const { resource, filters, groups, aggregates } = query
  const work = 1 + Math.ceil((groups.length + aggregates.length + filters.length) / filtersPerScan)
  const joined = [...groups, ...aggregates].flatMap(({ of }) => of?.through ?? [])
  const tables = tablesScanned({ ...query, count: false, includes: [] })
  return {
    bounded: false,
    scans: tables && [
      ...new Array<string>(work).fill(resource.tableName),
      ...joined.map(({ target }) => target.tableName),
      ...tables,
    ],
  }
}

/**
 * Whether the rows that a page visits are bounded by its limits, whatever the values and however large the table: it
 * is read in the order of its key, or by one indexed reference in that order, and no condition rejects rows.
 */
function isBoundedList(query: ListQuery): boolean {
  const { resource, viewer, parent, filters, conditions, sort, count, skipWithin = 0 } = query
  const found = conditions.flatMap((one) => (one.kind === "comparison" ? one.filter : []))
  const [filter, ...more] = [...filters, ...found]
  const finds = parent
    ? !parent.via &&
      parent.local[0] === parent.source.keys[0] &&
      hasIndex(resource, parent.foreign[0]) &&
      !filter
    : !filter || isFound(resource, filter, viewer)
  return (
    isByKey(resource, sort) &&
    finds &&
    more.length === 0 &&
    !query.search &&
    conditions.length === found.length &&
    !count &&
    skipWithin <= maxCheapSkip &&
    isOpenToAll(resource.rules.read, viewer) &&
    query.includes.every((include) => isBoundedInclude(include, viewer))
  )
}

/** Whether each row that embeds this one visits a bounded number of rows for it. */
function isBoundedInclude(include: Include, kind: ViewerKind): boolean {
  const { relation, filters, conditions, sort, skip } = include
  const list =
    isByKey(relation.target, sort) &&
    skip === undefined &&
    filters.length === 0 &&
    conditions.length === 0 &&
    isOpenToAll(relation.target.rules.read, kind)
  return (
    !relation.via &&
    hasIndex(relation.target, relation.foreign[0]) &&
    (relation.kind === "one" || list) &&
    include.includes.every((inner) => isBoundedInclude(inner, kind))
  )
}

type Scanned = Pick<
  ListQuery,
  "resource" | "within" | "parent" | "filters" | "conditions" | "includes" | "viewer" | "count"
>

/**
 * The tables that a page visits once at most, one entry for each time. Undefined where embedded lists may visit a
 * table once for each of several rows.
 */
function tablesScanned(query: Scanned): string[] | undefined {
  const { resource, within, parent, includes, viewer } = query
  const filters = allFilters(query)
  const embedded = tablesEmbedded(includes, viewer, false)
  if (!embedded || filters.some(visitsAgain)) return undefined
  // Several conditions on each row cost what several rows do.
  const scan = new Array<string>(Math.max(1, Math.ceil(filters.length / filtersPerScan))).fill(
    resource.tableName,
  )
  const own = query.count ? [...scan, ...scan] : scan
  const ofParent = [...(within ? [within.tableName] : []), ...tablesOfLinks(parent)]
  return [...own, ...ofParent, ...tablesOfFilters(resource, filters), ...embedded]
}

/** The tables that a single read visits for what it embeds. */
function tablesEmbedded(includes: Include[], kind: ViewerKind, withinList: boolean): string[] | undefined {
  const tables: string[] = []
  for (const include of includes) {
    const { relation } = include
    const filters = allFilters(include)
    const isList = relation.kind === "many"
    if (filters.some(visitsAgain)) return undefined
    if (isList && withinList && !isBoundedInclude({ ...include, includes: [] }, kind)) return undefined
    const inner = tablesEmbedded(include.includes, kind, withinList || isList)
    if (!inner) return undefined
    const { target } = relation
    tables.push(target.tableName, ...tablesOfLinks(relation), ...tablesOfFilters(target, filters), ...inner)
  }
  return tables
}

const allFilters = ({ filters, conditions }: Pick<Selection, "filters" | "conditions">): Filter[] => [
  ...filters,
  ...conditions.flatMap((one) => comparisonsOf(one)),
]

/** A junction is visited once, and for each of its rows one that it leads to, as much as another row. */
const tablesOfLinks = (relation: Relation | undefined): string[] =>
  relation?.via ? Array<string>(2).fill(relation.via.toJunction.target.tableName) : []

/** A filter through relations visits each table of its path, and may begin with the rows at hand. */
const tablesOfFilters = ({ tableName }: Resource, filters: Filter[]): string[] =>
  filters.flatMap(({ through }) =>
    through.length ? [tableName, ...through.map(({ target }) => target.tableName)] : [],
  )

/**
 * Whether a filter looks through the many related rows of one again for each row that shares it. Of a row that is found by
 * one column, they are a set that is made once.
 */
const visitsAgain = ({ through }: Filter): boolean =>
  through.some(
    ({ kind, via, local }, i) =>
      (via || (kind === "one" && local.length !== 1)) &&
      through.slice(i + 1).some((inner) => inner.kind === "many"),
  )

/** Whether an index finds the rows of a filter, in the order of their key. */
const isFound = (
  resource: Resource,
  { through, field, operator, place }: Filter,
  kind: ViewerKind,
): boolean =>
  through.length === 0 &&
  operator === "eq" &&
  isOpenToAll(field.read, kind) &&
  (place ? hasPlaceIndex(resource, place.steps) : hasIndex(resource, field.name))

/** Whether documents are found by what stands at a place. */
const hasPlaceIndex = ({ collection }: Resource, steps: readonly Step[]): boolean =>
  collection?.index?.includes(steps.filter((step) => typeof step === "string").join(".")) === true &&
  steps.every((step) => typeof step === "string")

/** Whether rows come in the order of their key. */
const isByKey = ({ keys }: Resource, sort: SortKey[]): boolean =>
  keys.length > 0 && sort.length === keys.length && sort.every(({ field }, i) => field.name === keys[i])

/** Whether rows are found by that column: it is the first of an index. */
const hasIndex = (resource: Resource, column: string | undefined): boolean =>
  column !== undefined && resource.indexed.has(column)
