import { mapColumnsInSQLToAlias, type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { type ForeignKey, foreignKeysOf } from "../db/dialect/foreign-keys.ts"
import type { Resource } from "../resource/resource.ts"
import { anyone, isOpenToAll } from "../resource/rules.ts"
import type { Check } from "../resource/table-checks.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { columnsFrom, insertInto } from "./bulk.ts"
import { tableOf } from "./columns.ts"
import { bound, compile, ownValue, type Plan } from "./plan.ts"
import {
  conditionOf,
  createRequirements,
  type Requirement,
  required,
  typedValue,
  valueByDefault,
} from "./requirements.ts"
import { returnedRow, writtenRow } from "./returning.ts"
import { viewerSql } from "./where.ts"

/** The columns that rows of one statement have, and of these those that their client chose. */
export interface RowsShape {
  columns: string[]
  chosen: string[]
}

const given = sql.identifier("@given")

/** Rows that are bound as `@rows`, a JSON array of arrays. */
const boundRows = (resource: Resource, { columns }: RowsShape): SQL =>
  sql`select ${columnsFrom(sql`value`, resource, columns.join(), true)} from ${expressions.elements(bound(ownValue.rows))}`

/** What a create requires of each of the bound rows. */
export const rowRequirements = (resource: Resource, kind: ViewerKind, shape: RowsShape): Requirement[] =>
  createRequirements(
    resource,
    kind,
    shape.columns,
    shape.chosen,
    undefined,
    undefined,
    (column) => sql`${given}.${sql.identifier(column)}`,
  )

/**
 * Whether rows can be inserted by one statement: none of them depends on another, by a reference to its own table or by a
 * rule that looks there.
 */
export function areIndependent(resource: Resource, kind: ViewerKind, shape: RowsShape): boolean {
  const { table, tableName } = resource
  if (foreignKeysOf(table).some(({ foreignTable }) => foreignTable === table)) return false
  if (isUnasked(resource, kind, shape)) return true
  const condition = conditionOf(rowRequirements(resource, kind, shape))
  return !condition || !expressions.render(condition).text.includes(tableName)
}

/** Whether no rule asks anything of a new row. */
const isUnasked = (
  { rules, fields, refersTo }: Resource,
  kind: ViewerKind,
  { columns }: RowsShape,
): boolean =>
  isOpenToAll(rules.create, kind) &&
  columns.every((column) => {
    const { create = anyone } = fields[column]?.write ?? {}
    return create === anyone && isOpenToAll(refersTo.get(column)?.rule ?? anyone, kind)
  })

/**
 * The insert of many rows by one statement, whose text does not depend on how many they are: for each, in their order,
 * `[body, primary key, …foreign keys]`. Fails where a requirement does not hold for one of them.
 */
export function compileCreates(resource: Resource, kind: ViewerKind, shape: RowsShape): Plan {
  const row = writtenRow(resource)
  const rules = required(rowRequirements(resource, kind, shape))
  const values = shape.columns.map((column) => sql`${given}.${sql.identifier(column)}`)
  const rows = sql`select ${sql.join(values, sql`, `)} from (${boundRows(resource, shape)}) as ${given}${rules ? sql` where ${rules}` : sql``}`
  const insert = insertInto(resource, shape.columns.join(), rows)
  return compile(sql`${insert} returning ${returnedRow(resource, row, viewerSql(kind))}`)
}

/** The bound rows with their places among them, as `"@n"`. */
const placed = (resource: Resource, shape: RowsShape): SQL =>
  sql`(select *, row_number() over () - 1 as "@n" from (${boundRows(resource, shape)}) as "@all") as ${given}`

/** Which of the bound rows break a requirement: `[place, 1 or 0 for each requirement]`. */
export function compileRefused(resource: Resource, shape: RowsShape, requirements: Requirement[]): Plan {
  const verdicts = requirements.map(
    ({ holds }, i) => sql`case when ${holds} then 1 else 0 end as ${sql.identifier(`@${i}`)}`,
  )
  const broken = requirements.map((_, i) => sql`${sql.identifier(`@${i}`)} = 0`)
  const judged = sql`select "@n", ${sql.join(verdicts, sql`, `)} from ${placed(resource, shape)}`
  return compile(
    sql`select * from (${judged}) as "@judged" where ${sql.join(broken, sql` or `)} order by "@n"`,
  )
}

/** Which of the bound rows have values in these columns that another row has, or one of them before it: `[place]`. */
export function compileTaken(
  resource: Resource,
  shape: RowsShape,
  unique: string[],
  caseless: boolean,
): Plan {
  const like = (value: SQL) => (caseless ? expressions.caseless(value) : value)
  const own = unique.map((column) => sql`${given}.${sql.identifier(column)}`)
  const row = writtenRow(resource)
  const same = unique.map((column, i) => sql`${like(row(column))} = ${like(own[i] as SQL)}`)
  const known = own.map((value) => sql`${value} is not null`)
  const nth = sql`row_number() over (partition by ${sql.join(own.map(like), sql`, `)} order by "@n")`
  const there = sql`exists (select 1 from ${tableOf(resource)} where ${sql.join(same, sql` and `)})`
  const judged = sql`select "@n", case when ${there} then 2 else ${nth} end as "@nth" from ${placed(resource, shape)} where ${sql.join(known, sql` and `)}`
  return compile(sql`select "@n" from (${judged}) as "@judged" where "@nth" > 1 order by "@n"`)
}

/**
 * Which of the bound rows do not hold a check of the table: `[place]`. The rows go by the name of the table and have the names of
 * its columns, as the check has them.
 */
export function compileUnchecked(resource: Resource, shape: RowsShape, check: Check): Plan {
  const columns = [...new Set([...shape.columns, ...check.columns])].map((name) => {
    const value = shape.columns.includes(name)
      ? sql`${given}.${sql.identifier(name)}`
      : typedValue(resource, name, valueByDefault(resource, name))
    return sql`${value} as ${sql.identifier(resource.fields[name]?.column.name ?? name)}`
  })
  const rows = sql`select "@n", ${sql.join(columns, sql`, `)} from ${placed(resource, shape)}`
  const alias = sql.identifier(resource.tableName)
  // A table of a schema is called without it here.
  const holds = mapColumnsInSQLToAlias(check.value, resource.tableName)
  return compile(sql`select "@n" from (${rows}) as ${alias} where not (${holds}) order by "@n"`)
}

/** Which of the bound rows name a row that is not there by a foreign key: `[place]`. */
export function compileUnknown(
  resource: Resource,
  shape: RowsShape,
  names: string[],
  { foreignTable, foreignColumns }: ForeignKey,
): Plan {
  const own = names.map((column) => sql`${given}.${sql.identifier(column)}`)
  const known = own.map((value) => sql`${value} is not null`)
  const same = foreignColumns.map((column, i) => sql`${column} = ${own[i]}`)
  return compile(
    sql`select "@n" from ${placed(resource, shape)} where ${sql.join(known, sql` and `)} and not exists (select 1 from ${foreignTable} where ${sql.join(same, sql` and `)}) order by "@n"`,
  )
}
