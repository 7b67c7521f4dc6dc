import { type SQL, sql } from "drizzle-orm"
import type { FieldSpec } from "../field.ts"
import type { JsonPlace, JsonStep } from "../json-path.ts"

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

/** A place in a JSON column, as Postgres finds it. The column may be of `json` or of `jsonb`. */
export function jsonPlace(
  column: SQL,
  { sqlType = "json" }: Pick<FieldSpec, "inferred" | "storage" | "sqlType">,
  steps: readonly JsonStep[],
): JsonPlace {
  const isBinary = sqlType === "jsonb"
  const prefix = sql.raw(isBinary ? "jsonb" : "json")
  const place = steps.reduce<SQL>(
    (value, step) => stepInto(value, step, isBinary),
    isBinary ? column : readable(column),
  )
  const json = sql`(${place})`
  const typeOf = (value: SQL) => sql`${prefix}_typeof(${value})`
  const rankOf = (value: SQL) =>
    sql`case ${typeOf(value)} when 'number' then 1 when 'string' then 2 when 'boolean' then case when ${value}::text = 'true' then 4 else 3 end when 'array' then 5 when 'object' then 6 end`
  const numberOf = (value: SQL) => {
    const digits = sql`(${value} #>> '{}')::numeric`
    return sql`case when ${typeOf(value)} = 'number' then case when abs(${digits}) >= ${largest} then sign(${digits})::double precision * 'infinity'::double precision when abs(${digits}) <= ${smallest} then 0 else ${digits}::double precision end end`
  }
  // Text is compared and indexed byte by byte, whatever the database's locale.
  const textOf = (value: SQL) =>
    sql`(case when ${typeOf(value)} = 'string' then ${value} #>> '{}' end collate "C")`
  return {
    rank: rankOf(json),
    number: numberOf(json),
    text: textOf(json),
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
