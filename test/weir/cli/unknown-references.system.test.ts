import { join } from "node:path"
import { expect, test } from "vitest"
import { ask, number, worked } from "../support/ask.ts"
import { withTables } from "../support/own-tables.ts"
import { databases } from "../support/project.ts"

/** A record that names a row which is not there is rejected by the name of that reference. */

const columns = {
  "libSQL file": `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core"
const id = () => integer().primaryKey()
export const shelves = sqliteTable("shelves", { id: id(), deletedAt: integer({ mode: "timestamp" }) })
export const lids = sqliteTable("lids", { id: id() })
export const jars = sqliteTable("jars", { id: id(), shelfId: integer().references(() => shelves.id), lidId: integer().references(() => lids.id), otherLid: integer().references(() => lids.id), size: integer() })
`,
  Postgres: `import { integer, pgTable, timestamp } from "drizzle-orm/pg-core"
const id = () => integer().primaryKey()
export const shelves = pgTable("shelves", { id: id(), deletedAt: timestamp() })
export const lids = pgTable("lids", { id: id() })
export const jars = pgTable("jars", { id: id(), shelfId: integer().references(() => shelves.id), lidId: integer().references(() => lids.id), otherLid: integer().references(() => lids.id), size: integer() })
`,
}
const open = "read: anyone, create: anyone, delete: anyone"
const resources = `{ shelves: { ${open}, softDelete: "deletedAt" }, lids: { ${open} }, jars: { ${open} } }`

test.each(["libSQL file", "Postgres"] as const)("%s", async (kind) => {
  const at = withTables(columns[kind], resources)
  const url = await databases[kind]()
  worked(await at.db(url, "generate", "--name", "first"))
  worked(await at.db(url, "migrate"))
  const deleted = kind === "Postgres" ? "now()" : "1"
  await ask(url, `insert into shelves values (1, null), (2, ${deleted})`)
  await ask(url, "insert into lids values (1)")
  const records = [
    { id: 1, shelfId: 1, lidId: 1 },
    { id: 2, shelfId: 9, lidId: 1 },
    { id: 3, shelfId: 2 },
    { id: 4, shelfId: 1, lidId: 9, otherLid: 1 },
    { id: 5, shelfId: 1, lidId: 1, otherLid: 9 },
    { id: 6 },
  ]
  at.write("jars.ndjson", records.map((record) => JSON.stringify(record)).join("\n"))
  const path = join(at.folder, "jars.ndjson")
  expect((await at.db(url, "import", "jars", path)).stdout).toContain("2 of 6 records")
  const rejects = at.read("jars.ndjson.rejects.ndjson").trim().split("\n")
  const reasons = rejects.map((line) => {
    const { line: at, reason } = JSON.parse(line) as { line: number; reason: string }
    return [at, reason]
  })
  const why = "refers to a row that does not exist"
  expect(reasons).toEqual([
    [2, `shelfId: ${why}`],
    [3, `shelfId: ${why}`],
    [4, `lidId: ${why}`],
    [5, `otherLid: ${why}`],
  ])
  expect(await number(url, "select count(*) from jars")).toBe(2)
})
