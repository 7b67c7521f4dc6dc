import { relations, sql } from "drizzle-orm"
import { blob, integer, numeric, real, sqliteTable, text } from "drizzle-orm/sqlite-core"
import { expect, test } from "vitest"
import { anyone, defineApi, nobody, resourcesOf } from "../../../src/weir/index.ts"
import type { ResourceOptions } from "../../../src/weir/resource/resource.ts"
import { createSchema, importSchema, updateSchema } from "../../../src/weir/resource/schemas.ts"
import { deletionTime } from "../../../src/weir/resource/soft-delete.ts"
import * as weir from "../../../src/weir/schema.ts"

const notes = sqliteTable("notes", {
  id: integer().primaryKey(),
  noteId: integer("note_id"),
  title: text(),
  seconds: integer({ mode: "timestamp" }),
  millis: integer({ mode: "timestamp_ms" }),
  number: integer(),
  real: real(),
  decimal: numeric(),
  required: integer({ mode: "timestamp" }).notNull(),
  preset: integer({ mode: "timestamp" }).default(sql`(unixepoch())`),
  made: integer({ mode: "timestamp" }).$defaultFn(() => new Date()),
  flag: integer({ mode: "boolean" }),
  bytes: blob(),
})
const own = weir.table("own", {
  id: weir.id(),
  at: weir.timestamp(),
  number: weir.integer(),
  ...weir.timestamps(),
})
const notesRelations = relations(notes, ({ many }) => ({ restore: many(notes, { relationName: "tree" }) }))
const schema = { notes, own }

const served = (name: "notes" | "own", options: ResourceOptions) => {
  const resources = resourcesOf(schema, { [name]: { read: anyone, delete: anyone, ...options } } as never)
  return defineApi({ title: "Notes", version: "1", accounts: false, schema, resources }).resources[0]
}

test.each<["notes" | "own", ResourceOptions, RegExp]>([
  ["notes", { softDelete: "nope" }, /^notes: softDelete names "nope", which is no column$/],
  [
    "notes",
    { softDelete: "title" },
    /^notes: softDelete names "title", which is no timestamp, date or number \(text\)$/,
  ],
  ["notes", { softDelete: "flag" }, /which is no timestamp, date or number/],
  ["notes", { softDelete: "bytes" }, /which is no timestamp, date or number/],
  ["notes", { softDelete: "id" }, /^notes: softDelete names "id", which must be nullable/],
  ["notes", { softDelete: "required" }, /^notes: softDelete names "required", which must be nullable/],
  ["notes", { softDelete: "preset" }, /^notes: softDelete names "preset", which has a default/],
  ["notes", { softDelete: "made" }, /^notes: softDelete names "made", which has a default/],
  [
    "own",
    { softDelete: "created_at" },
    /^own: softDelete names "created_at", which (must be nullable|the database)/,
  ],
  ["notes", { restore: anyone }, /^notes: restore is a rule of rows that softDelete keeps/],
  [
    "notes",
    { softDelete: "seconds", restore: () => sql`title = 'x'` },
    /^notes: the rule of restore names the column "title" itself/,
  ],
])("%s: %j is refused at load", (name, options, message) => {
  expect(() => served(name, options)).toThrow(message)
})

test("a relation that has the path of restore is refused", () => {
  const module = {
    notes,
    notesRelations,
    back: relations(notes, ({ one }) => ({
      note: one(notes, { fields: [notes.noteId], references: [notes.id], relationName: "tree" }),
    })),
  }
  const resources = resourcesOf(module, {
    notes: { read: anyone, softDelete: "seconds", restore: anyone, embed: { restore: {} } },
  } as never)
  expect(() => defineApi({ title: "N", version: "1", accounts: false, schema: module, resources })).toThrow(
    /^notes: the relation "restore" has the path/,
  )
})

const now = new Date("2026-01-31T12:34:56.789Z")
test.each<["notes" | "own", string, unknown]>([
  ["notes", "seconds", 1769862896],
  ["notes", "millis", 1769862896789],
  ["notes", "number", 1769862896789],
  ["notes", "real", 1769862896789],
  ["own", "at", "2026-01-31T12:34:56.789Z"],
])("%s.%s is set to now as its column has it", (name, softDelete, stored) => {
  const resource = served(name, { softDelete })
  const soft = resource?.softDelete
  if (!soft) throw new Error("there is no soft delete")
  expect(soft.field.type.sql.encode(deletionTime(soft, now))).toBe(stored)
  expect(resource?.fields[softDelete]?.write).toBeUndefined()
})

test("a column of few digits has seconds", () => {
  const soft = served("own", { softDelete: "number" })?.softDelete
  if (!soft) throw new Error("there is no soft delete")
  expect([1769862896789, 1769862896]).toContain(deletionTime(soft, now))
})

test("what is closed stays closed", () => {
  expect(served("notes", { read: nobody, softDelete: "seconds" })?.rules).toMatchObject({
    read: nobody,
    restore: nobody,
  })
})

test("an import takes the null that an export has, and no create takes the column", () => {
  const resource = served("own", { create: anyone, softDelete: "at" })
  if (!resource) throw new Error("there is no resource")
  expect(importSchema(resource).safeParse({ at: null }).success).toBe(true)
  for (const schema of [createSchema(resource), updateSchema(resource)])
    expect(schema.safeParse({ at: null }).success).toBe(false)
})
