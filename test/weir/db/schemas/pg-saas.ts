// A small subscription business on Postgres: people, studios, seats, a journal and invites. Relations are declared.
//
// Awkward, and what must come out:
// - Nearly every property is camelCase over a snake_case column: properties alone are what clients see.
// - Relation `sentBy` of invites has the name of its own column `sentBy`: the column stays readable as a number, and the
//   embedded person must still be reachable (under a name that is documented); nothing throws at the start.
// - `many(invites)` of people is called `invitesSent`; journal has a column called "timestamp"; invites has `status`.
// - Keys are serial. Timestamps are without zone, of microseconds, by now(): pages over them neither repeat nor lose a row.
// - `deletedAt` is a soft delete in the eyes of the app only: without a rule such rows are rows like any other.
// - `passwordHash` must not be shown unless a rule says so, nor when a person is embedded in a seat.
// - A person whom seats or invites point at cannot be deleted (no action): that is a 409, not a 500.
import { relations } from "drizzle-orm"
import { integer, pgTable, serial, text, timestamp, varchar } from "drizzle-orm/pg-core"

export const people = pgTable("people", {
  id: serial("id").primaryKey(),
  fullName: varchar("full_name", { length: 120 }),
  mail: varchar("mail", { length: 254 }).notNull().unique(),
  passwordHash: text("password_hash").notNull(),
  standing: varchar("standing", { length: 16 }).notNull().default("guest"),
  createdAt: timestamp("created_at").notNull().defaultNow(),
  updatedAt: timestamp("updated_at").notNull().defaultNow(),
  deletedAt: timestamp("deleted_at"),
})

export const studios = pgTable("studios", {
  id: serial("id").primaryKey(),
  title: varchar("title", { length: 120 }).notNull(),
  createdAt: timestamp("created_at").notNull().defaultNow(),
  updatedAt: timestamp("updated_at").notNull().defaultNow(),
  payerRef: text("payer_ref").unique(),
  contractRef: text("contract_ref").unique(),
  tariffRef: text("tariff_ref"),
  tariffName: varchar("tariff_name", { length: 40 }),
  contractState: varchar("contract_state", { length: 24 }),
})

export const seats = pgTable("seats", {
  id: serial("id").primaryKey(),
  personId: integer("person_id")
    .notNull()
    .references(() => people.id),
  studioId: integer("studio_id")
    .notNull()
    .references(() => studios.id),
  standing: varchar("standing", { length: 40 }).notNull(),
  seatedAt: timestamp("seated_at").notNull().defaultNow(),
})

export const journal = pgTable("journal", {
  id: serial("id").primaryKey(),
  studioId: integer("studio_id")
    .notNull()
    .references(() => studios.id),
  personId: integer("person_id").references(() => people.id),
  deed: text("deed").notNull(),
  timestamp: timestamp("timestamp").notNull().defaultNow(),
  address: varchar("address", { length: 45 }),
})

export const invites = pgTable("invites", {
  id: serial("id").primaryKey(),
  studioId: integer("studio_id")
    .notNull()
    .references(() => studios.id),
  mail: varchar("mail", { length: 254 }).notNull(),
  standing: varchar("standing", { length: 40 }).notNull(),
  sentBy: integer("sent_by")
    .notNull()
    .references(() => people.id),
  sentAt: timestamp("sent_at").notNull().defaultNow(),
  status: varchar("status", { length: 16 }).notNull().default("open"),
})

export const studiosRelations = relations(studios, ({ many }) => ({
  seats: many(seats),
  journal: many(journal),
  invites: many(invites),
}))

export const peopleRelations = relations(people, ({ many }) => ({
  seats: many(seats),
  invitesSent: many(invites),
}))

export const invitesRelations = relations(invites, ({ one }) => ({
  studio: one(studios, {
    fields: [invites.studioId],
    references: [studios.id],
  }),
  sentBy: one(people, {
    fields: [invites.sentBy],
    references: [people.id],
  }),
}))

export const seatsRelations = relations(seats, ({ one }) => ({
  person: one(people, {
    fields: [seats.personId],
    references: [people.id],
  }),
  studio: one(studios, {
    fields: [seats.studioId],
    references: [studios.id],
  }),
}))

export const journalRelations = relations(journal, ({ one }) => ({
  studio: one(studios, {
    fields: [journal.studioId],
    references: [studios.id],
  }),
  person: one(people, {
    fields: [journal.personId],
    references: [people.id],
  }),
}))

export type Person = typeof people.$inferSelect
export type NewPerson = typeof people.$inferInsert
export type Studio = typeof studios.$inferSelect
export type NewStudio = typeof studios.$inferInsert
export type Seat = typeof seats.$inferSelect
export type NewSeat = typeof seats.$inferInsert
export type JournalEntry = typeof journal.$inferSelect
export type NewJournalEntry = typeof journal.$inferInsert
export type Invite = typeof invites.$inferSelect
export type NewInvite = typeof invites.$inferInsert
export type StudioWithSeats = Studio & {
  seats: (Seat & { person: Pick<Person, "id" | "fullName" | "mail"> })[]
}

/** What the journal speaks of: an export that is no table. */
export const Deed = {
  JOINED: "JOINED",
  LEFT: "LEFT",
  SIGNED_IN: "SIGNED_IN",
  CHANGED_PASSWORD: "CHANGED_PASSWORD",
  INVITED: "INVITED",
  OPENED_STUDIO: "OPENED_STUDIO",
} as const
