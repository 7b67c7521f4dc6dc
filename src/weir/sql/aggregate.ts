import { type SQL, sql } from "drizzle-orm"
import type { AggregateSql, BucketSql, Unit } from "../db/dialect/aggregates.ts"
import { aggregates as dialect, expressions } from "../db/dialect/expressions.ts"
import { type AggregateQuery, type Group, membersOf } from "../query/aggregate.ts"
import type { Field } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerSql } from "../resource/viewer.ts"
import { Joins } from "./aggregate-joins.ts"
import { answerBytes, answerTable, withinLimit } from "./answer-bytes.ts"
import { costOfAggregate } from "./bounded.ts"
import { tableOf } from "./columns.ts"
import { literal, withClause } from "./embed.ts"
import { filtered } from "./filters.ts"
import { bound, compile, type Plan } from "./plan.ts"
import { parentExists, within } from "./select.ts"
import { Aliases, beyond, orderBy, sortExpressions, viewerSql } from "./where.ts"

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

/** A group or an aggregate; without `json`, it is shown as its type is. */
type MemberSql = Pick<AggregateSql, "parts" | "value"> & Partial<AggregateSql>

/** A member of the result, as columns of the grouped rows and what is made of them. */
interface Column {
  field: Field
  /** Expressions over the rows, and the names of their columns. */
  parts: SQL[]
  names: SQL[]
  value: SQL
  json(value: SQL): SQL
  position(value: SQL): SQL
}

const name = (text: string): SQL => sql`${sql.identifier(text)}`
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
  const joins = new Joins(row, viewer, aliases)
  const columns = columnsOf(query, joins, wide)
  const from = sql`${tableOf(resource)} ${alias}${sql.join(joins.clauses)}`
  const where = clause(conjunction(conditionsOf(query, row, viewer, aliases)))
  const groupBy = query.groups.length
    ? sql` group by ${sql.raw(query.groups.map((_, i) => String(i + 1)).join(", "))}`
    : sql``
  const parts = columns.flatMap(({ parts, names }) =>
    parts.map((part, i) => sql`${part} as ${names[i] as SQL}`),
  )
  const grouped = sql`select ${sql.join(parts, sql`, `)} from ${from} where ${where}${groupBy}`
  const values = columns.map(({ value }, i) => sql`${value} as ${name(`r${i}`)}`)
  const results = sql`select *, ${sql.join(values, sql`, `)} from ${count ? groups : sql`(${grouped}) ${groups}`}`
  const isMeasured = !isBounded(query, answerLimit)
  const paged = pageOf(query, results, viewer)
  const ctes = [
    ...(count ? [sql`${groups} as materialized (${grouped})`] : []),
    ...(isMeasured ? [sql`${page} as materialized (${paged})`, answerTable(sizeOfPage(columns), page)] : []),
  ]
  const source = isMeasured
    ? sql`(select * from ${page} where ${withinLimit}) ${page}`
    : sql`(${paged}) ${page}`
  const { selected, separator, keyColumns } = answerOf(query, columns, source)
  if (count) selected.columns.push(sql`(select count(*) from ${groups})`)
  if (query.within) selected.columns.push(parentExists(query.within, viewer, aliases))
  if (isMeasured) selected.columns.push(answerBytes)
  const plan = compile(
    sql`${withClause(ctes)}select ${sql.join(selected.columns, sql`, `)} from ${selected.from}`,
  )
  return { ...plan, ...costOfAggregate(query), keysInRows: undefined, keyColumns, separator, isMeasured }
}

/** The rows that are aggregated: those that the viewer may see, and that pass the filters. */
function conditionsOf(
  { resource, parent, filters }: AggregateQuery,
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
): (SQL | boolean)[] {
  return [
    ...(parent ? within(parent, row, viewer, aliases) : []),
    resource.rules.read(row, viewer),
    ...filtered(filters, row, viewer, aliases),
  ]
}

function columnsOf(query: AggregateQuery, joins: Joins, wide: boolean): Column[] {
  const grouped = query.groups.map((group) => groupSql(group, joins.valueOf(group.of), query.zone))
  const aggregated = query.aggregates.map(({ of, aggregated, field }): { field: Field; sql: MemberSql } => ({
    field,
    sql: aggregated.sql(of ? joins.valueOf(of) : sql`*`, wide),
  }))
  return [...grouped, ...aggregated].map(({ field, sql: made }, i) => {
    const names = made.parts.map((_, part) => name(`c${i}_${part}`))
    const { json, position = json } = field.type.sql
    return {
      field,
      parts: made.parts,
      names,
      value: made.value(names),
      json: (value) => made.json?.(names) ?? json(value),
      position: (value) => made.position?.(names) ?? position(value),
    }
  })
}

/** What a group is of: its key as rows are grouped by it, and its value as the column has it. */
function groupSql({ of, unit, field }: Group, column: SQL, zone: string): { field: Field; sql: MemberSql } {
  const { spec, type } = of.field
  const compared = type.sql.comparable?.(column) ?? column
  const first = (parts: SQL[]): SQL => parts[0] as SQL
  if (!unit) return { field, sql: { parts: [compared], value: first } }
  const { key, start } = bucketOf(unit, spec, zone)
  return { field, sql: { parts: [key(compared)], value: (parts) => start(first(parts)) } }
}

const bucketOf = (
  unit: Unit,
  { type, unit: counts, zone: hasZone, inferred }: Field["spec"],
  zone: string,
): BucketSql =>
  dialect.bucket({
    unit,
    type: type as "timestamp" | "local_timestamp" | "date",
    zone,
    param: bound("zone"),
    counts,
    hasZone: !inferred || hasZone === true,
  })

/** One page of the results in their order, and one group more. */
function pageOf(query: AggregateQuery, results: SQL, viewer: ViewerSql): SQL {
  const { from, sort, limit, skips } = query
  const keys = sortExpressions(sort, resultRow(query), viewer)
  const where = clause(conjunction([beyond(keys, from)]))
  const order = keys.length ? sql` order by ${orderBy(keys, from.cursor === "before")}` : sql``
  const offset = skips ? sql` offset ${bound("skip")}` : sql``
  return sql`select * from (${results}) ${name("@result")} where ${where}${order} limit ${literal(limit + 1)}${offset}`
}

/** A row of the result: its values by the names of its members. */
function resultRow(query: AggregateQuery): RowSql {
  const members = membersOf(query)
  return (member) => name(`r${members.findIndex((one) => one.name === member)}`)
}

/** The answer from the page: its JSON, the number of its rows, and the positions of its rows. */
function answerOf(query: AggregateQuery, columns: Column[], source: SQL) {
  const value = (i: number) => name(`r${i}`)
  const object = dialect.namedObject(columns.map(({ json }, i) => [bound(`m${i}`), json(value(i))]))
  const { from, body, separator } = expressions.page(source, undefined, object, true)
  const positions = query.sort.map(({ field }) => {
    const i = columns.findIndex((column) => column.field === field)
    return expressions.jsonColumn((columns[i] as Column).position(value(i)))
  })
  const selected = { columns: [body, sql`count(*)`, ...positions], from }
  return { selected, separator, keyColumns: positions.length }
}

/** Whether no answer can be larger than the limit. */
const isBounded = (query: AggregateQuery, answerLimit: number): boolean => {
  const bytes = membersOf(query).map((field) => Buffer.byteLength(field.name) + 4 + maxBytes(field))
  return (query.limit + 1) * bytes.reduce((sum, one) => sum + one, 2) <= answerLimit
}

/** Most digits of a sum. */
const maxDigits = 420
const maxBytes = ({ spec, type }: Field): number => (spec.type === "decimal" ? maxDigits : type.maxBytes)

/** The bytes of the texts of a page. */
function sizeOfPage(columns: Column[]): SQL {
  const texts = columns.flatMap(({ field }, i) =>
    field.type.measured ? [sql`coalesce(${expressions.byteLength(name(`r${i}`))}, 0)`] : [],
  )
  return expressions.total(texts.length ? sql.join(texts, sql` + `) : sql`0`)
}
