import { decoyHash, hashPassword } from "../src/weir/auth/password.ts"
import { handleOf } from "../src/weir/db/handle.ts"
import { migrate } from "../src/weir/db/migrations/apply.ts"
import { readMigrations } from "../src/weir/db/migrations/files.ts"
import { openDatabase } from "../src/weir/runtime/database.ts"
import { migrationsOf } from "../src/weir/runtime/migrations.ts"
import { parseEnv } from "../src/weir/runtime/settings.ts"
import { items } from "../test/weir/fixture/src/schema/items.ts"
import { users } from "../test/weir/fixture/src/schema/users.ts"
import { account } from "./routes.ts"

const userCount = 1_000
const itemCount = 10_000
const rowsPerInsert = 500

// All values are fixed, so that every run and every dialect measures the same rows.
const start = Date.parse("2025-01-01T00:00:00.000Z")
const instant = (i: number) => new Date(start + i * 61_037).toISOString()

const userRows = (password: string) =>
  Array.from({ length: userCount }, (_, i) => ({
    email: i + 1 === account.id ? account.email : `user${i + 1}@example.com`,
    username: `user${i + 1}`,
    hashed_password: i + 1 === account.id ? password : decoyHash,
    created_at: instant(i),
    updated_at: instant(i),
  }))

/** Ten items for each user, spread over the table as in a real one. */
const itemRows = Array.from({ length: itemCount }, (_, i) => ({
  title: `Item number ${i + 1}`,
  description: i % 3 === 0 ? null : `What there is to say about item ${i + 1}, in a line or so of text.`,
  price: ((i * 7_919) % 100_000) / 100,
  owner_id: (i % userCount) + 1,
  created_at: instant(i),
  updated_at: instant(i),
}))

const migrations = new URL("../test/weir/fixture/drizzle/", import.meta.url)

/** Migrates the database of `DATABASE_URL` and fills it: 1,000 users with 10 items each. */
const database = await openDatabase(parseEnv({ DATABASE_URL: process.env.DATABASE_URL }))
const client = database.connect()
const db = handleOf(() => client)
await migrate(database, readMigrations(migrationsOf(migrations, database.dialect)))

const password = await hashPassword(account.password)
await insertAll(userRows(password), (rows) => db.insert(users).values(rows))
await insertAll(itemRows, (rows) => db.insert(items).values(rows))
await database.close()

/** Inserts rows in their order, 500 per statement. */
async function insertAll<T>(rows: T[], insert: (batch: T[]) => PromiseLike<unknown>): Promise<void> {
  for (let i = 0; i < rows.length; i += rowsPerInsert) await insert(rows.slice(i, i + rowsPerInsert))
}
