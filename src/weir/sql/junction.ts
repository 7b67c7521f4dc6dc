import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Statement } from "../db/dialect/statement.ts"
import type { Values } from "../query/query.ts"
import { isUniqueIn } from "../resource/declared-relations.ts"
import type { LinkColumns } from "../resource/junction.ts"
import { keyFields } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { clause, conjunction, isOpenToAll, type RowSql } from "../resource/rules.ts"
import type { ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { hasKey, tableOf } from "./columns.ts"
import { bound, compile, ownValue, type Plan, planOf, withValues } from "./plan.ts"
import { returnedKeys, writtenRow } from "./returning.ts"
import { sentText } from "./sent.ts"
import { Aliases, viewerSql } from "./where.ts"

/** Whether a row of a junction is of the link whose keys are bound. */
const ofLink = ({ junction, source, target }: LinkColumns, row: RowSql): SQL[] => [
  hasKey(junction, row, ownValue.parentKey, source),
  hasKey(junction, row, ownValue.key, target),
]

/** The rows of a link, before it is removed. */
export const linkWhere = (columns: LinkColumns): SQL =>
  sql.join(ofLink(columns, writtenRow(columns.junction)), sql` and `)

/** The same, where the viewer may see the row, and in it what it links. */
const visibleOfLink = (columns: LinkColumns, row: RowSql, viewer: ViewerSql): (SQL | boolean)[] => {
  const { junction, source, target } = columns
  return [
    ...ofLink(columns, row),
    junction.rules.read(row, viewer),
    ...[...source, ...target].map((column) => junction.fields[column]?.read(row, viewer) ?? false),
  ]
}

/**
 * The delete of a link: `[1, primary key, …foreign keys]` of each row of the junction that makes it. No row where there
 * is none that the viewer may see, or one that it may not delete. `only`: the
 * keys of these rows, each as the text of an array, and none is deleted.
 */
export function compileUnlink(columns: LinkColumns, kind: ViewerKind, only = false): Plan {
  const { junction } = columns
  const viewer = viewerSql(kind)
  const row = writtenRow(junction)
  const rule = junction.rules.delete
  const other = new Aliases().next(junction)
  const kept = conjunction(visibleOfLink(columns, other.row, viewer))
  const isAll =
    isOpenToAll(rule, kind) || isLinkUnique(columns)
      ? true
      : sql`not exists (select 1 from ${tableOf(junction)} ${other.alias} where case when ${clause(rule(other.row, viewer))} then 0 else 1 end = 1 and ${clause(kept)})`
  const where = conjunction([...visibleOfLink(columns, row, viewer), rule(row, viewer), isAll])
  const from = sql`from ${tableOf(junction)} where ${clause(where)}`
  if (!only) return compile(sql`delete ${from} returning 1, ${returnedKeys(junction, row)}`)
  const parts = keyFields(junction).map(({ name, type }) => type.sql.json(row(name)))
  return compile(
    sql`select ${sentText(junction, expressions.jsonText(expressions.jsonArray(parts)))} ${from}`,
  )
}

/** Whether there is a link: one that the viewer of a kind may see, or any. */
export function compileIsLinked(columns: LinkColumns, kind?: ViewerKind): Plan {
  const { junction } = columns
  const { alias, row } = new Aliases().next(junction)
  const parts = kind ? visibleOfLink(columns, row, viewerSql(kind)) : ofLink(columns, row)
  const text = sql`select 1 from ${tableOf(junction)} ${alias} where ${clause(conjunction(parts))} limit 1`
  return { ...compile(text), bounded: true }
}

const isUnique = ({ table, fields }: Resource, columns: readonly string[]): boolean =>
  isUniqueIn(
    table,
    columns.flatMap((name) => fields[name]?.column ?? []),
  )

/** Whether the database itself keeps a link from being there twice. */
const isLinkUnique = ({ junction, source, target }: LinkColumns): boolean =>
  isUnique(junction, [...source, ...target])

/** The statements before an insert of what may not be there twice, where no unique index keeps it from that. */
export function linkLocks(resource: Resource, columns: readonly string[], rows: Values[]): Statement[] {
  const { lockEach } = expressions
  if (!lockEach || isUnique(resource, columns)) return []
  const owner = sql`weir_link`
  const plan = planOf(resource, `link:lock:${columns}`, () =>
    compile(
      lockEach(
        `weir link ${resource.name} `,
        owner,
        sql`(select ${bound("link")}::text as ${owner}) as links`,
      ),
    ),
  )
  return rows.map((row) => withValues(plan, { link: JSON.stringify(columns.map((name) => row[name])) }))
}
