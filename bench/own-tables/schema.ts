import { doublePrecision, integer, pgTable, timestamp, uuid, varchar } from "drizzle-orm/pg-core"
import { real, integer as sqliteInteger, sqliteTable, text as sqliteText } from "drizzle-orm/sqlite-core"

/** The items of the bench as a team's own table: a uuid as its key, columns in camelCase. */
const onPostgres = () =>
  pgTable("Entry", {
    id: uuid("id").primaryKey().defaultRandom(),
    title: varchar("title", { length: 200 }).notNull(),
    description: varchar("description", { length: 10_000 }),
    price: doublePrecision("price").notNull(),
    ownerId: integer("ownerId").notNull(),
    createdAt: timestamp("createdAt", { precision: 3, withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp("updatedAt", { precision: 3, withTimezone: true }).notNull().defaultNow(),
  })

const onSqlite = () =>
  sqliteTable("Entry", {
    id: sqliteText("id").primaryKey(),
    title: sqliteText("title", { length: 200 }).notNull(),
    description: sqliteText("description", { length: 10_000 }),
    price: real("price").notNull(),
    ownerId: sqliteInteger("ownerId").notNull(),
    createdAt: sqliteText("createdAt", { length: 24 }).notNull(),
    updatedAt: sqliteText("updatedAt", { length: 24 }).notNull(),
  })

export const entries = (
  process.env.DATABASE_URL?.startsWith("postgres") ? onPostgres() : onSqlite()
) as ReturnType<typeof onPostgres>
