import { sql } from "drizzle-orm"
import { fieldType } from "../fields/types.ts"
import { countName } from "../query/include-tree.ts"
import type { RowCount } from "../query/query.ts"
import type { Field } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import { tableOf } from "./columns.ts"
import { conditionsOf } from "./conditions.ts"
import type { Context } from "./embed.ts"
import { filtered, related } from "./filters.ts"
import type { Member } from "./row.ts"

const integer = { type: "integer" } as const
const type = fieldType(integer)

/** The number of a row's related rows, of those that the viewer may see and that pass the filters. */
export function countMember(count: RowCount, outer: RowSql, context: Context): Member {
  const { relation, filters, conditions } = count
  const { target } = relation
  const { viewer, aliases, rendering } = context
  const { alias, row } = aliases.next(target)
  // What nests stands first: SQLite's parser keeps what stands before it on its small stack.
  const where = conjunction([
    ...filtered(filters, row, viewer, aliases),
    ...conditionsOf(conditions, row, viewer, aliases),
    related(relation, outer, row, viewer, aliases),
    target.rules.read(row, viewer),
  ])
  const number = sql`(select count(*) from ${tableOf(target)} ${alias} where ${clause(where)})`
  const base = Object.values(target.fields)[0] as Field
  const field: Field = { ...base, name: countName(relation), spec: integer, type, nullable: false }
  return { name: field.name, value: rendering.field(field, number), when: undefined }
}
