import { type SQL, sql } from "drizzle-orm"
import { storable } from "../../../../lib/storable.ts"
import type { ColumnSql, StorageClass } from "../../column-sql.ts"

/** Most bytes of a text or of bytes that a cursor holds whole. */
const maxHeld = 100

/** The text of an infinite number, which a cast reads. */
export const infinite = (column: SQL): SQL => sql`iif(${column} > 0, '9e999', '-9e999')`

/** A value of any kind, as `stored` reads it; of a long one nothing, so that it is looked up by its row's key. */
export const heldOf = (column: SQL, maxBytes = maxHeld): SQL =>
  sql`case typeof(${column}) when 'null' then null when 'integer' then json_array('integer', cast(${column} as text)) when 'real' then json_array('real', iif(abs(${column}) < 9e999, printf('%!.17g', ${column}), ${infinite(column)})) else iif(octet_length(${column}) > ${sql.raw(String(maxBytes))}, json_array(''), json_array(typeof(${column}), hex(${column}))) end`

const reads: Record<StorageClass, (digits: SQL) => SQL> = {
  integer: (digits) => sql`cast(${digits} as integer)`,
  real: (digits) => sql`cast(${digits} as real)`,
  text: (digits) => sql`cast(unhex(${digits}) as text)`,
  blob: (digits) => sql`unhex(${digits})`,
}

/**
 * What a cursor holds of a column that SQLite keeps anything in: `usual` where `isUsual` holds, else the value that is
 * stored, since rows are sorted by that.
 */
export const heldAsStored = (
  isUsual: (column: SQL) => SQL,
  usual: (column: SQL) => SQL = (column) => column,
): StoredSql => ({
  ...readAsStored,
  position: (column) => sql`iif(${isUsual(column)}, ${usual(column)}, ${heldOf(column)})`,
})

type StoredSql = Pick<ColumnSql, "position" | "stored" | "isStored" | "mayLack">

/** What is greater, and less than a limit: values of other types come after it, and are shown as null. */
export const greaterBelow =
  (limit: SQL): NonNullable<ColumnSql["compared"]> =>
  (operator, column, value) => {
    const sign = { gt: sql`>`, gte: sql`>=` }[operator]
    return sign && sql`(${column} ${sign} ${value} and ${column} < ${limit})`
  }

/** How values of any kind are read that a cursor has by `heldOf`. */
export const readAsStored: StoredSql = {
  mayLack: true,
  stored: (kind, digits) => reads[kind](digits),
  isStored: ([first, digits, ...others]) => {
    if (typeof first !== "string" || !storable(first) || others.length > 0) return false
    if (digits === undefined) return true
    return Object.hasOwn(reads, first) && typeof digits === "string" && /^[-+.\dA-Fe]*$/.test(digits)
  },
}

/** Whether the value has that kind. */
export const isKind =
  (kind: StorageClass) =>
  (column: SQL): SQL =>
    sql`typeof(${column}) = ${sql.raw(`'${kind}'`)}`

/** Whether a whole number is one that JavaScript keeps. */
export const isBetweenSafe = (column: SQL): SQL =>
  sql`${column} between ${sql.raw(String(Number.MIN_SAFE_INTEGER))} and ${sql.raw(String(Number.MAX_SAFE_INTEGER))}`

/** Whether it is a whole number that JavaScript keeps. */
export const isSafe = (column: SQL): SQL => sql`typeof(${column}) = 'integer' and ${isBetweenSafe(column)}`

/** The column where it holds a number. SQLite puts numbers before all text, and text before bytes: to ask for a kind takes twice as long. */
export const numberOf = (column: SQL): SQL => sql`iif(${column} < '', ${column}, null)`

/** The column where it holds no bytes. */
export const noBytes = (column: SQL): SQL => sql`iif(${column} < x'', ${column}, null)`
