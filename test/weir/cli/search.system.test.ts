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
      ? "select attname from pg_attribute join pg_class c on c.oid = attrelid where c.relkind in ('r', 'i') and c.relname !~ '^pg_' and attname = '_search' and not attisdropped union all select indexname from pg_indexes where indexname like '%search%' order by 1"
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
    expect((await searchObjects(url)).length).toBe(kind === "Postgres" ? 2 : 4)
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
    expect((await searchObjects(url)).length).toBe(kind === "Postgres" ? 2 : 4)
    await ask(url, insertItem("Lamp five", "none"))
    worked(await at.db(url, "migrate"))
    expect(await found(url, "lamp")).toEqual([1, 2, 3, 4, 5])

    unsearched()
    worked(await at.db(undefined, "generate", "--name", "unsearched"))
    worked(await at.db(url, "migrate"))
    expect(await searchObjects(url)).toEqual([])
    worked(await at.db(url, "rollback"))
    expect((await searchObjects(url)).length).toBe(kind === "Postgres" ? 2 : 4)
    worked(await at.db(url, "rollback", "--to", "base", "--force"))
    expect(await searchObjects(url)).toEqual([])
    worked(await at.db(url, "migrate"))
  })

const row = (title: string) => ({ title, description: "lamp", price: 1, owner_id: 1 })

test("Postgres: exports, imports and other columns' migrations pass what is kept for searches over", async () => {
  const url = await databases.Postgres()
  search(["title", "description"])
  worked(await at.db(undefined, "generate", "--name", "search"))
  worked(await at.db(url, "migrate"))
  await ask(url, insertUsers)
  await ask(url, insertItem("Oak", "lamp"))
  worked(await at.db(url, "export", "items", "--out", "items.ndjson"))
  expect(at.read("items.ndjson")).not.toContain("_search")
  await ask(url, "truncate items")
  at.write("more.ndjson", at.read("items.ndjson") + JSON.stringify(row("Second")))
  worked(await at.db(url, "import", "items", "more.ndjson"))
  expect(await found(url, "lamp")).toHaveLength(2)
  // Another column's changes leave the index alone, and the columns that it is made of can be changed.
  at.edit("src/schema/items.ts", "price: real({ min: 0 }).notNull()", "price: integer()")
  at.edit("src/schema/items.ts", "real, ", "integer, ")
  worked(await at.db(undefined, "generate", "--name", "price"))
  expect(at.read("drizzle/postgres/0002_price.sql")).not.toContain("_search")
  worked(await at.db(url, "migrate"))
  expect(await found(url, "lamp")).toHaveLength(2)
})

test("Postgres: an index as an earlier version made it gives way to this one's, and comes back", async () => {
  const url = await databases.Postgres()
  search(["title"])
  worked(await at.db(undefined, "generate", "--name", "search"))
  const path = "drizzle/postgres/0001_search.sql"
  const note = at.read(path).match(/^-- Search: .*$/m)?.[0] as string
  const earlier = note.replace(/"sql":"[^"]*"/, '"sql":"earlier"')
  const index = `create index "items_search_index" on "items" using gin ((to_tsvector('simple'::regconfig, "title")));`
  at.write(path, `${earlier}\n${index}\n`)
  at.write("drizzle/postgres/down/0001_search.sql", 'drop index if exists "items_search_index";\n')
  worked(await at.db(url, "migrate"))
  await ask(url, insertUsers)
  await ask(url, insertItem("Oak", "lamp"))
  expect(await searchObjects(url)).toEqual([["items_search_index"]])

  const written = worked(await at.db(undefined, "generate", "--name", "words"))
  expect(written).toContain("sqlite: nothing has changed")
  expect(written).toContain("postgres: 0002_words.sql")
  expect(worked(await at.db(url, "rehearse")).match(/ ok /g)).toHaveLength(3)
  worked(await at.db(url, "migrate"))
  expect(await found(url, "oak")).toEqual([1])
  expect(await searchObjects(url)).toHaveLength(2)
  expect(worked(await at.db(undefined, "generate", "--name", "nothing"))).toMatch(/nothing has changed/)
  worked(await at.db(url, "rollback", "--force"))
  expect(await searchObjects(url)).toEqual([["items_search_index"]])
  expect(
    JSON.stringify(await ask(url, "select indexdef from pg_indexes where indexname like '%search%'")),
  ).toContain("to_tsvector")
})
