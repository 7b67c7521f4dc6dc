// Throw-away letterboxes on SQLite: people, their boxes, the letters in them, keys and links to show them.
//
// Awkward, and what must come out:
// - Times are integers, in milliseconds in some tables and in seconds in others (duty, person_duty, machine_keys): all are
//   RFC 3339 in JSON, and a filter or cursor compares what is stored. Most are made by the app (`$defaultFn`).
// - snake_case and camelCase columns stand in one table; in passport the properties themselves are snake_case.
// - Keys are text, made by the app (`$defaultFn`); two are composite, one of them of two texts that a client gives.
// - `mailConfirmed` is a time, though it sounds like a flag. `scope`, `kind` and `state` are plain columns.
// - Property `personId` is column "personId" in two tables and "person_id" in three.
// - An index is on an expression, and (label, personId) is unique by an index: 409.
// - `password`, `renewal_token`, `entry_token`, `face_token` and `token` must not be shown unless a rule says so; `key` of
//   machine_keys is a secret that does not look it: a rule must be able to hide it.
import { relations, sql } from "drizzle-orm"
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"

type PassportKind = "oidc" | "oauth" | "mail"

export const persons = sqliteTable("person", {
  id: text("id")
    .primaryKey()
    .$defaultFn(() => crypto.randomUUID()),
  name: text("name"),
  mail: text("mail").unique(),
  mailConfirmed: integer("mailConfirmed", { mode: "timestamp_ms" }),
  portrait: text("portrait"),
  nickname: text("nickname").unique(),
  password: text("password"),
})

export const passports = sqliteTable(
  "passport",
  {
    personId: text("personId")
      .notNull()
      .references(() => persons.id, { onDelete: "cascade" }),
    kind: text("kind").$type<PassportKind>().notNull(),
    house: text("house").notNull(),
    houseAccountId: text("houseAccountId").notNull(),
    renewal_token: text("renewal_token"),
    entry_token: text("entry_token"),
    lapses_at: integer("lapses_at"),
    token_kind: text("token_kind"),
    scope: text("scope"),
    face_token: text("face_token"),
    state: text("state"),
  },
  (passport) => ({
    bothTogether: primaryKey({
      columns: [passport.house, passport.houseAccountId],
    }),
    personIdx: index("passport_person_idx").on(passport.personId),
  }),
)

export const boxes = sqliteTable(
  "box",
  {
    id: text("id")
      .primaryKey()
      .$defaultFn(() => crypto.randomUUID()),
    mailbox: text("mailbox").notNull().unique(),
    personId: text("personId").references(() => persons.id, { onDelete: "cascade" }),
    createdAt: integer("created_at", { mode: "timestamp_ms" })
      .notNull()
      .$defaultFn(() => new Date()),
    endsAt: integer("ends_at", { mode: "timestamp_ms" }).notNull(),
  },
  (table) => ({
    endsIdx: index("box_ends_idx").on(table.endsAt),
    personIdx: index("box_person_idx").on(table.personId),
    mailboxIdx: index("box_mailbox_lower_idx").on(sql`lower(${table.mailbox})`),
  }),
)

export const letters = sqliteTable(
  "letter",
  {
    id: text("id")
      .primaryKey()
      .$defaultFn(() => crypto.randomUUID()),
    boxId: text("boxId")
      .notNull()
      .references(() => boxes.id, { onDelete: "cascade" }),
    senderAddress: text("sender_address"),
    receiverAddress: text("receiver_address"),
    topic: text("topic").notNull(),
    plain: text("plain").notNull(),
    markup: text("markup"),
    way: text("way"),
    arrivedAt: integer("arrived_at", { mode: "timestamp_ms" })
      .notNull()
      .$defaultFn(() => new Date()),
    postedAt: integer("posted_at", { mode: "timestamp_ms" })
      .notNull()
      .$defaultFn(() => new Date()),
  },
  (table) => ({
    boxIdx: index("letter_box_idx").on(table.boxId),
    boxArrivedIdx: index("letter_box_arrived_way_idx").on(table.boxId, table.arrivedAt, table.way),
  }),
)

export const hooks = sqliteTable(
  "hook",
  {
    id: text("id")
      .primaryKey()
      .$defaultFn(() => crypto.randomUUID()),
    personId: text("person_id")
      .notNull()
      .references(() => persons.id, { onDelete: "cascade" }),
    address: text("address").notNull(),
    active: integer("active", { mode: "boolean" }).notNull().default(true),
    createdAt: integer("created_at", { mode: "timestamp_ms" })
      .notNull()
      .$defaultFn(() => new Date()),
    updatedAt: integer("updated_at", { mode: "timestamp_ms" })
      .notNull()
      .$defaultFn(() => new Date()),
  },
  (table) => ({
    personIdx: index("hook_person_idx").on(table.personId),
  }),
)

export const duties = sqliteTable("duty", {
  id: text("id")
    .primaryKey()
    .$defaultFn(() => crypto.randomUUID()),
  title: text("title").notNull(),
  about: text("about"),
  createdAt: integer("created_at", { mode: "timestamp" }).$defaultFn(() => new Date()),
  updatedAt: integer("updated_at", { mode: "timestamp" }).$defaultFn(() => new Date()),
})

export const personDuties = sqliteTable(
  "person_duty",
  {
    personId: text("person_id")
      .notNull()
      .references(() => persons.id, { onDelete: "cascade" }),
    dutyId: text("duty_id")
      .notNull()
      .references(() => duties.id, { onDelete: "cascade" }),
    createdAt: integer("created_at", { mode: "timestamp" }).$defaultFn(() => new Date()),
  },
  (table) => ({
    key: primaryKey({ columns: [table.personId, table.dutyId] }),
    personIdx: index("person_duty_person_idx").on(table.personId),
  }),
)

export const machineKeys = sqliteTable(
  "machine_keys",
  {
    id: text("id")
      .primaryKey()
      .$defaultFn(() => crypto.randomUUID()),
    personId: text("person_id")
      .notNull()
      .references(() => persons.id),
    label: text("label").notNull(),
    key: text("key").unique().notNull(),
    createdAt: integer("created_at", { mode: "timestamp" }).$defaultFn(() => new Date()),
    endsAt: integer("ends_at", { mode: "timestamp" }),
    active: integer("active", { mode: "boolean" }).notNull().default(true),
  },
  (table) => ({
    labelOncePerPerson: uniqueIndex("machine_keys_label_person_unique").on(table.label, table.personId),
    personIdx: index("machine_keys_person_idx").on(table.personId),
  }),
)

export const boxLinks = sqliteTable(
  "box_link",
  {
    id: text("id")
      .primaryKey()
      .$defaultFn(() => crypto.randomUUID()),
    boxId: text("box_id")
      .notNull()
      .references(() => boxes.id, { onDelete: "cascade" }),
    token: text("token").unique().notNull(),
    createdAt: integer("created_at", { mode: "timestamp_ms" })
      .notNull()
      .$defaultFn(() => new Date()),
    endsAt: integer("ends_at", { mode: "timestamp_ms" }),
  },
  (table) => ({
    boxIdx: index("box_link_box_idx").on(table.boxId),
    tokenIdx: index("box_link_token_idx").on(table.token),
  }),
)

export const letterLinks = sqliteTable(
  "letter_link",
  {
    id: text("id")
      .primaryKey()
      .$defaultFn(() => crypto.randomUUID()),
    letterId: text("letter_id")
      .notNull()
      .references(() => letters.id, { onDelete: "cascade" }),
    token: text("token").unique().notNull(),
    createdAt: integer("created_at", { mode: "timestamp_ms" })
      .notNull()
      .$defaultFn(() => new Date()),
    endsAt: integer("ends_at", { mode: "timestamp_ms" }),
  },
  (table) => ({
    letterIdx: index("letter_link_letter_idx").on(table.letterId),
    tokenIdx: index("letter_link_token_idx").on(table.token),
  }),
)

export const machineKeysRelations = relations(machineKeys, ({ one }) => ({
  person: one(persons, {
    fields: [machineKeys.personId],
    references: [persons.id],
  }),
}))

export const personDutiesRelations = relations(personDuties, ({ one }) => ({
  person: one(persons, {
    fields: [personDuties.personId],
    references: [persons.id],
  }),
  duty: one(duties, {
    fields: [personDuties.dutyId],
    references: [duties.id],
  }),
}))

export const personsRelations = relations(persons, ({ many }) => ({
  duties: many(personDuties),
  machineKeys: many(machineKeys),
}))

export const dutiesRelations = relations(duties, ({ many }) => ({
  persons: many(personDuties),
}))

export const boxLinksRelations = relations(boxLinks, ({ one }) => ({
  box: one(boxes, {
    fields: [boxLinks.boxId],
    references: [boxes.id],
  }),
}))

export const letterLinksRelations = relations(letterLinks, ({ one }) => ({
  letter: one(letters, {
    fields: [letterLinks.letterId],
    references: [letters.id],
  }),
}))
