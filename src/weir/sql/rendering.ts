import type { SQL } from "drizzle-orm"
import { sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Field } from "../resource/resource.ts"
import { plainEntries, type RowShape, rowObject } from "./row.ts"

/** What a statement makes of the rows that it selects: their JSON, or the bytes that their JSON would have. */
export interface Rendering {
  field(field: Field, column: SQL): SQL
  /** A row, from its members. */
  object(shape: RowShape): SQL
  /** All rows of `from`, in its order. `ctes` is a WITH clause for them, or nothing. */
  list(shape: RowShape, from: SQL, ctes: SQL): SQL
  /** The one row of `from`, or what stands for none. */
  one(shape: RowShape, from: SQL): SQL
  /** A left-joined row, or what stands for none if its `key` is null. Absent where a subselect is faster. */
  joined?: ((key: SQL, shape: RowShape) => SQL) | undefined
  /** A rendered row that was kept in a table of the statement, or what stands for none. */
  kept(value: SQL): SQL
}

const { joinedMember } = expressions

/** Rows as JSON. */
export const asJson: Rendering = {
  field: (field, column) => field.type.sql.json(column),
  object: rowObject,
  list: (shape, from, ctes) => expressions.jsonList(plainEntries(shape), rowObject(shape), from, ctes),
  one: (shape, from) => expressions.jsonMember(plainEntries(shape), rowObject(shape), from),
  joined: joinedMember && ((key, shape) => joinedMember(key, rowObject(shape))),
  kept: expressions.keptJson,
}

const literal = (count: number): SQL => sql.raw(String(count))
const absent = 4 // null

/**
 * Rows as the bytes of their JSON, about: text counts as it is stored, so that what JSON escapes may take up to six
 * times as much. Fields that the viewer may not see do not count.
 */
export const asSize: Rendering = {
  field: ({ type }, column) =>
    type.measured
      ? sql`coalesce(${expressions.byteLength(column)} + 2, ${literal(absent)})`
      : literal(type.maxBytes),
  object: sizeOf,
  list: (shape, from, ctes) => sql`(${ctes}select 2 + coalesce(sum(1 + ${sizeOf(shape)}), 0) from ${from})`,
  one: (shape, from) => sql`coalesce((select ${sizeOf(shape)} from ${from}), ${literal(absent)})`,
  kept: (value) => sql`coalesce(${value}, ${literal(absent)})`,
}

function sizeOf({ members, conditions }: RowShape): SQL {
  const parts = members.map(({ name, value, when }) => {
    const size = sql`${literal(Buffer.byteLength(name) + 4)} + ${value}`
    const condition = when && conditions.get(when)
    return condition ? sql`case when ${condition} then ${size} else 0 end` : size
  })
  return sql`(${sql.join([literal(2), ...parts], sql` + `)})`
}
