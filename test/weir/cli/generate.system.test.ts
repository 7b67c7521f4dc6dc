import { rmSync } from "node:fs"
import { join } from "node:path"
import { beforeEach, expect, test } from "vitest"
import { ask, number, refused, worked } from "../support/ask.ts"
import { databases, type Project, prepared, project } from "../support/project.ts"

const users = "src/schema/users.ts"
const items = "src/schema/items.ts"
let at: Project

const both = ["libSQL file", "Postgres"] as const
const seeded = prepared(async (url) => {
  const fresh = project()
  worked(await fresh.db(url, "migrate"))
  worked(await fresh.db(url, "seed", "--users", "3", "--items", "3"))
})
beforeEach(() => {
  at = project()
})

const everyFile = () =>
  ["sqlite", "postgres"].flatMap((d) => [
    ...at.files(`drizzle/${d}`),
    ...at.files(`drizzle/${d}/down`),
    ...at.files(`drizzle/${d}/meta`),
  ])

test("a column: a migration and its way back for both dialects, which drizzle-kit takes for its own", async () => {
  at.edit(users, "  role: oneOf", '  bio: text({ max: 500 }).notNull().default("none"),\n  role: oneOf')
  const said = worked(await at.db(undefined, "generate", "--name", "add_bio"))
  expect(said).toContain("sqlite: 0001_add_bio.sql and down/0001_add_bio.sql")
  expect(said).toContain("postgres: 0001_add_bio.sql and down/0001_add_bio.sql")
  expect(said).toContain("its way back loses data: drops the column users.bio")
  expect(at.read("drizzle/sqlite/0001_add_bio.sql")).toBe(
    'ALTER TABLE `users` ADD `bio` text DEFAULT \'none\' NOT NULL CONSTRAINT "users_bio_check" CHECK(length("bio") <= 500);',
  )
  expect(at.read("drizzle/postgres/0001_add_bio.sql")).toContain(
    `ADD COLUMN "bio" text DEFAULT 'none' NOT NULL`,
  )
  expect(at.read("drizzle/postgres/down/0001_add_bio.sql")).toContain('DROP COLUMN "bio"')
  expect(at.read("drizzle/sqlite/down/0001_add_bio.sql")).toContain(
    "-- Loses data: drops the column users.bio",
  )
  for (const url of ["file:any.db", "postgres://any/any"]) {
    const before = everyFile()
    expect((await at.kit(url, "generate")).stdout).toContain("nothing to migrate")
    expect(everyFile()).toEqual(before)
    expect((await at.kit(url, "check")).code).toBe(0)
  }
  expect(worked(await at.db(undefined, "generate", "--name", "again"))).toBe(
    "sqlite: nothing has changed\npostgres: nothing has changed\n",
  )
})

test("a rename must be said: what drizzle-kit would ask ends the command, and nothing is written", async () => {
  const before = everyFile()
  at.edit(items, "title: text", "name: text")
  const line = refused(await at.db(undefined, "generate", "--name", "rename"))
  expect(line).toContain("items.title is gone and name is new")
  expect(line).toContain("--rename items.title=name")
  expect(line).toContain("--drop items.title")
  expect(everyFile()).toEqual(before)
})

test("a rename keeps the values, there and back", async () => {
  const url = await seeded("libSQL file")
  const titles = await ask(url, "select id, title from items order by id")
  at.edit(items, "title: text", "name: text")
  worked(await at.db(undefined, "generate", "--name", "rename", "--rename", "items.title=name"))
  expect(at.read("drizzle/sqlite/0001_rename.sql")).toContain(
    "ALTER TABLE `items` RENAME COLUMN `title` TO `name`",
  )
  expect(at.read("drizzle/postgres/0001_rename.sql")).toContain(
    'ALTER TABLE "items" RENAME COLUMN "title" TO "name"',
  )
  worked(await at.db(url, "migrate"))
  expect(await ask(url, "select id, name from items order by id")).toEqual(titles)
  worked(await at.db(url, "rollback"))
  expect(await ask(url, "select id, title from items order by id")).toEqual(titles)
})

test("a drop is said, labelled, and its way back fills what must have a value", async () => {
  const url = await seeded("libSQL file")
  at.edit(items, "  title: text({ min: 1, max: 200 }).notNull(),\n", "  label: text({ max: 9 }),\n")
  at.edit(items, "real({ min: 0 }).notNull(),", "real({ min: 0 }).notNull(),\n  // gone: title")
  const said = worked(await at.db(undefined, "generate", "--name", "drop", "--drop", "items.title"))
  expect(said).toContain("loses data: drops the column items.title")
  expect(at.read("drizzle/postgres/0001_drop.sql")).toContain("-- Loses data: drops the column items.title")
  worked(await at.db(url, "migrate"))
  worked(await at.db(url, "rollback", "--force"))
  expect(await ask(url, "select title from items")).toEqual([["-"], ["-"], ["-"]])
})

test("an id that was used is not used again after a rebuild", async () => {
  const url = await seeded("libSQL file")
  await ask(url, "delete from items")
  await ask(url, "delete from users where id = 3")
  at.edit(users, "  role: oneOf", "  bio: text({ max: 5 }),\n  role: oneOf")
  worked(await at.db(undefined, "generate", "--name", "bio"))
  worked(await at.db(url, "migrate"))
  const [row] = await ask(
    url,
    "insert into users (email, username, hashed_password) values ('a@b.c', 'abc', 'x') returning id, bio",
  )
  expect(row).toEqual([4, null])
})

const things = (columns: string) =>
  at.write(
    "src/schema/things.ts",
    `import { boolean, id, integer, json, references, table, text, timestamp, timestamps } from "#weir/schema"
import { users } from "./users.ts"
void [boolean, integer, json, references, text, timestamp, timestamps, users]
export const things = table("odd-things", { id: id(), ${columns} })
`,
  )

test("columns of each kind come and go, with rows", async () => {
  const urls = await Promise.all(both.map((kind) => databases[kind]()))
  const next = async (name: string, columns: string) => {
    things(columns)
    worked(await at.db(undefined, "generate", "--name", name))
    for (const url of urls) worked(await at.db(url, "migrate"))
  }
  await next("first", "note: text({ max: 9 })")
  for (const url of urls) await ask(url, `insert into "odd-things" (note) values ('1'), ('2')`)
  await next(
    "all",
    "note: text({ max: 9 }), at: timestamp(), ...timestamps(), level: integer({ min: 3 }).notNull().default(4)",
  )
  for (const url of urls)
    expect(await ask(url, `select note, at, level from "odd-things" order by id`)).toEqual([
      ["1", null, expect.anything()],
      ["2", null, expect.anything()],
    ])
  await next("none", "note: text({ max: 9 })")
  for (const url of urls) {
    // Back again: what must have a value has one, of its own kind.
    worked(await at.db(url, "rollback", "--force"))
    expect(
      await number(url, `select count(*) from "odd-things" where level = 4 and created_at > '2020-01-01'`),
    ).toBe(2)
  }
})

test("a required instant, JSON and boolean that were dropped come back as such", async () => {
  things("note: text({ max: 9 }), at: timestamp().notNull(), data: json().notNull(), on: boolean().notNull()")
  worked(await at.db(undefined, "generate", "--name", "first"))
  things("note: text({ max: 9 })")
  worked(await at.db(undefined, "generate", "--name", "drop"))
  for (const kind of both) {
    const url = await databases[kind]()
    worked(await at.db(url, "migrate"))
    await ask(url, `insert into "odd-things" (note) values ('1')`)
    worked(await at.db(url, "rollback", "--force"))
    const [row] = await ask(url, `select cast(at as text), cast(data as text), "on" from "odd-things"`)
    expect(String(row?.[0])).toMatch(/^\d{4}-\d\d-\d\d/)
    expect(row?.[1]).toBe("null")
    expect(Boolean(row?.[2])).toBe(false)
  }
})

test("a number that becomes text, and back", async () => {
  things("code: integer()")
  worked(await at.db(undefined, "generate", "--name", "first"))
  const urls = await Promise.all(both.map((kind) => databases[kind]()))
  for (const url of urls) {
    worked(await at.db(url, "migrate"))
    await ask(url, `insert into "odd-things" (code) values (7)`)
  }
  things("code: text({ max: 9 })")
  worked(await at.db(undefined, "generate", "--name", "text"))
  for (const url of urls) {
    worked(await at.db(url, "migrate"))
    expect(await ask(url, `select code from "odd-things"`)).toEqual([["7"]])
    worked(await at.db(url, "rollback", "--force"))
    expect(await number(url, `select code + 1 from "odd-things"`)).toBe(8)
  }
})

test("two migrations with the same text are two", async () => {
  for (const [name, columns] of [
    ["one", "a: integer()"],
    ["two", "a: integer(), b: integer()"],
    ["three", "a: integer()"],
    ["four", "a: integer(), b: integer()"],
  ] as const) {
    things(columns)
    worked(await at.db(undefined, "generate", "--name", name))
  }
  for (const kind of both) {
    const url = await databases[kind]()
    expect(worked(await at.db(url, "migrate"))).toContain("0004_four")
    await ask(url, `insert into "odd-things" (a, b) values (1, 2)`)
    worked(await at.db(url, "rollback", "--force"))
    expect((await at.db(url, "status")).stdout).toMatch(/0002_two {2}applied[\s\S]*0004_four {2}pending/)
  }
})

test("what fails where there are rows is said when it is written", async () => {
  things(
    "note: text({ max: 9 }), code: text({ max: 9 }).notNull().unique(), by: references(() => users.id).notNull()",
  )
  worked(await at.db(undefined, "generate", "--name", "first"))
  things("note: text({ max: 9 }).notNull(), level: integer().notNull()")
  const said = worked(
    await at.db(
      undefined,
      "generate",
      "--name",
      "second",
      "--drop",
      "odd-things.code",
      "--drop",
      "odd-things.by",
    ),
  )
  for (const dialect of said.split("postgres: ")) {
    expect(dialect).toContain("makes odd-things.note required: it fails where a row has no value there")
    expect(dialect).toContain("adds odd-things.level, which must have a value: it fails where there are rows")
    expect(dialect).toContain("its way back fills odd-things.code, which is unique or refers to rows")
    expect(dialect).toContain("its way back fills odd-things.by, which is unique or refers to rows")
  }
})

test("what was written by hand is undone by hand", async () => {
  expect((await at.kit("file:any.db", "generate", "--custom", "--name", "view")).code).toBe(0)
  at.write("drizzle/sqlite/0001_view.sql", "PRAGMA foreign_keys=OFF;\nCREATE VIEW v AS SELECT 1 AS one;\n")
  const said = worked(await at.db(undefined, "generate", "--name", "nothing"))
  expect(said).toContain("0001_view was written by hand; write what undoes it into down/0001_view.sql")
  const url = await databases["libSQL file"]()
  worked(await at.db(url, "migrate"))
  expect(await number(url, "select one from v")).toBe(1)
  expect(refused(await at.db(url, "rollback"))).toContain("0001_view has no way back")
})

test("a mistake of the API, or a name that Postgres would cut off, is told before anything is written", async () => {
  const before = everyFile()
  const told = async () => refused(await at.db(undefined, "generate", "--name", "x"))
  const long = "y".repeat(50)
  things(`${long}: integer({ min: 1 }), amount_of_everything: integer()`)
  // The table is served by no resource: its names are checked all the same.
  expect(await told()).toMatch(/odd-things: the name of its check, "odd-things_y+_check", has 67 bytes/)
  rmSync(join(at.folder, "src/schema/things.ts"))
  const rule = "update: self,\n    delete: self"
  at.edit("src/resources.ts", rule, 'update: viewerIs("nobody_id" as never),\n    delete: self')
  at.edit("src/resources.ts", "verifyPassword } from", "verifyPassword, viewerIs } from")
  expect(await told()).toContain('users: the rule of update names "nobody_id", which is no column')
  at.edit("src/resources.ts", 'viewerIs("nobody_id" as never)', "self")
  expect(everyFile()).toEqual(before)
})

test("wrong use: one line, and nothing is written", async () => {
  const before = everyFile()
  const help = await at.db(undefined, "generate", "--help")
  expect(help.stdout).toContain("Usage: npm run db:generate --")
  expect(help.code).toBe(0)
  expect(refused(await at.db(undefined, "generate"))).toContain("--name")
  expect(refused(await at.db(undefined, "generate", "--name", "a b"))).toContain("--name")
  expect(refused(await at.db(undefined, "generate", "--name", "x", "--rename", "nonsense"))).toContain(
    "table.column=new_name",
  )
  expect(refused(await at.db(undefined, "generate", "--name", "x", "--rename", "items.no=name"))).toContain(
    "items has no column no",
  )
  at.edit(items, "export const items", "export const items = nothing\nexport const others")
  expect(refused(await at.db(undefined, "generate", "--name", "x"))).toMatch(/nothing/)
  expect(everyFile()).toEqual(before)
})
