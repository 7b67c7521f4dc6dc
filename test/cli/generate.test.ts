import { beforeEach, expect, test } from "vitest"
import { type Project, project } from "../support/project.ts"
import { ask, refused, worked } from "./ask.ts"

const users = "src/db/schema/users.ts"
const items = "src/db/schema/items.ts"
let at: Project
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
  expect(said).toContain("on D1, which cannot turn foreign keys off, the rows of items would be deleted")
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
  const url = `file:${at.folder}/data.db`
  worked(await at.db(url, "migrate"))
  worked(await at.db(url, "seed", "--users", "2", "--items", "3"))
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
  const url = `file:${at.folder}/data.db`
  worked(await at.db(url, "migrate"))
  worked(await at.db(url, "seed", "--users", "2", "--items", "3"))
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
  const url = `file:${at.folder}/data.db`
  worked(await at.db(url, "migrate"))
  worked(await at.db(url, "seed", "--users", "3", "--items", "0"))
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
