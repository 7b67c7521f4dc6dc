import { migrate, readMigrations } from "../db/migrate.ts"
import { parseEnv } from "../env.ts"
import "./fast-imports.ts"
import { fail } from "./fail.ts"
import { migrationsOf, openDatabase } from "./server.ts"

/** `npm run db:migrate`: applies what is pending to the database of `DATABASE_URL`. */
try {
  const database = openDatabase(parseEnv({ ...process.env, NODE_ENV: "development" }))
  const applied = await migrate(
    database.connect(),
    database.dialect,
    readMigrations(migrationsOf(database.dialect)),
  )
  console.log(
    applied.length ? `${database.label}: applied ${applied.join(", ")}` : `${database.label} is up to date`,
  )
  await database.close()
} catch (error) {
  fail("Not migrated.", error)
}
