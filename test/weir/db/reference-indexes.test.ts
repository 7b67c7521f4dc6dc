import { getTableConfig } from "drizzle-orm/sqlite-core"
import { expect, test } from "vitest"
import { withReferenceIndexes } from "../../../src/weir/db/dialect/reference-indexes.ts"
import { id, index, references, table, text, unique } from "../../../src/weir/schema.ts"

const people = table("index_people", { id: id(), name: text({ max: 9 }).notNull() })
const columns = () => ({ id: id(), by: references(() => people.id), at: references(() => people.id) })

/** The indexes that a table of these columns gets, where an index does not end in the key by itself. */
const made = (declared: object[]) =>
  withReferenceIndexes("things", columns(), declared, (name, on) => ({ name, on }), false)
const plain = (name: string, on: string[], more = {}) => ({
  config: { name, columns: on.map((column) => ({ name: column })), unique: false, ...more },
})

test("each reference has an index in the order of the key", () => {
  expect(made([])).toEqual([
    { name: "things_by_index", on: ["by", "id"] },
    { name: "things_at_index", on: ["at", "id"] },
  ])
})

test("an index of the reference alone ends in the key, under its own name", () => {
  expect(made([plain("mine", ["by"])])).toEqual([
    { name: "mine", on: ["by", "id"] },
    { name: "things_at_index", on: ["at", "id"] },
  ])
})

test.each([
  ["ends in the key", plain("mine", ["by", "id"]), true],
  ["is unique", { columns: [{ name: "by" }] }, true],
  ["is unique with another column", { columns: [{ name: "by" }, { name: "at" }] }, false],
  ["goes on with another column", plain("mine", ["by", "at"]), false],
  ["holds some rows only", plain("mine", ["by", "id"], { where: {} }), false],
  ["is a hash", plain("mine", ["by"], { method: "hash" }), false],
])("an index that %s", (_, declared, serves) => {
  const others = made([declared]).filter((one) => one !== declared)
  expect(others.map((one) => (one as { name: string }).name)).toEqual(
    serves ? ["things_at_index"] : ["things_by_index", "things_at_index"],
  )
})

test("SQLite's indexes end in the key by themselves, and long names are cut to what Postgres keeps", () => {
  const long = "a_table_with_a_name_that_is_rather_long_for_one"
  const things = table(long, { ...columns(), a_reference_to_a_person: references(() => people.id) }, (t) => [
    index("mine").on(t.by),
    unique("one").on(t.at),
  ])
  const { indexes } = getTableConfig(things as never)
  expect(indexes.map(({ config }) => config.columns.map((c) => (c as { name: string }).name))).toEqual([
    ["by"],
    ["a_reference_to_a_person"],
  ])
  const [mine, made] = indexes.map(({ config }) => config.name)
  expect(mine).toBe("mine")
  expect(made).toMatch(/^a_table_with_a_name_that_is_rather_long_for_one_a__[0-9a-f]{8}$/)
})
