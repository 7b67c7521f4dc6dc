import { sql } from "drizzle-orm"
import { type ForeignKey, foreignKeysOf, propertyOf } from "../db/dialect/foreign-keys.ts"
import type { Resource } from "../resource/resource.ts"
import { compile, type Plan } from "./plan.ts"
import { typedValue } from "./requirements.ts"

/** The foreign keys of which a write sets every column. */
export const writtenKeys = ({ table, fields }: Resource, written: readonly string[]): ForeignKey[] =>
  foreignKeysOf(table).filter(({ columns }) =>
    columns.every((column) => written.some((name) => fields[name]?.column.name === column.name)),
  )

/** Says of each foreign key whether its row exists, as 1 or 0 in a column each: SQLite does not say which. */
export function compileReferences(resource: Resource, keys: ForeignKey[]): Plan {
  const exist = keys.map(({ columns, foreignTable, foreignColumns }) => {
    const values = columns.map((column) =>
      typedValue(resource, propertyOf(resource.table, column) ?? column.name),
    )
    const isNull = values.map((value) => sql`${value} is null`)
    const same = foreignColumns.map((column, i) => sql`${column} = ${values[i]}`)
    return sql`case when ${sql.join(isNull, sql` or `)} or exists (select 1 from ${foreignTable} where ${sql.join(same, sql` and `)}) then 1 else 0 end`
  })
  return { ...compile(sql`select ${sql.join(exist, sql`, `)}`), bounded: true }
}
