import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { PageSql, Rows } from "../db/dialect/page.ts"
import type { ListQuery, Selection } from "../query/query.ts"
import { hasVersions, isPartAlone, isRowAlone } from "../query/version.ts"
import { hasCursors, oppositeKey } from "../resource/key.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerKind, ViewerSql } from "../resource/viewer.ts"
import {
  answerBytes,
  answerTable,
  gated,
  joinedAnswer,
  joinedWithinLimit,
  withinLimit,
} from "./answer-bytes.ts"
import { type AnswerSize, sizeOfAnswer, type Within } from "./answer-size.ts"
import { costOfList, costOfOne } from "./bounded.ts"
import { hasKey, rowKey, tableOf } from "./columns.ts"
import { conditionsOf } from "./conditions.ts"
import { type Context, isShared, joinable, keptRows, literal, rowShape, withClause } from "./embed.ts"
import { filtered, linked, selective } from "./filters.ts"
import { areInRows, type KeyInRow, keyInRow } from "./keys-in-rows.ts"
import { bound, compile, ownValue, type Plan } from "./plan.ts"
import { asSize, sizeOf, sizeOfAll } from "./rendering.ts"
import { validatorText } from "./returning.ts"
import { plainEntries, type RowShape, rowText } from "./row.ts"
import { rankOf, searchClause, withRank } from "./search.ts"
import { sentRows, sentText } from "./sent.ts"
import { beyond, placeColumns, positionsOf, rowOrder, sortExpressions } from "./sort.ts"
import { Aliases, viewerSql } from "./where.ts"

/** The statement of a list: one row of `body, rows [, values of each sort key] [, count] [, parent exists]`. */
export interface ListPlan extends Plan {
  /**
   * The sort keys, where the rows of the body hold their values among their own members. A value that `shows` does not take
   * is another one than the column's: `compileList` puts the keys `apart` then.
   */
  keysInRows: KeyInRow[] | undefined
  /** How many columns hold sort keys: one for each, where the body does not hold them. */
  keyColumns: number
  size: AnswerSize
  /** The text between two rows of the body, which occurs nowhere else in it. */
  separator: string
}

/** The statement of a single read: one row of `body [, text of its validator] [, bytes of the answer]`, or none. */
export interface OnePlan extends Plan {
  size: AnswerSize
  /** Whether the validator is not made of the body: what it is made of comes beside. */
  hasValidator: boolean
}

/** One row by its primary key (bound as `ownValue.key`): no row where there is none that the viewer may see. */
export function compileOne(
  resource: Resource,
  kind: ViewerKind,
  selection: Selection,
  limits: Within,
): OnePlan {
  const { size, rendering } = sizeOfAnswer({ rows: 1, resource, selection }, kind, limits)
  const measured = size === "measured"
  const context: Context = { viewer: viewerSql(kind), aliases: new Aliases(), rendering }
  const { alias, row } = context.aliases.next(resource)
  const where = conjunction([hasKey(resource, row), resource.rules.read(row, context.viewer)])
  const fromWith = (joined: SQL) => sql`${tableOf(resource)} ${alias}${joined} where ${clause(where)}`
  const from = fromWith(measured ? joinedAnswer : sql``)
  const gate = measured ? joinedWithinLimit : undefined
  const shape = rowShape(resource, selection, row, { ...context, gate })
  // The validator is made of the whole row, whatever part of it is asked for.
  const hasValidator = isPartAlone(selection) || (resource.version !== undefined && isRowAlone(selection))
  const text = () => gated(gate, validatorText(resource, row, context.viewer, context.aliases))
  const whole = hasValidator ? sql`, ${sentText(resource, text())}` : sql``
  const further = measured ? sql`${whole}, ${answerBytes}` : whole
  const entries = hasValidator ? undefined : plainEntries(shape)
  const json = expressions.jsonOne(entries, sentRows(resource, selection, rowText(shape)), from, further)
  const bytes = () => sizeOf(rowShape(resource, selection, row, { ...context, rendering: asSize }))
  const plan = compile(measured ? sql`${withClause([answerTable(bytes(), fromWith(sql``))])}${json}` : json)
  return {
    ...plan,
    ...costOfOne(selection, kind),
    size,
    hasVersions: hasVersions(selection),
    hasValidator,
  }
}

/**
 * A page of a list, in one statement. One row more than the page is read, to know whether there are more;
 * a page that ends at a cursor is read backwards.
 */
export function compileList(query: ListQuery, limits: Within, apart = false): ListPlan {
  const { resource, from, viewer: kind } = query
  const viewer = viewerSql(kind)
  const aliases = new Aliases()
  const { alias, row } = aliases.next(resource)
  const search = searchClause(query, alias, row)
  const keysBy = (rank: SQL | undefined) => sortExpressions(query.sort, withRank(resource, row, rank), viewer)
  const keys = keysBy(search.rank?.within)
  const ofParent = query.parent ? within(query.parent, row, viewer, aliases) : []
  const found = [...ofParent, ...filtered(selective(resource, query.filters), row, viewer, aliases)]
  const few = (column: string) =>
    sql`select ${row(column)} from ${tableOf(resource)} ${alias} where ${clause(conjunction(found))}`
  const conditions = [
    ...ofParent,
    resource.rules.read(row, viewer),
    ...filtered(query.filters, row, viewer, aliases, found.length ? few : undefined),
    ...conditionsOf(query.conditions, row, viewer, aliases, found.length ? few : undefined),
  ]
  const rows: Rows = {
    table: tableOf(resource),
    alias,
    key: rowKey(resource, alias, row),
    where: clause(conjunction([...conditions, ...search.matching, beyond(keys, from, apart)])),
    ...rankOf(search),
    order: rowOrder(query, search.rank ? keysBy(search.rank.ordered) : keys, alias),
    kept: placeColumns(keys),
    limit: literal(query.limit + 1),
    skip: query.skipWithin ? { rows: bound("skip"), within: literal(query.skipWithin) } : undefined,
  }
  const { size, rendering } = sizeOfAnswer(
    { rows: query.limit + 1, resource, selection: query },
    kind,
    limits,
  )
  const measured = size === "measured"
  const source = pageSource(query, row, rows, { viewer, aliases, rendering }, measured)
  const { shape } = source
  const multiline = isMultiline(resource, query)
  const inRows = !multiline && areInRows(keys, shape, apart)
  const page = expressions.page(source.from, plainEntries(shape), rowText(shape), multiline)
  const positions =
    inRows || !hasCursors(resource, kind) ? [] : positionsOf(resource, keysBy(search.rank?.after), alias)
  const keyColumns = positions.map(({ columns, value }) =>
    sentText(resource, expressions.jsonEnds(columns, query.limit, value)),
  )
  const columns = [sentRows(resource, query, page.body), sql`count(*)`, ...keyColumns]
  if (query.count)
    columns.push(
      sql`(select count(*) from ${tableOf(resource)} ${alias} where ${clause(conjunction([...conditions, ...search.matches]))})`,
    )
  if (query.within) columns.push(parentExists(query.within, viewer, aliases))
  if (measured) columns.push(answerBytes)
  const plan = compile(
    sql`${withClause(source.ctes)}select ${sql.join(columns, sql`, `)} from ${page.from}${sql.join(source.joins)}`,
  )
  return {
    ...plan,
    ...costOfList(query),
    size,
    hasVersions: hasVersions(query),
    keysInRows: inRows ? keys.map(keyInRow) : undefined,
    keyColumns: keyColumns.length,
    separator: page.separator,
  }
}

/** The rows of a page as they are read, and the members of each. */
interface PageSource extends Pick<PageSql, "from"> {
  shape: RowShape
  joins: SQL[]
  ctes: SQL[]
}

/** A page is read as it comes, or kept in a table of the statement, where it is measured or its rows share embeds. */
function pageSource(
  query: ListQuery,
  row: RowSql,
  rows: Rows,
  context: Context,
  measured: boolean,
): PageSource {
  const { resource } = query
  if (!measured && !query.includes.some(isShared)) {
    const joins: SQL[] = []
    const shape = rowShape(resource, query, row, context, joinable(joins))
    return { from: expressions.firstRows(rows), shape, joins, ctes: [] }
  }
  const table = context.aliases.nextTable()
  const ctes = [expressions.keptTable(rows, table)]
  if (measured) {
    const sized = keptRows(resource, query, row, rows, table, { ...context, rendering: asSize })
    ctes.push(...sized.ctes, answerTable(sizeOfAll(sized.shape), sized.from))
  }
  const gate = measured ? withinLimit : undefined
  const kept = keptRows(resource, query, row, rows, table, { ...context, gate })
  return { from: kept.from, shape: kept.shape, joins: [], ctes: [...ctes, ...kept.ctes] }
}

/** Whether the parent of a nested list exists for the viewer: 1 or 0. */
export function parentExists(within: Resource, viewer: ViewerSql, aliases: Aliases): SQL {
  const { alias, row } = aliases.next(within)
  const there = conjunction([hasKey(within, row, ownValue.parentKey), within.rules.read(row, viewer)])
  return sql`(select count(*) from ${tableOf(within)} ${alias} where ${clause(there)})`
}

/** The rows that refer to the parent, or that are linked to it, where the viewer may see the columns that do. */
export function within(
  relation: Relation,
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
): (SQL | boolean)[] {
  const { source, target, via } = relation
  const { local, foreign } = via?.toJunction ?? relation
  if (!via && !source.keys.every((key) => local.includes(key)))
    return ofParentRow(relation, row, viewer, aliases)
  const columns = oppositeKey(source.keys, local, foreign)
  if (via) {
    const ofParent = (link: RowSql) => [hasKey(via.toJunction.target, link, ownValue.parentKey, columns)]
    return [linked(via, ofParent, row, viewer, aliases)]
  }
  return [
    hasKey(target, row, ownValue.parentKey, columns),
    ...columns.map((column) => target.fields[column]?.read(row, viewer) ?? false),
  ]
}

/** The rows that refer to other columns of the parent than its key, which are looked up in its row. */
function ofParentRow(
  { source, target, local, foreign }: Relation,
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
): (SQL | boolean)[] {
  return foreign.flatMap((column, i) => {
    const parent = aliases.next(source)
    const own = local[i] as string
    const visible = source.fields[own]?.read(parent.row, viewer) ?? false
    const where = clause(conjunction([hasKey(source, parent.row, ownValue.parentKey), visible]))
    return [
      sql`${row(column)} = (select ${parent.row(own)} from ${tableOf(source)} ${parent.alias} where ${where})`,
      target.fields[column]?.read(row, viewer) ?? false,
    ]
  })
}

/** Whether the JSON of a row may hold line feeds: stored JSON and embedded lists do. */
const isMultiline = (resource: Resource, { fields, includes }: Selection): boolean =>
  Object.values(resource.fields).some(
    (f) => f.type.multiline && (fields ? fields.has(f.name) : !f.type.heavy),
  ) ||
  includes.some(
    (include) => include.relation.kind === "many" || isMultiline(include.relation.target, include),
  )
