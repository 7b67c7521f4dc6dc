import { type SQL, sql } from "drizzle-orm"
import { marks } from "../../errors.ts"
import { columnList, valuesInOrder, type WrittenWith } from "../recording.ts"
import type { Statement, Value } from "../statement.ts"

const types = ["text", "text", "integer", "text", "text", "timestamptz"]

/** A write that keeps, in the same statement, a record of the row that it returns, or fails where it changes none. */
export function writtenWithin(
  statement: Statement,
  { record, upserts, required, kept }: WrittenWith,
): Statement {
  const params: Value[] = [...statement.params]
  const bind = (value: Value): string => placeholder(params.push(value))
  let text = `with "@written"("@body", "@key") as (${statement.text})`
  if (record) {
    const values = valuesInOrder(record).map((value, i) => `${bind(value)}::${types[i]}`)
    if (upserts) values[4] = `case when "@made" = 1 then 'insert' else ${values[4]} end`
    const all = (column: string) => `coalesce(json_agg(${column})::text, '[]')`
    const row =
      kept === "count"
        ? "count(*)::text, null"
        : kept
          ? `'[' || ${bind(kept.places)}::text || ',' || ${all('"@body"::text')} || ']', ${all('"@key"')}`
          : record.verb === "delete"
            ? "null, null"
            : `"@body"::text, to_json("@key")::text`
    text += `, "@record" as (insert into "weir_write_records" (${columnList}) select ${values.join(", ")}, ${row} from "@written"${kept ? "" : " limit 1"})`
  }
  text += ` select * from "@written"`
  if (required !== undefined)
    text += ` where (select case when n > 0 then 1 else ('${marks.missed} ' || (n + ${required}))::integer end from (select count(*) as n from "@written") as counted) = 1`
  return { ...statement, text, params }
}

/** The end of a subselect of rows to be deleted: those that another transaction holds are left to it. */
export const skippingLocked: string = " for update skip locked"

/** The nth placeholder of a statement, from 1 on. */
export const placeholder = (n: number): string => `$${n}`

/** A key in the JSON of a record, or a part of it. */
export const keyPart = (json: SQL, part: number | undefined): SQL =>
  part === undefined
    ? sql`(${json}::json #>> '{}')`
    : sql`((${json}::json #>> '{}')::json ->> ${sql.raw(String(part))})`
