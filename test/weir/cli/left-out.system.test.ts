import { join } from "node:path"
import { expect, test } from "vitest"
import { ask, worked } from "../support/ask.ts"
import { withTables } from "../support/own-tables.ts"
import { databases } from "../support/project.ts"

/** An import leaves out what a record leaves out: the database may know a default that the schema lacks. */

const columns = {
  "libSQL file": `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core"
export const jars = sqliteTable("jars", { id: integer().primaryKey({ autoIncrement: true }), code: text(), size: integer() })
`,
  Postgres: `import { integer, pgTable, text } from "drizzle-orm/pg-core"
export const jars = pgTable("jars", { id: integer().primaryKey().generatedByDefaultAsIdentity(), code: text(), size: integer() })
`,
}

test.each(["libSQL file", "Postgres"] as const)("%s: db:import", async (kind) => {
  const at = withTables(columns[kind], "{ jars: { read: anyone, create: anyone } }")
  const url = await databases[kind]()
  worked(await at.db(url, "generate", "--name", "first"))
  worked(await at.db(url, "migrate"))
  await ask(url, "alter table jars drop column size")
  await ask(url, "alter table jars add column size integer default 5")
  const lines = ['{"code":"a"}', '{"code":"b","size":1}', '{"code":"c","size":null}', '{"code":"d"}', "{}"]
  at.write("jars.ndjson", lines.join("\n"))
  for (const args of [[], ["--atomic"]]) {
    const path = join(at.folder, "jars.ndjson")
    const imported = await at.db(url, "import", "jars", path, ...args)
    if (args.length === 0) expect(imported.stdout).toContain("4 of 5 records")
    else worked(imported)
    expect(at.read("jars.ndjson.rejects.ndjson")).toContain('"line":5,"reason":"holds no value"')
    expect(await ask(url, "select code, size from jars order by code")).toEqual([
      ["a", 5],
      ["b", 1],
      ["c", null],
      ["d", 5],
    ])
    await ask(url, "delete from jars")
    at.write("jars.ndjson", lines.slice(0, 4).join("\n"))
  }
})
