import { relations } from "drizzle-orm"
import { accountTables, id, oneOf, real, references, table, text, timestamp, timestamps } from "#weir/schema"

/** Accounts with all that they may have. */
export const people = table("people", {
  id: id(),
  email: text({ max: 254, format: "email" }).notNull().unique(),
  username: text({ min: 3, max: 40, pattern: "^[A-Za-z0-9_.-]+$", format: "username" }).notNull().unique(),
  hashed_password: text({ max: 255 }).notNull(),
  role: oneOf(["user", "editor", "admin"]).notNull().default("user"),
  verified_at: timestamp(),
  disabled_at: timestamp(),
  seen_at: timestamp(),
  ...timestamps(),
})

export const things = table("things", {
  id: id(),
  title: text({ min: 1, max: 200 }).notNull(),
  price: real({ min: 0 }).notNull().default(0),
  /** Which organisation it belongs to, as tokens of another issuer name it. */
  org: text({ max: 100 }),
  owner_id: references(() => people.id, { onDelete: "cascade" }).notNull(),
  ...timestamps(),
})

export const peopleRelations = relations(people, ({ many }) => ({ things: many(things) }))
export const thingsRelations = relations(things, ({ one }) => ({
  owner: one(people, { fields: [things.owner_id], references: [people.id] }),
}))

export const { sessions, api_keys, identities, account_tokens, account_factors, passkeys, audit } =
  accountTables(people)
