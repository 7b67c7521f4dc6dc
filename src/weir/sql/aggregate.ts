import { type SQL, sql } from "drizzle-orm"
import { aggregates as dialect, expressions } from "../db/dialect/expressions.ts"
import { isOfVocabulary } from "../db/dialect/field.ts"
import { type AggregateQuery, membersOf } from "../query/aggregate-query.ts"
import type { Field } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerSql } from "../resource/viewer.ts"
import { columnsOf, type ResultColumns } from "./aggregate-columns.ts"
import { Joins } from "./aggregate-joins.ts"
import { answerBytes, answerTable, withinLimit } from "./answer-bytes.ts"
import { costOfAggregate } from "./bounded.ts"
import { tableOf } from "./columns.ts"
import { conditionsOf } from "./conditions.ts"
import { literal, withClause } from "./embed.ts"
import { filtered } from "./filters.ts"
import { bound, compile, type Plan } from "./plan.ts"
import { searchClause } from "./search.ts"
import { parentExists, within } from "./select.ts"
import { beyond, orderBy, sortExpressions } from "./sort.ts"
import { Aliases, viewerSql } from "./where.ts"

/** The statement of aggregates: one row of `body, groups, position of each sort key [, count] [, parent exists] [, bytes]`. */
export interface AggregatePlan extends Plan {
  keysInRows: undefined
  keyColumns: number
  separator: string
  /** Whether the answer's size is the last column. */
  isMeasured: boolean
}

/** How a statement is compiled: for which largest answer, and whether its sums may be larger than numbers of 64 bits. */
export interface AggregateLimits {
  answerLimit: number
  wide: boolean
}

const name = (text: string): SQL => sql`${sql.identifier(text)}`
/** The column of a key of a member of the result. */
const resultName = (member: number, key: number): SQL => name(`r${member}_${key}`)
const page = name("@page")
const groups = name("@groups")

/** Groups of rows with their aggregates, in one statement: the rows are grouped, then a page of the groups is taken. */
export function compileAggregate(
  query: AggregateQuery,
  { answerLimit, wide }: AggregateLimits,
): AggregatePlan {
  const { resource, viewer: kind, count } = query
  const viewer = viewerSql(kind)
  const aliases = new Aliases()
  const { alias, row } = aliases.next(resource)
  const search = searchClause({ ...query, sort: [] }, alias, row)
  const joins = new Joins(row, viewer, aliases)
  const columns = columnsOf(query, joins, wide)
  const from = sql`${tableOf(resource)} ${alias}${sql.join(joins.clauses)}`
  const where = clause(conjunction([...rowsOf(query, row, viewer, aliases), ...search.matches]))
  const groupParts = columns.slice(0, query.groups.length).flatMap((column) => column.parts)
  const groupBy = groupParts.length
    ? sql` group by ${sql.raw(groupParts.map((_, i) => String(i + 1)).join(", "))}`
    : sql``
  const parts = columns.flatMap(({ parts, names }) =>
    parts.map((part, i) => sql`${part} as ${names[i] as SQL}`),
  )
  const first = firstGroups(query, columns, row, viewer)
  const grouped = sql`select ${sql.join(parts, sql`, `)} from ${from} where ${where}${groupBy}${first}`
  const values = columns.flatMap(({ keys }, i) =>
    keys.map(({ value }, n) => sql`${value} as ${resultName(i, n)}`),
  )
  const results = sql`select *, ${sql.join(values, sql`, `)} from ${count ? groups : sql`(${grouped}) ${groups}`}`
  const isMeasured = !isBounded(query, answerLimit)
  const paged = pageOf(query, results, viewer, aliases)
  const ctes = [
    ...(count ? [sql`${groups} as materialized (${grouped})`] : []),
    ...(isMeasured ? [sql`${page} as materialized (${paged})`, answerTable(sizeOfPage(columns), page)] : []),
  ]
  const source = isMeasured
    ? sql`(select * from ${page} where ${withinLimit}) ${page}`
    : sql`(${paged}) ${page}`
  const { selected, separator, keyColumns } = answerOf(query, columns, source)
  if (count) selected.columns.push(countOf(query, results, viewer, aliases))
  if (query.within) selected.columns.push(parentExists(query.within, viewer, aliases))
  if (isMeasured) selected.columns.push(answerBytes)
  const plan = compile(
    sql`${withClause(ctes)}select ${sql.join(selected.columns, sql`, `)} from ${selected.from}`,
  )
  return { ...plan, ...costOfAggregate(query), keysInRows: undefined, keyColumns, separator, isMeasured }
}

/** Whether values of a field may be none to JSON, which makes null of them. */
const mayBeNone = ({ type }: Field): boolean => type.sql.finite !== undefined

/** The rows that are aggregated: those that the viewer may see, and that pass the filters. */
function rowsOf(
  { resource, parent, filters, conditions }: AggregateQuery,
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
): (SQL | boolean)[] {
  return [
    ...(parent ? within(parent, row, viewer, aliases) : []),
    resource.rules.read(row, viewer),
    ...filtered(filters, row, viewer, aliases),
    ...conditionsOf(conditions, row, viewer, aliases),
  ]
}

/**
 * Says that only the first groups are needed, where a page begins with these and is in their order: an index of the column
 * may have it, and the rows of all other groups are not read.
 */
function firstGroups(
  { groups, sort, from, having, skips, count, limit }: AggregateQuery,
  columns: ResultColumns[],
  row: RowSql,
  viewer: ViewerSql,
): SQL {
  const isFirst = from.cursor === "start" && !skips && !count && having.length === 0
  if (!isFirst || groups.length === 0 || sort.length !== groups.length) return sql``
  const order: SQL[] = []
  for (const [i, { of, unit, keys }] of groups.entries()) {
    const { field } = of
    const isColumn =
      !unit &&
      !of.steps &&
      of.through.length === 0 &&
      field.read(row, viewer) === true &&
      !field.type.sql.comparable
    const key = sort[i]
    if (!isColumn || !key || key.field !== keys[0]) return sql``
    const value = key.field.type.ordered(columns[i]?.parts[0] as SQL)
    order.push(expressions.ordered(value, key.descending, field.nullable || mayBeNone(field)))
  }
  return sql` order by ${sql.join(order, sql`, `)} limit ${literal(limit + 1)}`
}

/** One page of the results in their order, and one group more. */
function pageOf(query: AggregateQuery, results: SQL, viewer: ViewerSql, aliases: Aliases): SQL {
  const { from, sort, limit, skips, having } = query
  const row = resultRow(query)
  const keys = sortExpressions(sort, row, viewer)
  const where = clause(conjunction([...conditionsOf(having, row, viewer, aliases), beyond(keys, from)]))
  const order = keys.length ? sql` order by ${orderBy(keys, from.cursor === "before")}` : sql``
  const offset = skips ? sql` offset ${bound("skip")}` : sql``
  return sql`select * from (${results}) ${name("@result")} where ${where}${order} limit ${literal(limit + 1)}${offset}`
}

/** How many groups there are on all pages. */
function countOf(query: AggregateQuery, results: SQL, viewer: ViewerSql, aliases: Aliases): SQL {
  if (query.having.length === 0) return sql`(select count(*) from ${groups})`
  const where = clause(conjunction(conditionsOf(query.having, resultRow(query), viewer, aliases)))
  return sql`(select count(*) from (${results}) ${name("@result")} where ${where})`
}

/** A row of the result: its values by the names of the keys of its members. */
function resultRow(query: AggregateQuery): RowSql {
  const names = new Map<string, SQL>()
  for (const [i, { keys }] of membersOf(query).entries())
    for (const [n, key] of keys.entries()) names.set(key.name, resultName(i, n))
  return (key) => names.get(key) as SQL
}

/** The answer from the page: its JSON, the number of its rows, and the positions of its ends. */
function answerOf(query: AggregateQuery, columns: ResultColumns[], source: SQL) {
  const members = columns.map(({ keys, json }, i): [SQL, SQL] => [
    bound(`m${i}`),
    json(keys.map((_, n) => resultName(i, n))),
  ])
  const { from, body, separator } = expressions.page(source, undefined, dialect.namedObject(members), true)
  const keys = columns.flatMap(({ keys }, i) =>
    keys.map((key, n) => ({ field: key.field, position: key.position(resultName(i, n)) })),
  )
  const positions = query.sort.map(({ field }) =>
    expressions.jsonEnds([keys.find((key) => key.field === field)?.position ?? sql`null`], query.limit),
  )
  const sent = (text: SQL): SQL => (isPlain(query) ? text : expressions.sentText(text))
  const selected = { columns: [sent(body), sql`count(*)`, ...positions.map(sent)], from }
  return { selected, separator, keyColumns: positions.length }
}

/** Whether all values are of tables of the vocabulary. */
const isPlain = ({ resource, groups, aggregates }: AggregateQuery): boolean => {
  const joined = [...groups, ...aggregates].flatMap(({ of }) => of?.through ?? [])
  return [resource, ...joined.map(({ target }) => target)].every(({ table }) => isOfVocabulary(table))
}

/** Whether no answer can be larger than the limit. */
const isBounded = (query: AggregateQuery, answerLimit: number): boolean => {
  const bytes = membersOf(query).map(({ field }) => Buffer.byteLength(field.name) + 4 + maxBytes(field))
  return (query.limit + 1) * bytes.reduce((sum, one) => sum + one, 2) <= answerLimit
}

/** Most digits of a sum. */
const maxDigits = 420
const maxBytes = ({ spec, type }: Field): number => (spec.type === "decimal" ? maxDigits : type.maxBytes)

/** The bytes of the texts of a page. */
function sizeOfPage(columns: ResultColumns[]): SQL {
  const texts = columns.flatMap(({ keys }, i) =>
    keys.flatMap(({ field }, n) =>
      field.type.measured ? [sql`coalesce(${expressions.byteLength(resultName(i, n))}, 0)`] : [],
    ),
  )
  return expressions.total(texts.length ? sql.join(texts, sql` + `) : sql`0`)
}
