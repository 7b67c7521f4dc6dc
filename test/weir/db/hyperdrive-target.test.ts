import { expect, test } from "vitest"
import { hyperdriveTarget, parsePostgresUrl } from "../../../src/weir/db/drivers/postgres-url.ts"

// As Hyperdrive and wrangler write them.
test.each([
  "postgres://user:secret@0123.hyperdrive.local:5432/name?sslmode=disable",
  "postgresql://user:p%40ss%2Fword%3F@127.0.0.1:40123/with%20blank?sslmode=prefer",
  "postgres://user@localhost/name",
  "postgres://user:%C3%A9@[::1]:6000/name",
  "postgres://localhost",
])("%s is read as any Postgres, but for its parameters", (url) => {
  const { sslMode: _, ...target } = parsePostgresUrl(url, true)
  expect(hyperdriveTarget(url)).toEqual({ ...target, sslMode: undefined })
})
