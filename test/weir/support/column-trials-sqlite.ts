import { sql } from "drizzle-orm"
import {
  blob,
  customType,
  integer,
  numeric,
  real,
  type SQLiteColumnBuilderBase,
  sqliteTable,
  text,
} from "drizzle-orm/sqlite-core"
import { as, type Trial } from "./column-trial.ts"
import { binaries, instants, int64s, texts } from "./column-values.ts"

const custom = (name: string) => customType<{ data: unknown }>({ dataType: () => name })()
const key = () => integer().primaryKey({ autoIncrement: true })
let count = 0
const of = (
  ddl: string,
  builder: SQLiteColumnBuilderBase,
  values: Trial["values"],
  more: Partial<Trial> = {},
): Trial => ({ ddl, table: sqliteTable(`columns_${count++}`, { id: key(), v: builder }), values, ...more })

const far = { first: "-271821-04-20T00:00:00.000Z", last: "+275760-09-13T00:00:00.000Z" }
const moments = (digits: string) => [
  far.first,
  `-000001-12-31T23:59:59${digits}Z`,
  "0000-01-01T00:00:00.000Z",
  ...instants(`${digits}Z`),
  "+010000-01-01T00:00:00.000Z",
  far.last,
]

/** Every type of column that a table of SQLite may have. */
export const sqliteTrials: Record<string, Trial> = {
  text: of("text", text(), texts),
  "text of some values": of("text", text({ enum: ["a", "b"] }), ["a", "b"], {
    after: [["'other'", '"other"']],
  }),
  "text(3)": of("text(3)", text({ length: 3 }), ["", "abc", "😀😀😀"]),
  "varchar(3)": of("varchar(3)", custom("varchar(3)"), ["", "abc", "😀😀😀"]),
  integer: of("integer", integer(), [-Number.MAX_SAFE_INTEGER, -1, 0, 9, 10, Number.MAX_SAFE_INTEGER]),
  boolean: of("integer", integer({ mode: "boolean" }), [false, true]),
  real: of(
    "real",
    real(),
    [-1e300, -1.5, 0, 5e-324, 0.1, 1 / 3, 19.99, 1e21, 1.7976931348623157e308].map((n) => as(n, n)),
    {
      before: [["-9e999", "null"]],
      after: [["9e999", "null"]],
    },
  ),
  numeric: of(
    "numeric",
    numeric(),
    ["-1", "0", as("0.10", "0.1"), "9", as(10.5, "10.5"), "9007199254740993", "9223372036854775807"],
    {
      after: [["9e999", "null"]],
    },
  ),
  "numeric as a number": of("numeric", numeric({ mode: "number" }), [-1, 0.1, 9, 10.5], {
    after: [["9e999", "null"]],
  }),
  "numeric as a bigint": of("numeric", numeric({ mode: "bigint" }), ["-9007199254740993", as(9, "9"), "10"]),
  seconds: of(
    "integer",
    integer({ mode: "timestamp" }),
    [...moments(".000").slice(0, -1), as("+275760-09-13T00:00:00Z", far.last)],
    { after: [["9000000000000000", "null"]] },
  ),
  milliseconds: of("integer", integer({ mode: "timestamp_ms" }), moments(".999"), {
    after: [["9000000000000000", "null"]],
  }),
  "seconds with text": of(
    "integer",
    integer({ mode: "timestamp" }).default(sql`CURRENT_TIMESTAMP`),
    ["2025-12-31T00:00:00.000Z", "2026-01-01T00:00:00.000Z"],
    {
      before: [["'2025-12-30 12:00:00'", '"2025-12-30T12:00:00.000Z"']],
      after: [["'2026-01-31 12:00:00'", '"2026-01-31T12:00:00.000Z"']],
    },
  ),
  "milliseconds with text": of(
    "integer",
    integer({ mode: "timestamp_ms" }).default(sql`(datetime('now'))`),
    ["2025-12-31T00:00:00.001Z", "2026-01-01T00:00:00.002Z"],
    {
      before: [["'2025-12-30 12:00:00.123'", '"2025-12-30T12:00:00.123Z"']],
      after: [["'2026-01-31 12:00:00'", '"2026-01-31T12:00:00.000Z"']],
    },
  ),
  "text json": of("text", text({ mode: "json" }), [{ b: 1, a: [1, { c: null }] }].slice(0, 1), {
    after: [["'{broken'", "null"]],
  }),
  "blob json": of("blob", blob({ mode: "json" }), [{ b: 1, a: "é😀" }], { after: [["'{broken'", "null"]] }),
  "blob of bytes": of(
    "blob",
    blob({ mode: "buffer" }),
    binaries.toSorted((a, b) => Buffer.compare(Buffer.from(a, "base64"), Buffer.from(b, "base64"))),
  ),
  "blob as a bigint": of("blob", blob({ mode: "bigint" }), [
    ...int64s.slice(0, -1),
    as(int64s.at(-1), int64s.at(-1)),
  ]),
  "custom decimal": of("decimal(10, 2)", custom("decimal(10, 2)"), ["-1", as(19.5, "19.5")]),
}
