import { readFileSync } from "node:fs"
import { createClient } from "@libsql/client"

// Stands for the older application: makes its database, with rows, by plain SQL.
const client = createClient({ url: process.env.DATABASE_URL ?? "file:library.db" })
await client.executeMultiple(readFileSync(new URL("./library.sql", import.meta.url), "utf8"))
client.close()
