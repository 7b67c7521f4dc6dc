import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { FieldSpec } from "../db/dialect/field.ts"
import type { Statement } from "../db/driver.ts"
import type { Values } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { bound, compile, planOf, withValues } from "./plan.ts"
import { tableOf } from "./where.ts"

/** Rows with the same columns, as a JSON array of arrays. */
interface Alike {
  /** The columns' names, separated by commas. */
  shape: string
  rows: string
}

function alike(resource: Resource, rows: Values[]): Alike[] {
  const shapes = new Map<string, unknown[][]>()
  for (const row of rows) {
    const shape = Object.keys(row).join()
    const specs = specsOf(resource, shape)
    const array = Object.values(row).map((value, i) => expressions.inArray(specs[i] as FieldSpec, value))
    const others = shapes.get(shape)
    if (others) others.push(array)
    else shapes.set(shape, [array])
  }
  return [...shapes].map(([shape, arrays]) => ({ shape, rows: JSON.stringify(arrays) }))
}

function specsOf(resource: Resource, shape: string): FieldSpec[] {
  return shape.split(",").map((name) => {
    const field = resource.fields[name]
    if (!field) throw new Error(`${resource.name} has no column ${name}`)
    return field.spec
  })
}

const insertInto = (resource: Resource, shape: string, rows: SQL): SQL => {
  const names = shape.split(",").map((name) => sql`${sql.identifier(name)}`)
  return sql`insert into ${tableOf(resource)} (${sql.join(names, sql`, `)}) ${rows}`
}

/** What must follow an insert of given ids, so that no later row is given one of them. */
export const keepIds = ({ name, key }: Resource): Statement[] =>
  expressions.keepIds(name, key).map((text) => ({ text, params: [] }))

/**
 * The statements that insert many rows of encoded columns: one for each set of columns that they have, whose
 * text does not depend on how many rows there are, and what given ids ask for besides.
 */
export function insertMany(resource: Resource, rows: Values[]): Statement[] {
  const inserts = alike(resource, rows).map(({ shape, rows: list }) => {
    const plan = planOf(resource, `bulk:${shape}`, () => {
      const columns = expressions.arrayColumns(sql`value`, specsOf(resource, shape))
      const from = expressions.elements(bound("rows"))
      return compile(insertInto(resource, shape, sql`select ${columns} from ${from}`))
    })
    return withValues(plan, { rows: list })
  })
  return rows.some((row) => row[resource.key] !== undefined) ? [...inserts, ...keepIds(resource)] : inserts
}

const once = (query: SQL, values: Values = {}): Statement => withValues(compile(query), values)
const roomOf = (name: string): SQL => sql`${sql.identifier(name)}`

/** Where the rows of an all-or-nothing import wait until all have been read: one transaction then moves them. */
export const staging = {
  open: (room: string): Statement[] => [...staging.close(room), once(expressions.waitingTable(room))],
  close: (room: string): Statement[] => [once(sql`drop table if exists ${roomOf(room)}`)],
  add: (room: string, resource: Resource, rows: Values[]): Statement[] =>
    alike(resource, rows).map(({ shape, rows: list }) =>
      once(
        sql`insert into ${roomOf(room)} (shape, "array") select ${sql.raw(`'${shape}'`)}, value from ${expressions.elements(bound("rows"))}`,
        { rows: list },
      ),
    ),
  shapes: (room: string): Statement => once(sql`select distinct shape from ${roomOf(room)}`),
  /** Moves the rows that have these columns. */
  move: (room: string, resource: Resource, shape: string): Statement => {
    const columns = expressions.arrayColumns(sql`"array"`, specsOf(resource, shape))
    const rows = sql`select ${columns} from ${roomOf(room)} where shape = ${bound("shape")} order by n`
    return once(insertInto(resource, shape, rows), { shape })
  },
}
