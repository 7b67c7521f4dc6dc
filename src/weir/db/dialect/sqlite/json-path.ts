import { type SQL, sql } from "drizzle-orm"
import type { FieldSpec } from "../field.ts"
import type { ComparedPlace, JsonKind, JsonPlace, JsonStep, PlaceParts } from "../json-path.ts"

/** `$."size"."width"[0]`, whose bound names hold no quotes. */
function pathText(steps: readonly JsonStep[]): SQL {
  const parts: SQL[] = []
  let plain = "$"
  for (const step of steps) {
    if (typeof step === "number") plain += `[${step}]`
    else if (typeof step === "string") plain += `."${step}"`
    else {
      parts.push(sql.raw(`'${plain}."'`), step)
      plain = '"'
    }
  }
  parts.push(sql.raw(`'${plain}'`))
  return parts.length === 1 ? (parts[0] as SQL) : sql`(${sql.join(parts, sql` || `)})`
}

/** A column's JSON: what somebody else stored may be in a blob, or be none. */
function documentOf(column: SQL, { inferred, storage }: Pick<FieldSpec, "inferred" | "storage">): SQL {
  const text = storage === "blob" ? sql`cast(${column} as text)` : column
  return inferred ? sql`iif(json_valid(${text}), ${text}, null)` : text
}

/**
 * SQLite sorts numbers before texts, and these before blobs: blobs stand for all other kinds, and for no value. So one
 * value is what rows are sorted by.
 */
const blobOf = (rank: number): SQL => sql.raw(`x'0${rank}'`)
const absent = blobOf(7)
const blobKinds = [
  ["false", 3],
  ["true", 4],
  ["array", 5],
  ["object", 6],
] as const
const [leastText, leastBlob] = [sql.raw("''"), sql.raw("x''")]

/** The blob that stands for a boolean, from its rank. */
const ofBoolean = (rank: SQL): SQL => sql`case ${rank} when 3 then ${blobOf(3)} when 4 then ${blobOf(4)} end`

/** A number without an affinity: one would make numbers of the texts that it is compared with. */
const asNumber = (text: SQL): SQL => sql`(+cast(${text} as real))`

/** How operands are compared with what a place is sorted by. The narrower bound of two is likelier to be the one that is given. */
const compared = (value: SQL): Record<JsonKind, ComparedPlace> => ({
  number: {
    value,
    only: sql`likely(${value} < ${leastText})`,
    operand: asNumber,
    operands: (list) => sql`select +cast(value as real) from json_each(${list})`,
  },
  text: {
    value,
    only: sql`likely(${value} >= ${leastText}) and likely(${value} < ${leastBlob})`,
    operand: (text) => text,
    operands: (list) => sql`select value from json_each(${list})`,
  },
  boolean: {
    value,
    only: sql`likely(${value} >= ${blobOf(3)}) and likely(${value} <= ${blobOf(4)})`,
    operand: ofBoolean,
    operands: (list) => sql`select ${ofBoolean(sql`value`)} from json_each(${list})`,
  },
})

/** What a place with these parts is sorted by. */
export function orderOf({ rank, number, text }: Partial<PlaceParts>): SQL[] {
  if (number) return [asNumber(number)]
  if (text) return [text]
  if (!rank) return [absent]
  const cases = blobKinds.map(([, one]) => sql`when ${sql.raw(String(one))} then ${blobOf(one)}`)
  return [sql`case ${rank} ${sql.join(cases, sql` `)} end`]
}

/** The parts of a place, from what it is sorted by. */
export function partsOf([value = absent]: SQL[]): PlaceParts {
  const cases = blobKinds.map(([, one]) => sql`when ${blobOf(one)} then ${sql.raw(String(one))}`)
  return {
    rank: sql`case typeof(${value}) when 'real' then 1 when 'text' then 2 else case ${value} ${sql.join(cases, sql` `)} end end`,
    number: sql`case typeof(${value}) when 'real' then ${value} end`,
    text: sql`case typeof(${value}) when 'text' then ${value} end`,
  }
}

/** A place in a JSON column, as SQLite finds it. */
export function jsonPlace(
  column: SQL,
  spec: Pick<FieldSpec, "inferred" | "storage" | "sqlType">,
  steps: readonly JsonStep[],
): JsonPlace {
  const document = documentOf(column, spec)
  const path = pathText(steps)
  const type = sql`json_type(${document}, ${path})`
  const value = sql`json_extract(${document}, ${path})`
  const number = sql`cast(${value} as real)`
  const others = blobKinds.map(([kind, rank]) => sql`when ${sql.raw(`'${kind}'`)} then ${blobOf(rank)}`)
  const order = sql`case ${type} when 'real' then ${number} when 'integer' then ${number} when 'text' then ${value} ${sql.join(others, sql` `)} else ${absent} end`
  const elements = (matches: SQL) =>
    sql`(${type} = 'array' and exists (select 1 from json_each(${document}, ${path}) "@e" where ${matches}))`
  return {
    rank: sql`case ${type} when 'integer' then 1 when 'real' then 1 when 'text' then 2 when 'false' then 3 when 'true' then 4 when 'array' then 5 when 'object' then 6 end`,
    number: sql`cast(case when ${type} in ('integer', 'real') then ${value} end as real)`,
    text: sql`case ${type} when 'text' then ${value} end`,
    order: [order],
    compared: compared(order),
    grouped: [[5, 6, 7].reduce((value, rank) => sql`nullif(${value}, ${blobOf(rank)})`, order)],
    isNull: sql`${order} = ${absent}`,
    exists: sql`${type} is not null`,
    json: sql`(${document} -> ${path})`,
    holds: (kind, operand) => {
      if (kind === "number")
        return elements(sql`"@e".type in ('integer', 'real') and cast("@e".atom as real) = ${operand}`)
      return kind === "text"
        ? elements(sql`"@e".type = 'text' and "@e".atom = ${operand}`)
        : elements(sql`case "@e".type when 'false' then 3 when 'true' then 4 end = ${operand}`)
    },
  }
}

/**
 * An object of these members, but for those without a value; null where none has one. The filter of the aggregate has each
 * value computed once: SQLite would move a WHERE clause inwards, and compute what nests twice at each level.
 */
export const objectOf = (members: [name: SQL, json: SQL][]): SQL =>
  // D1 bounds the parts of a union, and not the rows of VALUES.
  sql`(select nullif(json_group_object(column1, json(column2)) filter (where column2 is not null), '{}') from (values ${sql.join(
    members.map(([name, json]) => sql`(${name}, ${json})`),
    sql`, `,
  )}))`

/** An object of one member, as text; null where that has no value. */
export const objectAround = (name: SQL, json: SQL): SQL =>
  sql`'{' || json_quote(${name}) || ':' || (${json}) || '}'`
