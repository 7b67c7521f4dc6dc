import { defineConfig } from "drizzle-kit"
import { dialectOf } from "#weir/schema"

const url = process.env.DATABASE_URL ?? "file:weir.db"
const authToken = process.env.DATABASE_AUTH_TOKEN
const dialect = dialectOf(url)

// What Weir's own commands keep is not the schema's: `push` leaves it alone.
const tablesFilter = ["!__*"]

/** One config for both dialects: `DATABASE_URL` chooses, as it does for the app. */
export default defineConfig(
  dialect === "postgres"
    ? {
        dialect: "postgresql",
        dbCredentials: { url },
        schema: "./src/schema/**/*.ts",
        tablesFilter,
        out: "./drizzle/postgres",
      }
    : url.startsWith("file:")
      ? {
          dialect: "sqlite",
          dbCredentials: { url },
          schema: "./src/schema/**/*.ts",
          tablesFilter,
          out: "./drizzle/sqlite",
        }
      : {
          dialect: "turso",
          dbCredentials: { url, ...(authToken ? { authToken } : {}) },
          schema: "./src/schema/**/*.ts",
          tablesFilter,
          out: "./drizzle/sqlite",
        },
)
