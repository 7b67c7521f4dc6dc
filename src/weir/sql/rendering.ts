import type { SQL } from "drizzle-orm"
import { sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Field } from "../resource/resource.ts"
import { type Member, plainEntries, type RowShape, rowObject } from "./row.ts"

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

/** The sizes that are known when a statement is compiled, by their expressions. */
const known = new WeakMap<SQL, number>()

function literal(bytes: number): SQL {
  const expression = sql.raw(String(bytes))
  known.set(expression, bytes)
  return expression
}
const absent = literal(4) // null

/**
 * Rows as the bytes of their JSON, about: text counts as it is stored, so that what JSON escapes may take up to six
 * times as much. Fields that the viewer may not see do not count.
 */
export const asSize: Rendering = {
  field: ({ type }, column) =>
    type.measured ? sql`coalesce(${expressions.byteLength(column)} + 2, ${absent})` : literal(type.maxBytes),
  object: (shape) => sizeOf(shape),
  list: (shape, from, ctes) => sql`(${ctes}select ${expressions.total(sizeOf(shape, 1))} + 2 from ${from})`,
  one: (shape, from) => sql`coalesce((select ${sizeOf(shape)} from ${from}), ${absent})`,
  kept: (value) => sql`coalesce(${value}, ${absent})`,
}

/**
 * The size of a row, and `more` bytes: one sum for the members of all rows, and one for those that depend on each
 * condition. Embeds come first: SQLite's parser keeps what stands before a nested select on its small stack.
 */
function sizeOf({ members, conditions }: RowShape, more = 0): SQL {
  const conditional = [...conditions].map(([rule, condition]) => {
    const { bytes, measured } = sizesOf(members.filter(({ when }) => when === rule))
    return sql`case when ${condition} then ${balanced([...measured, literal(bytes)])} else 0 end`
  })
  const { bytes, measured } = sizesOf(members.filter(({ when }) => when === undefined))
  return balanced([...measured, ...conditional, literal(bytes + 2 + more)])
}

/** The bytes that are known of members, and the measures of the others, embeds first. */
function sizesOf(members: Member[]): { bytes: number; measured: SQL[] } {
  let bytes = 0
  const measured: SQL[] = []
  for (const { name, value } of members) {
    bytes += Buffer.byteLength(name) + 4 + (known.get(value) ?? 0)
    if (!known.has(value)) measured.unshift(value)
  }
  return { bytes, measured }
}

/** A sum as a balanced tree: D1 refuses expressions that are more than 100 deep, and a chain is as deep as it is long. */
function balanced(terms: SQL[]): SQL {
  if (terms.length === 1) return terms[0] as SQL
  const half = terms.length >> 1
  return sql`(${balanced(terms.slice(0, half))} + ${balanced(terms.slice(half))})`
}
