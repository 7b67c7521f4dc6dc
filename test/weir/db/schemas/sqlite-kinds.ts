// Each type of column that Drizzle has on SQLite.
import { relations } from "drizzle-orm"
import { blob, integer, numeric, real, sqliteTable, text } from "drizzle-orm/sqlite-core"

export const kinds = sqliteTable("kinds", {
  id: integer("id").primaryKey(),
  parentId: integer("parent_id"),
  text: text("a_text"),
  oneOf: text("one_of", { enum: ["calm", "in a hurry"] }),
  json: text("a_json", { mode: "json" }),
  integer: integer("an_integer"),
  boolean: integer("a_boolean", { mode: "boolean" }),
  no: integer("a_no", { mode: "boolean" }),
  seconds: integer("in_seconds", { mode: "timestamp" }),
  milliseconds: integer("in_milliseconds", { mode: "timestamp_ms" }),
  real: real("a_real"),
  numeric: numeric("a_numeric"),
  numericNumber: numeric("a_numeric_number", { mode: "number" }),
  numericBigint: numeric("a_numeric_bigint", { mode: "bigint" }),
  buffer: blob("a_buffer", { mode: "buffer" }),
  blobJson: blob("a_blob_json", { mode: "json" }),
  blobBigint: blob("a_blob_bigint", { mode: "bigint" }),
})

export const kindsRelations = relations(kinds, ({ one, many }) => ({
  parent: one(kinds, { fields: [kinds.parentId], references: [kinds.id], relationName: "tree" }),
  children: many(kinds, { relationName: "tree" }),
}))
