import { doublePrecision, integer, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core"
import { real, integer as sqliteInteger, sqliteTable, text as sqliteText } from "drizzle-orm/sqlite-core"

/** The items of the bench as a team's own table: a uuid as its key, columns in camelCase, text without bounds. */
const onPostgres = () =>
  pgTable("Entry", {
    id: uuid("id").primaryKey().defaultRandom(),
    title: text("title").notNull(),
    description: text("description"),
    price: doublePrecision("price").notNull(),
    ownerId: integer("ownerId").notNull(),
    createdAt: timestamp("createdAt", { precision: 3, withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp("updatedAt", { precision: 3, withTimezone: true }).notNull().defaultNow(),
  })

const onSqlite = () =>
  sqliteTable("Entry", {
    id: sqliteText("id").primaryKey(),
    title: sqliteText("title").notNull(),
    description: sqliteText("description"),
    price: real("price").notNull(),
    ownerId: sqliteInteger("ownerId").notNull(),
    createdAt: sqliteText("createdAt", { length: 24 }).notNull(),
    updatedAt: sqliteText("updatedAt", { length: 24 }).notNull(),
  })

export const entries = (
  process.env.DATABASE_URL?.startsWith("postgres") ? onPostgres() : onSqlite()
) as ReturnType<typeof onPostgres>
