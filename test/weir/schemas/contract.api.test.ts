import "#fresh"
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { contract } from "../contract/contract.ts"
import { statementsOf } from "./support/database.ts"
import { dialect, type PeoplesSchema, schemaNamed } from "./support/schemas.ts"
import { apiOf } from "./support/served.ts"

/** The first migration of a schema, as `db:generate` would lay it down. */
async function migrationsOf(schema: PeoplesSchema): Promise<URL> {
  const folder = mkdtempSync(join(tmpdir(), "weir-migrations-"))
  const meta = join(folder, dialect, "meta")
  mkdirSync(meta, { recursive: true })
  const statements = await statementsOf(schema, dialect)
  writeFileSync(join(folder, dialect, "0000_init.sql"), statements.join("\n--> statement-breakpoint\n"))
  const entries = [{ idx: 0, version: "6", when: 1, tag: "0000_init", breakpoints: true }]
  writeFileSync(join(meta, "_journal.json"), JSON.stringify({ version: "7", dialect, entries }))
  return pathToFileURL(`${folder}/`)
}

// What a team runs over its own tables, over tables that were not made for it.
const schema = schemaNamed(dialect === "postgres" ? "pg-saas" : "sqlite-mail") as PeoplesSchema
contract(apiOf(schema), { migrations: await migrationsOf(schema) })
