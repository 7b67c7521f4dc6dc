import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createClient } from "@libsql/client"
import { getTableColumns } from "drizzle-orm"
import { api } from "./api.ts"

// The first migration says what was there before Weir. It must not run: its tables exist. This writes into the
// ledger of migrations that it was applied, after a look at whether the tables have the columns of the schema.

const folder = new URL("./drizzle/sqlite/", import.meta.url)
const journal = JSON.parse(readFileSync(new URL("meta/_journal.json", folder), "utf8"))
const { tag, when } = journal.entries[0]
const hash = createHash("sha256")
  .update(readFileSync(new URL(`${tag}.sql`, folder)))
  .digest("hex")

const client = createClient({ url: process.env.DATABASE_URL ?? "file:library.db" })
for (const { name, table } of api.resources) {
  const { rows } = await client.execute({ sql: "select name from pragma_table_info(?)", args: [name] })
  const present = new Set(rows.map((row) => row.name))
  const missing = Object.values(getTableColumns(table)).filter((column) => !present.has(column.name))
  if (missing.length > 0) {
    console.error(`${name} lacks ${missing.map((column) => column.name).join(", ")}: nothing was adopted`)
    process.exit(1)
  }
}
await client.batch(
  [
    "create table if not exists __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)",
    {
      sql: "insert into __drizzle_migrations (hash, created_at) select ?, ? where not exists (select 1 from __drizzle_migrations)",
      args: [hash, when],
    },
  ],
  "write",
)
client.close()
console.log(`adopted ${tag}`)
