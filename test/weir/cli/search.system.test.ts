import { beforeEach, expect, test } from "vitest"
import { ask, worked } from "../support/ask.ts"
import { databases, type Project, project } from "../support/project.ts"

let at: Project
beforeEach(() => {
  at = project()
})

const search = (fields: string[], more = "") =>
  at.edit(
    "src/resources.ts",
    "resource(items, {",
    `resource(items, {\n    search: { fields: ${JSON.stringify(fields)}${more} },`,
  )
const unsearched = () =>
  at.write("src/resources.ts", at.read("src/resources.ts").replace(/\n {4}search: .*/, ""))

const found = async (url: string, words: string): Promise<number[]> => {
  const { address, child, ended } = await at.serve(url, {
    AUTH_SECRET: "a secret of at least thirty-two bytes",
  })
  try {
    const answer = await fetch(`${address}/items?fields=id&sort=id&q=${encodeURIComponent(words)}`)
    const text = await answer.text()
    expect(answer.status, text).toBe(200)
    return (JSON.parse(text) as { id: number }[]).map(({ id }) => id)
  } finally {
    child.kill("SIGTERM")
    await ended
  }
}

const insertUsers =
  "insert into users (email, username, hashed_password, role, created_at, updated_at) values ('a@example.com', 'ann', 'x', 'user', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')"
const insertItem = (title: string, description: string) =>
  `insert into items (title, description, price, owner_id, created_at, updated_at) values ('${title}', '${description}', 1, 1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')`

const searchObjects = (url: string) =>
  ask(
    url,
    url.startsWith("postgres")
      ? "select indexname from pg_indexes where indexname like '%search%' order by 1"
      : "select name from sqlite_master where name like '%search%' and name not like '%search\\_%' escape '\\' or type = 'trigger' order by 1",
  )

for (const kind of ["libSQL file", "libSQL over HTTP", "Postgres"] as const)
  test(`${kind}: an index comes with a migration, follows changes of its table, and goes`, async () => {
    const url = await databases[kind]()
    worked(await at.db(url, "migrate"))
    await ask(url, insertUsers)
    await ask(url, insertItem("An oak lamp", "for a desk"))
    search(["title"])
    const written = worked(await at.db(undefined, "generate", "--name", "search"))
    expect(written).toContain("sqlite: 0001_search.sql")
    expect(written).toContain("postgres: 0001_search.sql")
    expect(worked(await at.db(undefined, "generate", "--name", "nothing"))).toMatch(/nothing has changed/)
    expect(worked(await at.db(url, "rehearse"))).not.toContain("FAILED")
    worked(await at.db(url, "migrate"))
    expect((await at.db(url, "status")).code).toBe(0)
    expect((await searchObjects(url)).length).toBe(kind === "Postgres" ? 1 : 4)
    await ask(url, insertItem("Oak table", "lamp"))
    expect(await found(url, "oak")).toEqual([1, 2])
    expect(await found(url, "lamp")).toEqual([1])

    // A new field, and a rebuild of the table on SQLite: title may be shorter.
    at.edit("src/resources.ts", '["title"]', '["title","description"]')
    at.edit("src/schema/items.ts", "title: text({ min: 1, max: 200 })", "title: text({ min: 1, max: 300 })")
    worked(await at.db(undefined, "generate", "--name", "both"))
    worked(await at.db(url, "migrate"))
    expect(await found(url, "lamp")).toEqual([1, 2])

    // The same index over a rebuilt table, and a renamed column.
    at.edit("src/schema/items.ts", "title: text({ min: 1, max: 300 })", "title: text({ min: 1, max: 400 })")
    worked(await at.db(undefined, "generate", "--name", "longer"))
    expect(worked(await at.db(url, "rehearse"))).not.toContain("FAILED")
    worked(await at.db(url, "migrate"))
    await ask(url, insertItem("Third", "lamp"))
    expect(await found(url, "lamp")).toEqual([1, 2, 3])
    at.write("src/schema/items.ts", at.read("src/schema/items.ts").replace("description:", "about:"))
    at.write("src/resources.ts", at.read("src/resources.ts").replace('"description"', '"about"'))
    worked(await at.db(undefined, "generate", "--name", "about", "--rename", "items.description=about"))
    worked(await at.db(url, "migrate"))
    await ask(url, insertItem("Fourth", "lamp").replace("description", "about"))
    expect(await found(url, "lamp")).toEqual([1, 2, 3, 4])

    worked(await at.db(url, "rollback", "--steps", "3", "--force"))
    expect((await searchObjects(url)).length).toBe(kind === "Postgres" ? 1 : 4)
    await ask(url, insertItem("Lamp five", "none"))
    worked(await at.db(url, "migrate"))
    expect(await found(url, "lamp")).toEqual([1, 2, 3, 4, 5])

    unsearched()
    worked(await at.db(undefined, "generate", "--name", "unsearched"))
    worked(await at.db(url, "migrate"))
    expect(await searchObjects(url)).toEqual([])
    worked(await at.db(url, "rollback"))
    expect((await searchObjects(url)).length).toBe(kind === "Postgres" ? 1 : 4)
    worked(await at.db(url, "rollback", "--to", "base", "--force"))
    expect(await searchObjects(url)).toEqual([])
    worked(await at.db(url, "migrate"))
  })
