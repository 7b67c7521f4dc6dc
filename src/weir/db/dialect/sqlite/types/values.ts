import { type SQL, sql } from "drizzle-orm"
import { JsonText } from "../../../../lib/json-text.ts"
import type { ColumnSql } from "../../column-sql.ts"
import type { FieldSpec } from "../../field.ts"
import { heldAsStored, heldOf, readAsStored } from "./odd.ts"
import { madeFromText, typed } from "./typed.ts"

const isSet = (value: unknown): boolean => value !== null && value !== undefined

const booleanJson = (column: SQL): SQL =>
  sql`json(case ${column} when 1 then 'true' when 0 then 'false' else 'null' end)`

export const boolean = ({ inferred }: FieldSpec): ColumnSql => ({
  ...typed("integer"),
  json: booleanJson,
  ...(inferred && heldAsStored((column) => sql`${column} in (0, 1)`, booleanJson)),
  encode: (value) => (isSet(value) ? Number(value) : null),
})

/** JSON as text, or as text in a blob. What somebody else stored may be none: it is null then. */
export function json({ inferred, storage, document }: FieldSpec): ColumnSql {
  const encode: ColumnSql["encode"] = (value) => (isSet(value) ? JsonText.of(value) : null)
  // The members of a document are put into its row's JSON as text.
  if (document) return { ...typed("text"), encode }
  if (!inferred) return { ...typed("text"), json: (column) => sql`json(${column})`, encode }
  const valid = (text: SQL) => sql`iif(json_valid(${text}), json(${text}), null)`
  const empty = (text: SQL) =>
    sql`(case when json_valid(${text}) then json_type(${text}) else 'null' end = 'null')`
  return storage === "blob"
    ? {
        ...madeFromText((text) => sql`cast(${text} as blob)`),
        json: (column) => valid(sql`cast(${column} as text)`),
        element: (column) => sql`cast(${column} as text)`,
        isNull: (column) => empty(sql`cast(${column} as text)`),
        encode,
      }
    : { ...typed("text"), json: valid, isNull: empty, encode }
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
/** Bytes that are rendered together, a multiple of three: SQLite is slow to find a place in a long text. */
const piece = 384

/**
 * Bytes as base64, which SQLite has no function for. JSON5 reads three bytes as a hexadecimal number `v`, of which four
 * digits are made. What is missing of the last three is zero, and what that makes is cut off for `=`.
 */
function base64(bytes: SQL): SQL {
  const [size, digits] = [sql.raw(String(piece)), sql.raw(`'${base64Digits}'`)]
  const starts = sql`k(at) as (select 1 union all select at + ${size} from k where at + ${size} <= length(${bytes}))`
  const pieces = sql`pieces(h) as materialized (select hex(substr(${bytes}, at, ${size})) from k)`
  const places = sql`p(i) as (select 1 union all select i + 6 from p where i + 6 <= length(h))`
  const numbers = sql`numbers(v) as materialized (select ('0x' || substr(h || '0000', i, 6)) ->> '$' from p)`
  const four = sql.join(
    [18, 12, 6, 0].map((shift) => sql`substr(${digits}, (v >> ${sql.raw(String(shift))} & 63) + 1, 1)`),
    sql` || `,
  )
  const filled = sql`case length(h) % 6 when 2 then substr(s, 1, length(s) - 2) || '==' when 4 then substr(s, 1, length(s) - 1) || '=' else s end`
  const text = sql`select ${filled} from (with recursive ${places}, ${numbers} select group_concat(${four}, '') as s from numbers)`
  return sql`iif(length(${bytes}) > 0, (with recursive ${starts}, ${pieces} select group_concat((${text}), '') from pieces), '')`
}

/** A cast copies the bytes each time: it is for what is no blob, such as text that somebody wrote. */
const base64Json = (column: SQL): SQL =>
  sql`case typeof(${column}) when 'blob' then ${base64(column)} when 'null' then null else ${base64(sql`cast(${column} as blob)`)} end`

/** Most bytes of a key that a cursor holds. */
const maxKeyBytes = 1000

/** Bytes: base64 in JSON, bound as hexadecimal digits. A cursor tells bytes from text and numbers that look the same. */
export const bytes = (): ColumnSql => ({
  ...madeFromText((text) => sql`unhex(${text})`),
  bindable: (column) => sql`hex(${column})`,
  element: (column) => sql`hex(${column})`,
  json: base64Json,
  position: (column) => heldOf(column, maxKeyBytes),
  ...readAsStored,
  encode: (value) => (isSet(value) ? Buffer.from(value as string, "base64").toString("hex") : null),
})

/** A list of numbers, as the text of its JSON. */
export const list = (): ColumnSql => ({
  ...json({ type: "json", inferred: true }),
})
