import { columnList, type RecordValues, valuesInOrder } from "../recording.ts"
import type { Statement } from "../statement.ts"

/** A write that keeps, in the same statement, a record of the row that it returns: `[body, key, …]`. */
export function recordedWithin(statement: Statement, values: RecordValues): Statement {
  const first = statement.params.length + 1
  const types = ["text", "text", "integer", "text", "text", "timestamptz"]
  const list = types.map((type, i) => `$${first + i}::${type}`).join(", ")
  const row = values.verb === "delete" ? `null, null` : `"@body"::text, to_json("@key")::text`
  return {
    ...statement,
    text: `with "@written"("@body", "@key") as (${statement.text}), "@record" as (insert into "weir_write_records" (${columnList}) select ${list}, ${row} from "@written" limit 1) select * from "@written"`,
    params: [...statement.params, ...valuesInOrder(values)],
  }
}
/** The end of a subselect of rows to be deleted: those that another transaction holds are left to it. */
export const skippingLocked: string = " for update skip locked"
