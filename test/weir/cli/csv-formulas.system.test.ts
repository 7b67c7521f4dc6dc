import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { ask, refused, worked } from "../support/ask.ts"
import { tempFolder } from "../support/node-server.ts"
import { databases, type Kind, type Project, prepared, project } from "../support/project.ts"

const at: Project = project()
const withUsers = prepared(async (url) => {
  worked(await at.db(url, "migrate"))
  worked(await at.db(url, "seed", "--users", "2", "--items", "0"))
})

const titles = ["=1+1", "+1", "-2+3", "@SUM(A1)", "'=1", "''", "don't", "＝cmd", 'x "=1"']
const all = "select id, title, description, price from items order by id"

describe.each(Object.keys(databases) as Kind[])("%s", (kind) => {
  test("an export with marked formulas is imported as it was", async () => {
    const url = await withUsers(kind)
    const records = titles.map((title) =>
      JSON.stringify({ title, description: `-${title}`, price: 1, owner_id: 1 }),
    )
    at.write("formulas.ndjson", `${records.join("\n")}\n`)
    worked(await at.db(url, "import", "items", join(at.folder, "formulas.ndjson")))
    const rows = await ask(url, all)
    expect(rows).toHaveLength(titles.length)

    const bare = await at.db(url, "export", "items", "--format", "csv")
    expect(bare.code).toBe(0)
    expect(bare.stdout).toContain(",=1+1,")
    expect(bare.stderr).toMatch(/warning: 14 cells look like formulas, in items\.title first: .*--csv-safe/)

    const path = join(tempFolder(), "safe.csv")
    const safe = await at.db(url, "export", "items", "--out", path, "--csv-safe")
    worked(safe)
    expect(safe.stderr).not.toContain("warning")
    const text = readFileSync(path, "utf8")
    expect(text).toContain(",'=1+1,'-=1+1,1,")
    expect(text).not.toMatch(/,"?[=+\-@＝]/)

    await ask(url, "delete from items")
    worked(await at.db(url, "import", "items", path, "--csv-safe"))
    expect(await ask(url, all)).toEqual(rows)
  })
})

test("--csv-safe is for CSV", async () => {
  const url = await withUsers("libSQL file")
  expect(refused(await at.db(url, "export", "items", "--csv-safe"))).toContain("--csv-safe: is for CSV")
  at.write("x.ndjson", "{}\n")
  const path = join(at.folder, "x.ndjson")
  expect(refused(await at.db(url, "import", "items", path, "--csv-safe"))).toContain("--csv-safe: is for CSV")
})
