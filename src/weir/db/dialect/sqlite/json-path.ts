import { type SQL, sql } from "drizzle-orm"
import type { FieldSpec } from "../field.ts"
import type { JsonPlace, JsonStep } from "../json-path.ts"

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
  const elements = (matches: SQL) =>
    sql`(${type} = 'array' and exists (select 1 from json_each(${document}, ${path}) "@e" where ${matches}))`
  return {
    rank: sql`case ${type} when 'integer' then 1 when 'real' then 1 when 'text' then 2 when 'false' then 3 when 'true' then 4 when 'array' then 5 when 'object' then 6 end`,
    number: sql`case when ${type} in ('integer', 'real') then cast(${value} as real) end`,
    text: sql`case ${type} when 'text' then ${value} end`,
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
