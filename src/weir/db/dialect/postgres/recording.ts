import { columnList, type RecordValues, valuesInOrder } from "../recording.ts"
import type { Statement } from "../statement.ts"

/**
 * A write that keeps, in the same statement, a record of the row that it returns: `[body, key, …]`. That of an upsert says
 * by `@made` whether it was an insert, and else what `values` say.
 */
export function recordedWithin(statement: Statement, values: RecordValues, isUpsert = false): Statement {
  const first = statement.params.length + 1
  const types = ["text", "text", "integer", "text", "text", "timestamptz"]
  const columns = types.map((type, i) => `$${first + i}::${type}`)
  if (isUpsert) columns[4] = `case when "@made" = 1 then 'insert' else ${columns[4]} end`
  const list = columns.join(", ")
  const row = values.verb === "delete" ? `null, null` : `"@body"::text, to_json("@key")::text`
  return {
    ...statement,
    text: `with "@written"("@body", "@key") as (${statement.text}), "@record" as (insert into "weir_write_records" (${columnList}) select ${list}, ${row} from "@written" limit 1) select * from "@written"`,
    params: [...statement.params, ...valuesInOrder(values)],
  }
}
/** The end of a subselect of rows to be deleted: those that another transaction holds are left to it. */
export const skippingLocked: string = " for update skip locked"
