import { sql } from "drizzle-orm"
import { foreignKey, index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core"
import { expect, test } from "vitest"
import { anyone, defineApi, resourcesOf } from "../../../src/weir/index.ts"
import { reachOf } from "../../../src/weir/sql/reach.ts"

// Tables of one's own, whose references need not have an index. Other test files have tables of other names.
const shops = sqliteTable("reach_shops", {
  id: integer().primaryKey(),
  code: text().notNull().unique(),
  name: text(),
})
const orders = sqliteTable(
  "reach_orders",
  {
    id: integer().primaryKey(),
    shop: text().references(() => shops.code, { onUpdate: "cascade", onDelete: "restrict" }),
  },
  (t) => [index("orders_shop").on(t.shop)],
)
const lines = sqliteTable("reach_lines", {
  id: integer().primaryKey(),
  order_id: integer().references(() => orders.id, { onDelete: "cascade" }),
})
const notes = sqliteTable("reach_notes", { id: integer().primaryKey(), line_id: integer() }, (t) => [
  index("notes_line").on(t.line_id),
  foreignKey({ columns: [t.line_id], foreignColumns: [lines.id] }).onDelete("set null"),
])
const schema = { shops, orders, lines, notes }
const api = defineApi({
  title: "Weir",
  version: "1",
  accounts: false,
  schema,
  resources: resourcesOf(schema, {
    shops: { read: anyone },
    orders: { read: anyone },
    notes: { read: anyone },
  }),
})
const of = (name: string, columns?: string[]) => {
  const resource = api.resources.find((one) => one.name === name)
  if (!resource) throw new Error(name)
  const { probe, scans } = reachOf(resource, columns)
  const plan = probe?.(sql`1 = 1`)
  return {
    scans,
    looks: plan?.text.match(/"reach_(orders|lines|notes)"(?= as "@\d")/g) ?? [],
    bounded: plan?.bounded,
  }
}

test("a reference without an index has its whole table gone through, and is looked at as what nothing bounds", () => {
  expect(of("orders")).toEqual({
    scans: ["reach_lines"],
    // Whether there are lines, many lines, and many notes of lines.
    looks: ['"reach_lines"', '"reach_lines"', '"reach_lines"', '"reach_notes"'],
    bounded: false,
  })
})

test("what keeps a row from being deleted goes with none, and what nobody refers to leads nowhere", () => {
  expect(of("shops")).toEqual({ scans: [], looks: [], bounded: undefined })
  expect(of("notes")).toEqual({ scans: [], looks: [], bounded: undefined })
})

test("an update reaches the rows that refer to a column that it sets", () => {
  expect(of("shops", ["code"])).toEqual({ scans: [], looks: ['"reach_orders"'], bounded: true })
  expect(of("shops", ["name"])).toEqual({ scans: [], looks: [], bounded: undefined })
})
