import { defineConfig } from "drizzle-kit"
import { dialectOf } from "./src/db/dialect/choose.ts"

const url = process.env.DATABASE_URL ?? "file:weir.db"
const dialect = dialectOf(url)

/** One config for both dialects: `DATABASE_URL` chooses, as it does for the app. */
export default defineConfig(
  dialect === "postgres"
    ? {
        dialect: "postgresql",
        dbCredentials: { url },
        schema: "./src/db/schema/*.ts",
        out: "./drizzle/postgres",
      }
    : url.startsWith("file:")
      ? { dialect: "sqlite", dbCredentials: { url }, schema: "./src/db/schema/*.ts", out: "./drizzle/sqlite" }
      : {
          dialect: "turso",
          dbCredentials: { url, authToken: process.env.DATABASE_AUTH_TOKEN ?? "" },
          schema: "./src/db/schema/*.ts",
          out: "./drizzle/sqlite",
        },
)
