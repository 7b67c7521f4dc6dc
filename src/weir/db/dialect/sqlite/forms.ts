import type { FormOf } from "../checks.ts"
import type { FieldSpec } from "../field.ts"

const day = 10
const second = 8
/** A time with six digits of a second, and its point. */
const longestTime = 15

/** Null passes each of these: an expression of null is null, and `is` finds two nulls equal. */
const forms: Partial<Record<FieldSpec["type"], (column: string, spec: FieldSpec) => string | undefined>> = {
  json: (c, { document }) => (document ? `json_valid(${c}) and json_type(${c}) = 'object'` : undefined),
  // D1 has patterns of at most 50 bytes.
  uuid: (c) =>
    `${c} like '________-____-____-____-____________' and length(replace(${c}, '-', '')) = 32 and ${c} not glob '*[^0-9a-f-]*'`,
  decimal: (c, { precision = 0 }) => {
    const most = "9".repeat(precision)
    return `${c} between -${most} and ${most} and ${c} = cast(${c} as integer)`
  },
  bigint: (c) => `${c} = cast(${c} as integer)`,
  date: (c) => `date(${c}) is ${c} and length(${c}) = ${day} and ${c} > '0001'`,
  time: (c) => {
    const clock = `substr(${c}, 1, ${second})`
    const fraction = `${c} glob '*.*[1-9]' and length(${c}) <= ${longestTime} and substr(${c}, ${second + 2}) not glob '*[^0-9]*'`
    return `(time(${clock}) is ${clock} and ${c} < '24' or ${c} = '24:00:00') and length(${clock}) = ${second} and (length(${c}) = ${second} or substr(${c}, ${second + 1}, 1) = '.' and ${fraction})`
  },
  bytes: (c, { max }) => `(typeof(${c}) = 'blob' or ${c} is null) and length(${c}) <= ${max}`,
}

/** What SQLite, which keeps any value in any column, must be told of the values of a type. */
export const formOf: FormOf = (spec, column) => forms[spec.type]?.(column, spec)
