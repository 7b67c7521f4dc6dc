import { type Column, type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Statement } from "../db/dialect/statement.ts"
import type { Values } from "../query/query.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { columnName, tableOf } from "./columns.ts"
import { bound, compile, ownValue, type Plan, planOf, withValues } from "./plan.ts"
import { conditionOf, importRequirements } from "./requirements.ts"

/** Rows with the same columns, as a JSON array of arrays. */
interface RowGroup {
  /** The columns' names, separated by commas. */
  shape: string
  rows: string
}

/** Encoded columns in the order of their shape, as an element of the array that `columnsFrom` reads. */
export const elementOf = (resource: Resource, row: Values): unknown[] =>
  Object.entries(row).map(([name, value]) => resource.fields[name]?.type.sql.toElement(value))

function groupByColumns(resource: Resource, rows: Values[]): RowGroup[] {
  const groups = new Map<string, unknown[][]>()
  for (const row of rows) {
    const shape = Object.keys(row).join()
    const array = elementOf(resource, row)
    const group = groups.get(shape)
    if (group) group.push(array)
    else groups.set(shape, [array])
  }
  return [...groups].map(([shape, arrays]) => ({ shape, rows: JSON.stringify(arrays) }))
}

function fieldsOf(resource: Resource, shape: string): Field[] {
  return shape.split(",").map((name) => {
    const field = resource.fields[name]
    if (!field) throw new Error(`${resource.name} has no column ${name}`)
    return field
  })
}

/** The columns that a JSON array holds, in the order of its shape. */
export const columnsFrom = (array: SQL, resource: Resource, shape: string, named = false): SQL =>
  sql.join(
    fieldsOf(resource, shape).map((field, i) => {
      const value = field.type.sql.fromElement(array, i)
      return named ? sql`${value} as ${sql.identifier(field.name)}` : value
    }),
    sql`, `,
  )

export const insertInto = (resource: Resource, shape: string, rows: SQL): SQL => {
  const names = shape.split(",").map((name) => columnName(resource, name))
  const fixed = fieldsOf(resource, shape).some(({ column }) => column.generatedIdentity?.type === "always")
  return sql`insert into ${tableOf(resource)} (${sql.join(names, sql`, `)}) ${fixed ? sql`overriding system value ` : sql``}${rows}`
}

/** Whether the database counts the values of a column. */
const isCounted = ({ columnType, generatedIdentity }: Column): boolean =>
  /Serial/.test(columnType) || generatedIdentity !== undefined

/** The statements after an insert with explicit ids, so that no later row gets one of them. */
export const keepIds = (resource: Resource): Statement[] => {
  const { keys, fields } = resource
  const { text } = compile(sql`${tableOf(resource)}`)
  return Object.values(fields)
    .filter(({ name, write, column }) => (keys.includes(name) && write === undefined) || isCounted(column))
    .flatMap(({ column }) => expressions.keepIds(text, column.name))
    .map((text) => ({ text, params: [] }))
}

/**
 * The statements that insert many rows of encoded columns: one for each set of columns that they have, whose
 * text does not depend on how many rows there are, and `keepIds` where rows have explicit ids.
 */
export function insertMany(resource: Resource, rows: Values[]): Statement[] {
  const inserts = groupByColumns(resource, rows).map(({ shape, rows: list }) => {
    const plan = planOf(resource, `bulk:${shape}`, () => {
      const columns = columnsFrom(sql`value`, resource, shape)
      const from = expressions.elements(bound("rows"))
      return compile(insertInto(resource, shape, sql`select ${columns} from ${from}`))
    })
    return withValues(plan, { rows: list })
  })
  return rows.some((row) =>
    Object.values(resource.fields).some(
      ({ name, column, write }) => row[name] !== undefined && (write === undefined || isCounted(column)),
    ),
  )
    ? [...inserts, ...keepIds(resource)]
    : inserts
}

/**
 * The statements that fail unless the rules for new rows hold for each of these, by what the database holds when they
 * run: after their insert, where rows may refer to each other.
 */
export const rulesOfRows = (resource: Resource, rows: Values[]): Statement[] =>
  groupByColumns(resource, rows).flatMap(({ shape, rows: list }) => {
    const columns = columnsFrom(sql`value`, resource, shape, true)
    const check = rulesOf(resource, shape, sql`select ${columns} from ${expressions.elements(bound("rows"))}`)
    return check ? [withValues(check, { rows: list, [ownValue.viewer]: 0 })] : []
  })

function rulesOf(resource: Resource, shape: string, rows: SQL): Plan | undefined {
  const columns = shape.split(",")
  const row = sql.identifier("@row")
  const holds = conditionOf(
    importRequirements(resource, columns, (column) => sql`${row}.${sql.identifier(column)}`),
  )
  if (!holds) return undefined
  const broken = sql`select 1 from (${rows}) as ${row} where case when ${holds} then 0 else 1 end = 1`
  const failure = expressions.failure("rule", sql`n`)
  return compile(
    sql`select case when n = 0 then 1 else ${failure} end from (select count(*) as n from (${broken}) as broken) as judged`,
  )
}

const once = (query: SQL, values: Values = {}): Statement => withValues(compile(query), values)
const stagingOf = (name: string): SQL => sql`${sql.identifier(name)}`

/** Keeps the rows of an all-or-nothing import until all have been read; one transaction then moves them. */
export const staging = {
  open: (table: string): Statement[] => [...staging.close(table), once(expressions.stagingTable(table))],
  close: (table: string): Statement[] => [once(sql`drop table if exists ${stagingOf(table)}`)],
  add: (table: string, resource: Resource, rows: Values[]): Statement[] =>
    groupByColumns(resource, rows).map(({ shape, rows: list }) =>
      once(
        sql`insert into ${stagingOf(table)} (shape, "array") select ${sql.raw(`'${shape}'`)}, value from ${expressions.elements(bound("rows"))}`,
        { rows: list },
      ),
    ),
  name: stagingOf,
  /** See `rulesOfRows`, for the staged rows that have these columns. */
  rules: (table: string, resource: Resource, shape: string): Statement[] => {
    const columns = columnsFrom(sql`"array"`, resource, shape, true)
    const rows = sql`select ${columns} from ${stagingOf(table)} where shape = ${bound("shape")}`
    const check = rulesOf(resource, shape, rows)
    return check ? [withValues(check, { shape, [ownValue.viewer]: 0 })] : []
  },
  shapes: (table: string): Statement => once(sql`select distinct shape from ${stagingOf(table)}`),
  /** Moves the rows that have these columns. */
  move: (table: string, resource: Resource, shape: string): Statement => {
    const columns = columnsFrom(sql`"array"`, resource, shape)
    const rows = sql`select ${columns} from ${stagingOf(table)} where shape = ${bound("shape")} order by n`
    return once(insertInto(resource, shape, rows), { shape })
  },
}
