import { type SQL, sql } from "drizzle-orm"
import type { FieldSpec } from "../field.ts"
import type { ComparedPlace, JsonKind, JsonPlace, JsonStep, PlaceParts } from "../json-path.ts"

/** Numbers from here on are infinite as doubles, and those up to the second one are 0: a cast would fail. */
const [largest, smallest] = [sql.raw("1.797693134862315807e308"), sql.raw("2.4703282292062327e-324")]

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

/** A place whose members are words, which takes half as long as step by step. */
const pathIn = (column: SQL, steps: readonly JsonStep[]): SQL =>
  sql`(${column} #> ${sql.raw(`'{${steps.map((step) => `"${step}"`).join(",")}}'`)})`

const inSteps = (column: SQL, steps: readonly JsonStep[], isBinary: boolean): SQL =>
  sql`(${steps.reduce<SQL>((value, step) => stepInto(value, step, isBinary), column)})`

/** What stands for a kind, a number and a text where there is none: an index cannot go on behind nulls. */
const [noRank, noNumber, noText] = [sql.raw("7"), sql.raw("0"), sql.raw("''")]

const compared = ([rank, number, text]: [SQL, SQL, SQL]): Record<JsonKind, ComparedPlace> => {
  const listed = (type: "double precision" | "text" | "integer") => (list: SQL) =>
    sql`select value::${sql.raw(type)} from json_array_elements_text(${list}::text::json)`
  const [isNumber, isText] = [sql`${rank} = 1`, sql`${rank} = 2 and ${number} = ${noNumber}`]
  // An index whose columns are all equal has its rows in the order of their key.
  const noFurther = sql`${text} = ${noText}`
  return {
    number: {
      value: number,
      only: isNumber,
      onlyEqual: sql`${isNumber} and ${noFurther}`,
      operand: (value) => sql`${value}::text::double precision`,
      operands: listed("double precision"),
    },
    text: {
      value: text,
      only: isText,
      onlyEqual: isText,
      operand: (value) => sql`${value}::text`,
      operands: listed("text"),
    },
    boolean: {
      value: rank,
      only: sql`${rank} between 3 and 4`,
      onlyEqual: sql`${number} = ${noNumber} and ${noFurther}`,
      operand: (value) => sql`${value}::integer`,
      operands: listed("integer"),
    },
  }
}

/** What a place with these parts is sorted by. */
export const orderOf = ({ rank, number, text }: Partial<PlaceParts>): SQL[] => [
  rank ?? noRank,
  number ?? noNumber,
  text ?? noText,
]

/** The parts of a place, from what it is sorted by. */
export const partsOf = ([rank = noRank, number = noNumber, text = noText]: SQL[]): PlaceParts => ({
  rank: sql`nullif(${rank}, ${noRank})`,
  number: sql`case ${rank} when 1 then ${number} end`,
  text: sql`case ${rank} when 2 then ${text} end`,
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
  const json =
    isBinary && steps.length > 1 && steps.every(isWord)
      ? pathIn(whole, steps)
      : inSteps(whole, steps, isBinary)
  const typeOf = (value: SQL) => sql`${prefix}_typeof(${value})`
  const rankOf = (value: SQL, otherwise = sql``) =>
    sql`case ${typeOf(value)} when 'number' then 1 when 'string' then 2 when 'boolean' then case when ${value}::text = 'true' then 4 else 3 end when 'array' then 5 when 'object' then 6${otherwise} end`
  const numberOf = (value: SQL, otherwise = sql``) => {
    // A number of `jsonb` is a numeric already; that of `json` is text.
    const digits = sqlType === "jsonb" ? sql`(${value})::numeric` : sql`(${value} #>> '{}')::numeric`
    return sql`case when ${typeOf(value)} = 'number' then case when abs(${digits}) >= ${largest} then sign(${digits})::double precision * 'infinity'::double precision when abs(${digits}) <= ${smallest} then 0 else ${digits}::double precision end${otherwise} end`
  }
  // Text is compared and indexed byte by byte, whatever the database's locale.
  const textOf = (value: SQL, otherwise = sql``) =>
    sql`(case when ${typeOf(value)} = 'string' then ${value} #>> '{}'${otherwise} end collate "C")`
  const order: [SQL, SQL, SQL] = [
    rankOf(json, sql` else ${noRank}`),
    numberOf(json, sql` else ${noNumber}`),
    textOf(json, sql` else ${noText}`),
  ]
  return {
    rank: rankOf(json),
    number: numberOf(json),
    text: textOf(json),
    order,
    compared: compared(order),
    // Null where there is no value, as where the viewer may not see it: they are one group.
    grouped: [sql`nullif(nullif(${rankOf(json)}, 5), 6)`, numberOf(json), textOf(json)],
    isNull: sql`${order[0]} = ${noRank}`,
    exists: sql`${json} is not null`,
    json,
    holds: (kind, operand) => {
      const element = sql`"@e".value`
      const own = { number: numberOf, text: textOf, boolean: rankOf }[kind]
      return sql`exists (select 1 from ${prefix}_array_elements(case when ${typeOf(json)} = 'array' then ${json} end) "@e" where ${own(element)} = ${operand})`
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
