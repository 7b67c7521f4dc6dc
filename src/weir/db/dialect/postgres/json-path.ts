import { type SQL, sql } from "drizzle-orm"
import type { FieldSpec } from "../field.ts"
import type { ComparedPlace, JsonKind, JsonPlace, JsonStep, PlaceParts } from "../json-path.ts"

/** Numbers from here on are infinite as doubles, and those up to the second one are 0: a cast would fail. */
const [largest, smallest] = [sql.raw("1.797693134862315807e308"), sql.raw("2.4703282292062327e-324")]

/** The double of a number whose text has all its digits, which are too few for one that is too large or too small. */
const ofShort = (text: SQL): SQL => sql`when octet_length(${text}) < 300 then ${text}::double precision `

/** A column of `json`, where it holds no NUL: Postgres cannot read such a text, and fails instead. */
const readable = (column: SQL): SQL =>
  sql`case when strpos(${column}::text, '\\u0000') = 0 or ${column}::text !~ '(^|[^\\\\])(\\\\\\\\)*\\\\u0000' then ${column} end`

/** A member by name, which no array has, or an element by index, which no object has. */
function stepInto(value: SQL, step: JsonStep, isBinary: boolean): SQL {
  if (typeof step === "string") return sql`${value} -> ${sql.raw(`'${step}'`)}`
  if (typeof step === "object") return sql`${value} -> ${step}::text`
  // For the arrow, a number or a text of `jsonb` is an array of itself.
  return isBinary
    ? sql`jsonb_path_query_first(${value}, ${sql.raw(`'strict $[${step}]'`)}, '{}', true)`
    : sql`${value} -> ${sql.raw(String(step))}`
}

/** What a member may be called to be part of a path: others could be taken for the index of an element. */
const word = /^[A-Za-z_]\w*$/
const isWord = (step: JsonStep): boolean => typeof step === "string" && word.test(step)

/** A value at a place: as JSON, and as text. Members that are words are found at once: step by step takes twice as long. */
function found(column: SQL, steps: readonly JsonStep[], isBinary: boolean): [json: SQL, text: SQL] {
  if (isBinary && steps.length > 1 && steps.every(isWord)) {
    const path = sql.raw(`'{${steps.map((step) => `"${step}"`).join(",")}}'`)
    return [sql`(${column} #> ${path})`, sql`(${column} #>> ${path})`]
  }
  const [only, ...others] = steps
  if (typeof only === "string" && !others.length)
    return [sql`(${stepInto(column, only, isBinary)})`, sql`(${column} ->> ${sql.raw(`'${only}'`)})`]
  const json = sql`(${steps.reduce<SQL>((value, step) => stepInto(value, step, isBinary), column)})`
  return [json, sql`(${json} #>> '{}')`]
}

/**
 * A place is sorted by a number and a text, of which an index can go on behind neither null. All that is no number counts
 * as NaN, which is larger than infinity; its text begins with the digit of its kind.
 */
const notNumber = sql.raw("'NaN'::double precision")
const [noText, noValue] = [sql.raw("''"), sql.raw("'7'")]

const compared = (number: SQL, text: SQL): Record<JsonKind, ComparedPlace> => {
  const listed = (value: SQL) => (list: SQL) =>
    sql`select ${value} from json_array_elements_text(${list}::text::json)`
  const isOther = sql`${number} = ${notNumber}`
  return {
    number: {
      value: number,
      only: sql`${number} < ${notNumber}`,
      // An index whose columns are all equal has its rows in the order of their key.
      onlyEqual: sql`${text} = ${noText}`,
      operand: (value) => sql`${value}::text::double precision`,
      operands: listed(sql`value::double precision`),
    },
    text: {
      value: text,
      only: sql`${isOther} and ${text} >= '2' and ${text} < '3'`,
      onlyEqual: isOther,
      operand: (value) => sql`('2' || ${value}::text)`,
      operands: listed(sql`'2' || value`),
    },
    boolean: {
      value: text,
      only: sql`${isOther} and ${text} between '3' and '4'`,
      onlyEqual: isOther,
      operand: (value) => sql`${value}::integer::text`,
      operands: listed(sql`value`),
    },
  }
}

/** What a place with these parts is sorted by. */
export const orderOf = ({ rank, number, text }: Partial<PlaceParts>): SQL[] => {
  if (number) return [number, noText]
  return [notNumber, text ? sql`('2' || ${text})` : rank ? sql`${rank}::text` : noValue]
}

/** The parts of a place, from what it is sorted by. */
export const partsOf = ([number = notNumber, text = noValue]: SQL[]): PlaceParts => ({
  rank: sql`case ${text} when ${noText} then 1 else nullif(left(${text}, 1), ${noValue})::integer end`,
  number: sql`case ${text} when ${noText} then ${number} end`,
  text: sql`case left(${text}, 1) when '2' then right(${text}, -1) end`,
})

/** A place in a JSON column, as Postgres finds it. The column may be of `json` or of `jsonb`. */
export function jsonPlace(
  column: SQL,
  { sqlType = "json" }: Pick<FieldSpec, "inferred" | "storage" | "sqlType">,
  steps: readonly JsonStep[],
): JsonPlace {
  const isBinary = sqlType === "jsonb"
  const whole = isBinary ? column : readable(column)
  const prefix = sql.raw(isBinary ? "jsonb" : "json")
  const [json, jsonText] = found(whole, steps, isBinary)
  const typeOf = (value: SQL) => sql`${prefix}_typeof(${value})`
  const isOf = (value: SQL, kind: string) => sql`${typeOf(value)} = ${sql.raw(`'${kind}'`)}`
  const rankOf = (value: SQL) =>
    sql`case ${typeOf(value)} when 'number' then 1 when 'string' then 2 when 'boolean' then case when ${value}::text = 'true' then 4 else 3 end when 'array' then 5 when 'object' then 6 end`
  const numberOf = (value: SQL, text: SQL, otherwise = sql``) => {
    // A number of `jsonb` is a numeric already; that of `json` is text, with an exponent or without.
    const [digits, short] = isBinary
      ? [sql`(${value})::numeric`, ofShort(text)]
      : [sql`${text}::numeric`, sql``]
    return sql`case when ${isOf(value, "number")} then case ${short}when abs(${digits}) >= ${largest} then sign(${digits})::double precision * 'infinity'::double precision when abs(${digits}) <= ${smallest} then 0 else ${digits}::double precision end${otherwise} end`
  }
  // Text is compared and indexed byte by byte, whatever the database's locale.
  const textOf = (value: SQL, text: SQL) =>
    sql`(case when ${isOf(value, "string")} then ${text} end collate "C")`
  const sortText = (otherwise: SQL) =>
    sql`(case ${typeOf(json)} when 'number' then ${noText} when 'string' then '2' || ${jsonText} when 'boolean' then case ${jsonText} when 'true' then '4' else '3' end${otherwise} end collate "C")`
  const order: [SQL, SQL] = [
    numberOf(json, jsonText, sql` else ${notNumber}`),
    sortText(sql` when 'array' then '5' when 'object' then '6' else ${noValue}`),
  ]
  return {
    rank: rankOf(json),
    number: numberOf(json, jsonText),
    text: textOf(json, jsonText),
    order,
    compared: compared(...order),
    // Null where there is no value, as where the viewer may not see it: they are one group.
    grouped: [numberOf(json, jsonText), sortText(sql``)],
    isNull: sql`(${order[0]} = ${notNumber} and ${order[1]} = ${noValue})`,
    exists: sql`${json} is not null`,
    json,
    holds: (kind, operand) => {
      const element = sql`"@e".value`
      const own = { number: numberOf, text: textOf, boolean: rankOf }[kind]
      return sql`exists (select 1 from ${prefix}_array_elements(case when ${isOf(json, "array")} then ${json} end) "@e" where ${own(element, sql`(${element} #>> '{}')`)} = ${operand})`
    },
  }
}

/** An object of these members, but for those without a value; null where none has one. */
export const objectOf = (members: [name: SQL, json: SQL][]): SQL =>
  sql`(select json_object_agg(k, v) from (values ${sql.join(
    members.map(([name, json]) => sql`(${name}::text, ${json}::json)`),
    sql`, `,
  )}) "@m"(k, v) where v is not null)`

/** An object of one member; null where that has no value. */
export const objectAround = (name: SQL, json: SQL): SQL =>
  sql`('{' || to_json(${name}::text)::text || ':' || ${json}::text || '}')::json`
