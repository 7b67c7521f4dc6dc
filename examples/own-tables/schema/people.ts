import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core"

export const members = sqliteTable("member", {
  id: text("id")
    .primaryKey()
    .$defaultFn(() => crypto.randomUUID()),
  email: text("email").notNull().unique(),
  fullName: text("full_name", { length: 120 }),
  passwordHash: text("password_hash").notNull(),
  role: text("role", { enum: ["member", "admin"] })
    .notNull()
    .default("member"),
  createdAt: integer("created_at", { mode: "timestamp_ms" })
    .notNull()
    .$defaultFn(() => new Date()),
})
