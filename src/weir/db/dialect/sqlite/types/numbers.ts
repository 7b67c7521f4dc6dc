import { type SQL, sql } from "drizzle-orm"
import { toScaled } from "../../../../lib/scaled.ts"
import type { ColumnSql } from "../../column-sql.ts"
import type { FieldSpec } from "../../field.ts"
import { greaterBelow, heldAsStored, infinite, isKind, noBytes, numberOf } from "./odd.ts"
import { madeFromText, typed } from "./typed.ts"

/**
 * Numbers with at most four decimals print exactly in 15 digits; others take 17, at the cost of another parse. The plus
 * keeps a column of text from comparing a number as text.
 */
const realOr = (column: SQL, long: (all: SQL) => SQL): SQL =>
  sql`iif(${column} is null or (abs(${column}) < 1e11 and cast(${column} * 1e4 + 0.5 as integer) / 1e4 = +${column}), ${column}, ${long(sql`json(printf('%!.17g', ${column}))`)})`

const realJson = (column: SQL): SQL => realOr(column, (all) => all)

const isWithinReals = (column: SQL): SQL => sql`abs(${column}) < 9e999`
const finite = (value: SQL): SQL => sql`iif(${isWithinReals(value)}, ${value}, null)`

/** A number as JSON, of 15 digits where they suffice. */
const shortJson = (column: SQL): SQL => {
  const short = sql`printf('%!.15g', ${column})`
  return realOr(column, (all) => sql`iif(cast(${short} as real) = ${column}, json(${short}), ${all})`)
}

/** The largest power of two that JSON writes with all its digits. */
const highest = 52

/**
 * A number in JSON of which SQLite reads all bits: as it is, where it has few digits, else as a whole number and four
 * powers of two, to be multiplied with the first and divided by the others. SQLite is one bit off with some long numbers.
 */
function exactNumber(value: unknown): unknown {
  if (typeof value !== "number" || (Math.abs(value) < 1e11 && Number.isInteger(value * 1e4))) return value
  let whole = value
  let power = 0
  for (; !Number.isInteger(whole) && power < 3 * highest; power++) whole *= 2
  for (; Math.abs(whole) >= 2 ** 53 && power > -highest; power--) whole /= 2
  if (!Number.isSafeInteger(whole)) return value
  const by = [0, highest, 2 * highest].map((from) => 2 ** Math.min(Math.max(power - from, 0), highest))
  return [whole, 2 ** Math.max(-power, 0), ...by]
}

/** Reads what `exactNumber` has made. */
function exactElement(array: SQL, index: number): SQL {
  const at = sql`(${array} -> ${sql.raw(String(index))})`
  const part = (i: number) => sql`(${at} ->> ${sql.raw(String(i))})`
  return sql`iif(json_type(${at}) = 'array', cast(${part(0)} as real) * ${part(1)} / ${part(2)} / ${part(3)} / ${part(4)}, ${array} ->> ${sql.raw(String(index))})`
}

/** A number as JSON of which SQLite reads all bits: with the fewest digits that do, since it is one bit off with some. */
function readBack(column: SQL): SQL {
  const tries = [15, 16, 17, 18, 19, 20].map((digits) => {
    const text = sql`printf(${sql.raw(`'%!.${digits}g'`)}, ${column})`
    return sql`when cast(${text} as real) = ${column} then json(${text})`
  })
  const infinity = sql`when ${isWithinReals(column)} is not true then json(${infinite(column)})`
  return sql`case when typeof(${column}) <> 'real' then ${noBytes(column)} ${infinity} ${sql.join(tries, sql` `)} end`
}

/** A floating point number. It keeps all digits, although SQLite's JSON prints 15. Infinite ones are null. */
export function real({ inferred }: FieldSpec): ColumnSql {
  const own = {
    ...typed("real"),
    json: realJson,
    toElement: exactNumber,
    element: readBack,
    fromElement: exactElement,
  }
  if (!inferred) return own
  return {
    ...own,
    bind: (param) => sql`cast(${param} as real)`,
    compared: greaterBelow(sql`''`),
    // What equals a number of few digits is one: other kinds are told apart where it does not.
    json: (column) =>
      realOr(
        column,
        (all) =>
          sql`iif(${isKind("real")(column)}, iif(${isWithinReals(column)}, ${all}, null), ${numberOf(column)})`,
      ),
    // A whole number may be one that is stored as an integer, with more digits than JavaScript reads.
    shows: (value) => typeof value === "number" && (!Number.isInteger(value) || Number.isSafeInteger(value)),
    // Drivers that speak JSON cannot send infinity; a cast reads the text of one.
    ...heldAsStored(
      isKind("real"),
      (column) => sql`iif(${isWithinReals(column)}, ${realJson(column)}, ${infinite(column)})`,
    ),
    finite,
    oneOf: (expression, list) => sql`${expression} in (select cast(value as real) from json_each(${list}))`,
  }
}

/** The digits of a number that is stored as a floating point one: 15 where they suffice, and no exponent. */
const digitsOf = (column: SQL): SQL => {
  const short = sql`printf('%!.15g', ${column})`
  const plain = sql`iif(cast(${short} as real) = ${column}, ${short}, printf('%!.17g', ${column}))`
  const long = sql`iif(abs(${column}) >= 1e15, printf('%.0f', ${column}), rtrim(rtrim(printf('%!.25f', ${column}), '0'), '.'))`
  const trimmed = sql`iif(${plain} like '%.0', substr(${plain}, 1, length(${plain}) - 2), ${plain})`
  return sql`iif(${plain} like '%e%', ${long}, ${trimmed})`
}

/** A decimal of the vocabulary: a whole number, 10^scale times as large. Its digits are written and read as text. */
function scaled(scale: number): ColumnSql {
  const factor = sql.raw(String(10 ** scale))
  const digits = (column: SQL) =>
    sql`printf(${sql.raw(`'%s%d.%0${scale}d'`)}, iif(${column} < 0, '-', ''), abs(${column}) / ${factor}, abs(${column}) % ${factor})`
  return {
    ...madeFromText((text) => sql`cast(${text} as integer)`),
    json: (column) =>
      scale === 0 ? sql`cast(${column} as text)` : sql`iif(${column} is null, null, ${digits(column)})`,
    encode: (value) => (value === null || value === undefined ? null : toScaled(String(value), scale)),
  }
}

/** A number, as far as SQLite keeps it: text of up to 15 digits becomes a number, longer text may lose some. */
export function decimal({ storage, inferred, scale = 0 }: FieldSpec): ColumnSql {
  if (!inferred) return scaled(scale)
  const isText = storage !== "number"
  const asText = (column: SQL) =>
    sql`case typeof(${column}) when 'real' then iif(${isWithinReals(column)}, ${digitsOf(column)}, null) when 'blob' then null when 'null' then null else cast(${column} as text) end`
  const asNumber = (column: SQL) =>
    sql`case typeof(${column}) when 'real' then iif(${isWithinReals(column)}, ${shortJson(column)}, null) when 'integer' then ${column} end`
  return {
    ...typed("numeric"),
    bind: (param) => sql`cast(${param} as numeric)`,
    json: isText ? asText : asNumber,
    ...heldAsStored(
      (column) => sql`typeof(${column}) in ('integer', 'real')`,
      (column) =>
        sql`iif(${isKind("integer")(column)}, cast(${column} as text), iif(${isWithinReals(column)}, printf('%!.17g', ${column}), ${infinite(column)}))`,
    ),
    oneOf: (expression, list) =>
      sql`${expression} in (select cast(value as numeric) from json_each(${list}))`,
    finite,
    toElement: exactNumber,
    element: readBack,
    fromElement: (array, index) => sql`cast(${exactElement(array, index)} as numeric)`,
  }
}

/** Whether it is the text of a whole number: other programs may have stored other bytes. */
const isDigits = (column: SQL): SQL => {
  const text = sql`cast(${column} as text)`
  return sql`(${text} glob '[0-9-]*' and substr(${text}, 2) not glob '*[^0-9]*')`
}

const asInteger = (value: SQL): SQL =>
  sql`iif(${isDigits(value)}, cast(cast(${value} as text) as integer), null)`

/** A bigint: an integer, or the text of one in a blob, which is what Drizzle stores. As a number it has an order. */
export function bigint({ storage, inferred }: FieldSpec): ColumnSql {
  if (storage === "blob")
    return {
      ...madeFromText((text) => sql`cast(${text} as blob)`),
      json: (column) => sql`iif(${isDigits(column)}, cast(${column} as text), null)`,
      element: (column) => sql`cast(${column} as text)`,
      position: (column) => sql`cast(${asInteger(column)} as text)`,
      mayCompareNull: true,
      comparable: asInteger,
      oneOf: (expression, list) =>
        sql`ifnull(${asInteger(expression)} in (select cast(value as integer) from json_each(${list})), 0)`,
    }
  return {
    ...madeFromText((text) => sql`cast(${text} as integer)`),
    json: (column) => sql`cast(${inferred ? numberOf(column) : column} as text)`,
    ...(inferred && heldAsStored(isKind("integer"), (column) => sql`cast(${column} as text)`)),
  }
}
