import { relations } from "drizzle-orm"
import {
  bigint,
  bytes,
  date,
  decimal,
  itself,
  oneOf,
  references,
  table,
  text,
  time,
  timestamps,
  unique,
  uuid,
  uuidKey,
} from "#weir/schema"
import { ledgers } from "./ledgers.ts"

/** A key that the app makes, names of columns that are not those of properties, and every type that is exact. */
export const lots = table(
  "lots",
  {
    lotId: uuidKey({ name: "lot_id" }),
    label: text({ min: 1, max: 50, name: "lot_label" }).notNull(),
    essay: text(),
    mood: oneOf(["calm", "wild"], { name: "lot_mood" }).notNull().default("calm"),
    trace: uuid({ name: "trace_id" }).unique(),
    price: decimal({ precision: 12, scale: 2 }).notNull().default("19.50"),
    share: decimal({ precision: 18, scale: 18 }),
    pieces: decimal({ precision: 18, scale: 0, name: "piece_count" }),
    serial: bigint({ name: "serial_no" }).notNull(),
    seen: bigint().default("9007199254740993"),
    day: date({ name: "on_day" }).notNull(),
    until: date(),
    at: time({ name: "at_time" }).notNull(),
    alarm: time(),
    image: bytes({ max: 300 }),
    ledger: references(() => ledgers.code, { onDelete: "cascade", name: "ledger_code" }).notNull(),
    parent: references<string>(itself, { onDelete: "set null", name: "parent_id" }),
    ...timestamps(),
  },
  (t) => [unique("lots_day_serial").on(t.day, t.serial)],
)

export const lotsRelations = relations(lots, ({ one, many }) => ({
  owner: one(ledgers, { fields: [lots.ledger], references: [ledgers.code] }),
  above: one(lots, { fields: [lots.parent], references: [lots.lotId], relationName: "tree" }),
  below: many(lots, { relationName: "tree" }),
}))
