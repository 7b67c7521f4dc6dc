import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Statement } from "../db/dialect/statement.ts"
import type { Values } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { boundValue, columnName, hasKey, tableOf } from "./columns.ts"
import { bound, compile, ownValue, type Plan, planOf, withValues } from "./plan.ts"
import { quotaAfter, withinQuota } from "./quota.ts"
import { conditionOf, createRequirements, type Made, typedValue, updateRequirements } from "./requirements.ts"
import { returnedRow, writtenRow } from "./returning.ts"
import { assignments } from "./update.ts"
import { viewerSql } from "./where.ts"

/** What an upsert writes: columns are bound by name, and the values of `target` as a key. */
export interface UpsertParts {
  /** The columns of the unique key that tells rows apart. */
  target: readonly string[]
  /** The columns of a new row, those of them that the client chose, and what the table's own code makes of others. */
  columns: string[]
  chosen: string[]
  /** See `createRequirements`. */
  named: string[]
  made: Made
  /** The columns that are set in a row that exists, and what its table's code makes then. Undefined: it stays as it is. */
  merged: { columns: string[]; made: Made } | undefined
  /** What it is known to find: else it fails. */
  finds?: "row" | "none" | undefined
}

/** The name by which a value is bound that a row gets where it exists. */
export const mergedName = (column: string): string => `@merged.${column}`

/**
 * One row's insert, or the update of the one that has its unique key: `[body, primary key, …foreign keys, 1 where it was
 * made]`, or no row where one stays as it is. Fails where a rule or a quota forbids what becomes of the row, which is known
 * only while the statement runs.
 */
export function compileUpsert(resource: Resource, kind: ViewerKind, parts: UpsertParts): Plan {
  const { target, columns, made, merged } = parts
  const row = writtenRow(resource)
  const viewer = viewerSql(kind)
  const isNew = conditionOfNew(resource, kind, parts)
  const names = [...columns, ...Object.keys(made.expressions)].map((column) => columnName(resource, column))
  const values = [...columns.map((c) => typedValue(resource, c)), ...Object.values(made.expressions)]
  const key = target.map((column) => columnName(resource, column))
  const first = target[0] as string
  const remade = merged && remadeOf(resource, merged)
  const requirements = remade ? updateRequirements(resource, kind, merged.columns, remade) : []
  const visible = parts.finds !== "none" && resource.rules.read(row, viewer)
  const allowed = conjunction([visible, ...requirements.map(({ holds }) => holds)])
  const quota = merged && quotaAfter(resource, merged.columns, row)
  const outcome = quota ? sql`case when ${quota} then 1 else 0 end` : sql.raw(merged ? "1" : "0")
  const sets = remade
    ? assignments(resource, [], remade)
    : sql`${columnName(resource, first)} = ${excluded(resource, first)}`
  const failure = expressions.failure("rule", row(first))
  return compile(
    sql`insert into ${tableOf(resource)} (${sql.join(names, sql`, `)}) select ${sql.join(values, sql`, `)} where ${isNew ?? clause(true)} on conflict (${sql.join(key, sql`, `)}) do update set ${sets} where case when ${clause(allowed)} then ${outcome} else ${failure} end = 1 returning ${returnedRow(resource, row, viewer)}, ${isMade(resource, target, row, isNew)} as "@made"`,
  )
}

const excluded = (resource: Resource, column: string): SQL => sql`excluded.${columnName(resource, column)}`

/** All that a merge sets, as SQL: of the values that are bound for the insert, none is bound twice. */
function remadeOf(resource: Resource, { columns, made }: NonNullable<UpsertParts["merged"]>): Made {
  const set: Made["expressions"] = { ...made.expressions }
  for (const column of columns) set[column] = excluded(resource, column)
  for (const column of made.bound) set[column] = boundValue(resource, column, mergedName(column))
  return { bound: [], expressions: set }
}

const found = (resource: Resource, target: readonly string[]): SQL =>
  sql`select count(*) as n from ${tableOf(resource)} where ${hasKey(resource, writtenRow(resource), ownValue.key, target)}`

/** What a new row requires; undefined where that is nothing. Where there is a row of the key, it is not asked. */
function conditionOfNew(
  resource: Resource,
  kind: ViewerKind,
  { target, columns, chosen, named, made, finds }: UpsertParts,
): SQL | undefined {
  const rules = conditionOf(createRequirements(resource, kind, columns, chosen, made, named))
  const quota = withinQuota(resource, columns)
  if (!rules && !quota && finds !== "row") return undefined
  const within = quota ? sql`case when ${quota} then 1 else 0 end` : sql`1`
  const failure = expressions.failure("rule", sql`n`)
  return sql`(select case when n > 0 then 1 when ${finds === "row" ? clause(false) : (rules ?? clause(true))} then ${within} else ${failure} end from (${found(resource, target)}) as found) = 1`
}

/**
 * 1 where the row was made, as far as the database says. A row that was there at first and is gone when Postgres inserts
 * has passed no rule for new ones: the statement fails, and is tried again.
 */
function isMade(resource: Resource, target: readonly string[], row: RowSql, isNew: SQL | undefined): SQL {
  const made = expressions.isMade?.(tableOf(resource))
  if (!made) return sql`1`
  const failure = expressions.failure("rule", row(target[0] as string))
  const raced = isNew ? sql`when (${found(resource, target)}) > 0 then ${failure} ` : sql``
  return sql`case when not ${made} then 0 ${raced}else 1 end`
}

/** The row of a unique key, as an upsert returns it, where the viewer may see it. */
export function compileFound(resource: Resource, kind: ViewerKind, target: readonly string[]): Plan {
  const row = writtenRow(resource)
  const viewer = viewerSql(kind)
  const where = conjunction([hasKey(resource, row, ownValue.key, target), resource.rules.read(row, viewer)])
  const query = sql`select ${returnedRow(resource, row, viewer)} from ${tableOf(resource)} where ${clause(where)}`
  return { ...compile(query), bounded: true }
}

/**
 * The statement before upserts that says which of the rows are there, by their places: of databases that do not say so
 * themselves.
 */
export function whichAreThere(resource: Resource, target: readonly string[], rows: Values[]): Statement[] {
  if (expressions.isMade) return []
  const types = target.map((column) => resource.fields[column]?.type.sql)
  const plan = planOf(resource, `upsert:there:${target}`, () => {
    const row = writtenRow(resource)
    const same = target.map((c, i) => sql`${row(c)} = ${types[i]?.fromElement(sql`"@row".value`, i)}`)
    return compile(
      sql`select "@row".key from ${expressions.elements(bound("rows"))} as "@row" where exists (select 1 from ${tableOf(resource)} where ${sql.join(same, sql` and `)})`,
    )
  })
  const keys = rows.map((row) => target.map((column, i) => types[i]?.toElement(row[column] ?? null)))
  return [withValues(plan, { rows: JSON.stringify(keys) })]
}
