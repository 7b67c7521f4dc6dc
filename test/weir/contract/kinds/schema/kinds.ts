import { relations } from "drizzle-orm"
import {
  boolean,
  id,
  integer,
  itself,
  json,
  oneOf,
  real,
  references,
  table,
  text,
  timestamp,
  timestamps,
  unique,
} from "#weir/schema"

/** Every type of column, required and not, with bounds and without, and a reference to the table itself. */
export const kinds = table(
  "kinds",
  {
    id: id(),
    name: text({ min: 1, max: 50 }).notNull().unique(),
    note: text({ max: 10_000 }),
    email: text({ max: 100, format: "email" }),
    code: text({ max: 20, pattern: "^[A-Z]{2}-\\d+$", example: "AB-12" }).unique(),
    // Names that the engine gives its own values and aliases.
    viewer: integer(),
    o: text({ max: 20 }),
    t0: integer(),
    state: oneOf(["it's", "open", "done"]).notNull().default("open"),
    whole: integer({ min: -5, max: 1_000_000 }).notNull(),
    maybe_whole: integer(),
    fraction: real().notNull(),
    maybe_fraction: real({ min: 0 }),
    flag: boolean().notNull().default(false),
    maybe_flag: boolean(),
    moment: timestamp().notNull(),
    maybe_moment: timestamp(),
    data: json(),
    place: integer({ min: 0 }).notNull(),
    row: integer({ min: 0 }).notNull(),
    parent_id: references(itself, { onDelete: "set null" }),
    ...timestamps(),
  },
  (t) => [unique("kinds_place").on(t.place, t.row)],
)

export const kindsRelations = relations(kinds, ({ one }) => ({
  parent: one(kinds, { fields: [kinds.parent_id], references: [kinds.id] }),
}))
