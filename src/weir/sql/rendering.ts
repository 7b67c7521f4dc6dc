import type { SQL } from "drizzle-orm"
import { sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { FieldType } from "../fields/type.ts"
import type { Field } from "../resource/resource.ts"
import { hasShare, type Share } from "./answer-share.ts"
import { type Member, plainEntries, type RowShape, rowObject } from "./row.ts"

/** What a statement makes of the rows that it selects: their JSON, or the bytes that their JSON would have. */
export interface Rendering {
  /** A field of a row; `json` is what is shown of it, where that is not the whole column. */
  field(field: Field, column: SQL, json?: SQL): SQL
  /** A row, from its members. */
  object(shape: RowShape): SQL
  /** All rows of `from`, in its order. `ctes` is a WITH clause for them, or nothing. */
  list(shape: RowShape, from: SQL, ctes: SQL): SQL
  /** The one row of `from`, or what stands for none. */
  one(shape: RowShape, from: SQL): SQL
  /** A left-joined row, or what stands for none if its `key` is null. Absent where a subselect is faster. */
  joined?: ((key: SQL, shape: RowShape) => SQL) | undefined
  /** What stands for the validator of a row of that text. `whole` has the row's members, where it is made of these. */
  version(text: SQL, whole: ((rendering: Rendering) => RowShape) | undefined): SQL
  /** A rendered row that was kept in a table of the statement, or what stands for none. */
  kept(value: SQL): SQL
}

const { joinedMember } = expressions

/** Rows as JSON. */
export const asJson: Rendering = {
  field: (field, column, json) => json ?? field.type.sql.json(column),
  object: rowObject,
  list: (shape, from, ctes) => expressions.jsonList(plainEntries(shape), rowObject(shape), from, ctes),
  one: (shape, from) => expressions.jsonMember(plainEntries(shape), rowObject(shape), from),
  joined: joinedMember && ((key, shape) => joinedMember(key, rowObject(shape))),
  version: expressions.versionMark,
  kept: expressions.keptJson,
}

/**
 * Stands for a value that is larger than its share of an answer, or that takes longer to write than others. A value may
 * hold it: the answer is measured then.
 */
const mark = "@weir: too large"

/** Whether the text of an answer lacks values, so that it must be made by a statement that measures it. */
export const lacksValues = (body: string): boolean => body.includes(mark)

/** Rows as JSON, whose values of much different size have their share at the most: `lacksValues` finds what is left out. */
export const asJsonUpTo = ({ bytes, above }: Share): Rendering => ({
  ...asJson,
  field: (field, column, part) => {
    const { spec, type } = field
    const json = part ?? type.sql.quick?.(column, sql.raw(`'${mark}'`)) ?? type.sql.json(column)
    if (!hasShare(type, above)) return json
    const size = sizeOfValue(type, column, part)
    if (spec.document) return expressions.documentUpTo(json, size, bytes, expressions.markedObject(mark))
    const isText = spec.type === "text" || spec.type === "bytes"
    return expressions.marked(size, bytes, mark, json, isText)
  },
  version: (text, whole) => {
    const stands = expressions.versionMark(text)
    const larger = whole ? largerThan({ bytes, above }, whole) : []
    return larger.length
      ? sql`case when ${balanced(larger, sql` or `)} then ${sql.raw(`'${mark}'`)} else ${stands} end`
      : stands
  },
})

/** Conditions that hold where values of a row have more than their share. */
function largerThan({ bytes, above }: Share, whole: (rendering: Rendering) => RowShape): SQL[] {
  const none = sql``
  const { members } = whole({
    ...asJson,
    field: ({ type }, column) =>
      hasShare(type, above)
        ? sql`coalesce(${sizeOfValue(type, column, undefined)}, 0) > ${sql.raw(String(bytes))}`
        : none,
  })
  return members.flatMap(({ value }) => (value === none ? [] : [value]))
}

const sizeOfValue = ({ sql }: FieldType, column: SQL, part: SQL | undefined): SQL =>
  part ? expressions.byteLength(part) : (sql.size?.(column) ?? expressions.byteLength(column))

/** What is known of a size when a statement is compiled: the bytes that its expression leaves out. */
interface Known {
  bytes: number
  /** Whether the expression is nothing but these bytes. */
  literal?: true
  /** Whether rows of another table are looked through for it. */
  embed?: true
}
const known = new WeakMap<SQL, Known>()

function noted(expression: SQL, what: Known): SQL {
  known.set(expression, what)
  return expression
}
const literal = (bytes: number): SQL => noted(sql.raw(String(bytes)), { bytes, literal: true })

const nullBytes = 4
const absent = literal(nullBytes)

/** Quotes around a text. */
const quotes = 2

/** The bytes of a text without its quotes, so that those of null and these add up to its own. */
const textBytes = (length: SQL, nullable: boolean): SQL =>
  noted(nullable ? sql`coalesce(${length}, ${sql.raw(String(nullBytes - quotes))})` : length, {
    bytes: quotes,
  })

/** The bytes of a validator, in quotes. */
const versionBytes = 18

/**
 * Rows as the bytes that their JSON has at the least: text counts as it is stored, and other values as the shortest of
 * their type, so that no answer is refused that is small enough. It may have up to six times as many, since JSON escapes
 * text and numbers have up to 24 digits. Fields that the viewer may not see do not count.
 */
export const asSize: Rendering = {
  field: ({ type, nullable }, column, part) =>
    type.measured
      ? textBytes(sizeOfValue(type, column, part), nullable)
      : literal(nullable ? Math.min(type.minBytes, nullBytes) : type.minBytes),
  object: (shape) => sizeOf(shape),
  list: (shape, from, ctes) =>
    noted(sql`(${ctes}select ${expressions.total(sizeOf(shape, 1))} from ${from})`, {
      bytes: 1,
      embed: true,
    }),
  one: (shape, from) =>
    noted(sql`coalesce((select ${sizeOf(shape)} from ${from}), ${absent})`, { bytes: 0, embed: true }),
  version: (_, whole) => (whole ? sql`(${sizeOf(whole(asSize))})` : literal(versionBytes)),
  kept: (value) => sql`coalesce(${value}, ${absent})`,
}

/**
 * The size of a row, and `more` bytes for what separates it from the next. Embeds come first and highest: SQLite's
 * parser keeps what stands before a nested select on its small stack, and D1 counts how deep it is nested.
 */
export function sizeOf({ members, conditions }: RowShape, more = 0): SQL {
  const conditional = [...conditions].map(([rule, condition]) => {
    const { bytes, measured } = sizesOf(members.filter(({ when }) => when === rule))
    return sql`case when ${condition} then ${balanced([...measured, sql.raw(String(bytes))])} else 0 end`
  })
  const { bytes, measured, embeds } = sizesOf(members.filter(({ when }) => when === undefined))
  const own = balanced([...measured, ...conditional, sql.raw(String(bytes + 1 + more))])
  return embeds.length ? sql`(${balanced(embeds)} + ${own})` : own
}

/** The size of a list but for a bracket, over its rows. */
export const sizeOfAll = (shape: RowShape): SQL => expressions.total(sizeOf(shape, 1))

/** The bytes that are known of members, and the measures of the others. */
function sizesOf(members: Member[]): { bytes: number; measured: SQL[]; embeds: SQL[] } {
  let bytes = 0
  const measured: SQL[] = []
  const embeds: SQL[] = []
  for (const { name, value, spread } of members) {
    const part = known.get(value)
    // Quotes, a colon, and a comma or a brace. The members of a document are without its braces.
    if (!spread) bytes += Buffer.byteLength(name) + 4 + (part?.bytes ?? 0)
    else bytes -= 2
    if (part?.embed) embeds.push(value)
    else if (!part?.literal) measured.push(value)
  }
  return { bytes, measured, embeds }
}

/** Terms as a balanced tree: D1 refuses expressions that are more than 100 deep, and a chain is as deep as it is long. */
function balanced(terms: SQL[], operator = sql` + `): SQL {
  if (terms.length === 1) return terms[0] as SQL
  const half = terms.length >> 1
  return sql`(${balanced(terms.slice(0, half), operator)}${operator}${balanced(terms.slice(half), operator)})`
}
