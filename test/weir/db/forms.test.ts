import { createClient } from "@libsql/client"
import { afterAll, expect, test } from "vitest"
import type { FieldSpec } from "../../../src/weir/db/dialect/field.ts"
import { formOf } from "../../../src/weir/db/dialect/sqlite/forms.ts"

const client = createClient({ url: ":memory:" })
afterAll(() => client.close())

const uuid = "0190a5c4-7d1e-7cc0-8f6a-0a1b2c3d4e5f"
const most = "9223372036854775807"
type Stored = string | number | Uint8Array | null

test.each<[FieldSpec, string, Stored[], Stored[]]>([
  [
    { type: "uuid" },
    "text",
    [null, uuid, "00000000-0000-0000-0000-000000000000"],
    ["", uuid.toUpperCase(), uuid.replaceAll("-", ""), `${uuid}0`, "0190a5c47-d1e-7cc0-8f6a-0a1b2c3d4e5", 5],
  ],
  [
    { type: "decimal", precision: 5, scale: 2 },
    "scaled_integer(5, 2)",
    [null, 0, "99999", -99_999, 7],
    ["100000", -100_000, 1.5, "x", new Uint8Array(2)],
  ],
  [{ type: "bigint" }, "integer", [null, most, -5], [1.5, "x", `${most}0`]],
  [
    { type: "date" },
    "text",
    [null, "2026-01-31", "0001-01-01", "9999-12-31", "2024-02-29"],
    ["2026-02-31", "2026-02-29", "0000-01-01", "now", "", "2026-1-1", 5, "2026-01-31 ", "2026-01-31T00:00"],
  ],
  [
    { type: "time" },
    "text",
    [null, "00:00:00", "23:59:59", "24:00:00", "12:00:00.5", "12:00:00.123456"],
    [
      "24:00:01",
      "25:00:00",
      "12:00",
      "12:00:00.",
      "12:00:00.50",
      "12:00:00.1234567",
      "12:00:60",
      "",
      5,
    ].concat(["12:00:00x", "12:00:00.x5", "12:00:00.5.5", "12:00:00Z", "24:00:00.5"] as never[]),
  ],
  [
    { type: "bytes", max: 3 },
    "blob",
    [null, new Uint8Array(0), new Uint8Array(3)],
    [new Uint8Array(4), "abc", 5],
  ],
])("SQLite keeps the values of %o, and no others", async (spec, sqlType, good, bad) => {
  const table = `t_${spec.type}`
  await client.execute(`create table ${table} (c ${sqlType} check (${formOf(spec, '"c"')}))`)
  const insert = (value: Stored) =>
    client.execute({ sql: `insert into ${table} values (?)`, args: [value] }).then(
      () => true,
      () => false,
    )
  for (const value of good) expect(await insert(value), String(value)).toBe(true)
  for (const value of bad) expect(await insert(value), String(value)).toBe(false)
})
