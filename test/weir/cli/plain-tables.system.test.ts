import { existsSync, mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { beforeEach, expect, test } from "vitest"
import { ask, refused, worked } from "../support/ask.ts"
import { databases, type Project, project } from "../support/project.ts"

let at: Project

/** A project without tables, migrations and accounts, whose schema is what the test writes. */
beforeEach(() => {
  at = project()
  for (const path of ["src/schema", "drizzle"]) rmSync(join(at.folder, path), { recursive: true })
  mkdirSync(join(at.folder, "src/schema"))
  api()
})

const api = (more = "") =>
  at.write(
    "src/api.ts",
    `import { defineApi } from "#weir"
export const api = Object.assign(defineApi({ title: "Chats", version: "1", accounts: false, resources: [] }), {${more}})
`,
  )

const generate = (...args: string[]) => at.db(undefined, "generate", "--name", "first", ...args)
/** What a command says of files. */
const files = (said: string) => said.replace(/^ .*\n/gm, "")
const has = (path: string) => existsSync(join(at.folder, path))

const chats = `import { sql } from "drizzle-orm"
import { bigint, integer, pgEnum, pgSchema, pgSequence, pgTable, text, uuid } from "drizzle-orm/pg-core"
export const mood = pgEnum("mood", ["glad", "sad"])
export const tickets = pgSequence("tickets", { startWith: 100 })
export const inner = pgSchema("inside")
export const chats = pgTable("Chat", { id: uuid("id").primaryKey().defaultRandom(), mood: mood("mood").notNull() })
export const notes = inner.table("notes", { id: integer("id").primaryKey(), number: bigint("number", { mode: "number" }).default(sql\`nextval('tickets')\`), chatId: uuid("chatId").references(() => chats.id) })
`
const mails = `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core"
export const mails = sqliteTable("mails", { id: text("id").primaryKey(), sentAt: integer({ mode: "timestamp" }) })
`
const users = `import { id, table, text } from "#weir/schema"
export const users = table("users", { id: id(), email: text({ max: 50 }).notNull() })
`

test("Postgres tables: a migration for Postgres alone, with their enums, sequences and schemas", async () => {
  at.write("src/schema/chats.ts", chats)
  expect(files(worked(await generate()))).toBe(
    "postgres: 0000_first.sql and down/0000_first.sql\nsqlite: no migration, since Chat, notes are made by pgTable\n",
  )
  expect(has("drizzle/sqlite")).toBe(false)
  const url = await databases.Postgres()
  expect(worked(await at.db(url, "migrate"))).toContain("applied 0000_first")
  expect(await ask(url, `insert into "Chat" (mood) values ('glad') returning mood`)).toEqual([["glad"]])
  expect(await ask(url, "insert into inside.notes (id) values (1) returning number")).toEqual([["100"]])
  expect(worked(await at.db(url, "rehearse"))).toContain("nothing is pending")
  worked(await at.db(url, "rollback", "--force"))
  expect(await ask(url, "select to_regclass('inside.notes'), to_regtype('mood')")).toEqual([[null, null]])
  expect(worked(await generate())).toContain("postgres: nothing has changed")
})

test("SQLite tables, in a folder of the schema's folder: a migration for SQLite alone", async () => {
  mkdirSync(join(at.folder, "src/schema/mail"))
  at.write("src/schema/mail/index.ts", mails)
  expect(files(worked(await generate()))).toBe(
    "sqlite: 0000_first.sql and down/0000_first.sql\npostgres: no migration, since mails is made by sqliteTable\n",
  )
  expect(has("drizzle/postgres")).toBe(false)
  const url = await databases["libSQL file"]()
  worked(await at.db(url, "migrate"))
  expect(await ask(url, "insert into mails (id, sentAt) values ('a', 1) returning id")).toEqual([["a"]])
})

test("the vocabulary still makes both, and beside plain tables those of their dialect, which is said", async () => {
  at.write("src/schema/users.ts", users)
  expect(files(worked(await generate()))).toBe(
    "sqlite: 0000_first.sql and down/0000_first.sql\npostgres: 0000_first.sql and down/0000_first.sql\n",
  )
  at.write("src/schema/chats.ts", chats)
  expect(files(worked(await at.db("file:any.db", "generate", "--name", "chats")))).toBe(
    "postgres: 0001_chats.sql and down/0001_chats.sql\nsqlite: no migration, since Chat, notes are made by pgTable, so that users of #weir/schema is made for Postgres alone as well\n",
  )
})

test("tables of both dialects, or of one that is not served, are one line, and nothing is written", async () => {
  at.write("src/schema/chats.ts", chats)
  at.write("src/schema/mails.ts", mails)
  expect(refused(await generate())).toContain(
    "Chat, notes are made by pgTable, and mails by sqliteTable: a schema is of one dialect",
  )
  rmSync(join(at.folder, "src/schema/chats.ts"))
  at.write(
    "src/schema/mails.ts",
    `import { int, mysqlTable } from "drizzle-orm/mysql-core"\nexport const mails = mysqlTable("mails", { id: int() })\n`,
  )
  expect(refused(await generate())).toContain("mails is of a dialect that Weir does not serve")
  expect(has("drizzle")).toBe(false)
})

test("casing is that of drizzle.config.ts, or of the API; where they differ, that is said", async () => {
  at.write("src/schema/mails.ts", mails)
  api(`casing: "snake_case"`)
  worked(await generate())
  expect(at.read("drizzle/sqlite/0000_first.sql")).toContain("`sent_at` integer")
  at.edit("drizzle.config.ts", `dialect: "sqlite",`, `dialect: "sqlite", casing: "camelCase",`)
  expect(refused(await generate())).toContain(
    'casing is "snake_case" for the API, and "camelCase" in drizzle.config.ts: make them the same',
  )
  api()
  const line = refused(await generate())
  expect(line).toContain("mails.sent_at is gone and sentAt is new")
})

test("drizzle.config.ts says where schema and migrations are, and which ledger has them", async () => {
  rmSync(join(at.folder, "src/schema"), { recursive: true })
  mkdirSync(join(at.folder, "db"))
  at.write("db/tables.ts", chats)
  at.write(
    "drizzle.config.ts",
    `import { defineConfig } from "drizzle-kit"
if (!process.env.DATABASE_URL) throw new Error("DATABASE_URL is not set")
export default defineConfig({ dialect: "postgresql", schema: "./db/*.ts", out: "./migrations", dbCredentials: { url: process.env.DATABASE_URL },
  migrations: { table: "done", schema: "kit", prefix: "timestamp" } })
`,
  )
  const url = await databases.Postgres()
  const said = worked(await generate())
  const tag = /postgres: (\d{14}_first)\.sql/.exec(said)?.[1]
  expect(at.files("migrations")).toEqual([`${tag}.sql`, "down", "meta"])
  expect((await at.kit(url, "generate")).stdout).toContain("nothing to migrate")
  expect(worked(await at.db(url, "migrate"))).toContain(`applied ${tag}`)
  expect(await ask(url, "select count(*) from kit.done")).toEqual([["1"]])
  expect(await ask(url, "select to_regclass('drizzle.__drizzle_migrations')")).toEqual([[null]])
  expect((await at.kit(url, "migrate")).code).toBe(0)
  expect(await ask(url, "select count(*) from kit.done")).toEqual([["1"]])
  expect(worked(await at.db(url, "status"))).toContain(`${tag}  applied`)
  worked(await at.db(url, "rollback", "--force"))
  expect((await at.db(url, "status")).stdout).toContain(`${tag}  pending`)
  expect((await at.kit(url, "migrate")).code).toBe(0)
  expect(worked(await at.db(url, "migrate"))).toContain("is up to date")
})

test("a config that cannot be loaded, or is for another dialect than the tables, is one line", async () => {
  at.write("src/schema/chats.ts", chats)
  at.write("drizzle.config.ts", `export default { dialect: "sqlite", schema: "./src/schema/*.ts" }\n`)
  expect(refused(await generate())).toContain(
    "drizzle.config.ts is not for postgres, and Chat is made by pgTable: correct its dialect",
  )
  at.write("drizzle.config.ts", `import "no-such-package"\nexport default {}\n`)
  expect(refused(await generate())).toMatch(/drizzle\.config\.ts cannot be loaded: .*no-such-package/)
  at.write("drizzle.config.ts", `export default { dialect: "postgresql", schema: "./nowhere/*.ts" }\n`)
  expect(refused(await generate())).toMatch(/there are no files of the schema at .*nowhere/)
})

test("tables of Postgres schemas, enums and numbers change with their rows, there and back", async () => {
  at.write("src/schema/chats.ts", chats)
  worked(await generate())
  const url = await databases.Postgres()
  worked(await at.db(url, "migrate"))
  await ask(url, `insert into "Chat" (mood) values ('glad'), ('sad')`)
  await ask(url, "insert into inside.notes (id, number) values (1, 5)")
  at.edit("src/schema/chats.ts", `"glad", "sad"]`, `"glad", "sad", "calm"]`)
  at.edit(
    "src/schema/chats.ts",
    `bigint("number", { mode: "number" }).default(sql\`nextval('tickets')\`)`,
    `text("number")`,
  )
  at.edit("src/schema/chats.ts", `chatId: uuid`, `kind: uuid("kind").notNull().defaultRandom(), chatId: uuid`)
  worked(await at.db(undefined, "generate", "--name", "second"))
  worked(await at.db(url, "migrate"))
  expect(await ask(url, "select number, kind is not null from inside.notes")).toEqual([["5", true]])
  worked(await at.db(url, "rollback", "--force"))
  expect(await ask(url, "select number from inside.notes")).toEqual([["5"]])
  expect(await ask(url, `select mood from "Chat" order by 1`)).toEqual([["glad"], ["sad"]])
  // An enum of another name is another enum: drizzle-kit would ask.
  worked(await at.db(url, "migrate"))
  at.edit("src/schema/chats.ts", `pgEnum("mood"`, `pgEnum("feeling"`)
  worked(await at.db(undefined, "generate", "--name", "third"))
  worked(await at.db(url, "migrate"))
  expect(await ask(url, `select mood, pg_typeof(mood) from "Chat" order by 1`)).toEqual([
    ["glad", "feeling"],
    ["sad", "feeling"],
  ])
})

test("tables of one name in two schemas are seeded, imported, exported and rolled back apart", async () => {
  at.write(
    "src/schema/notes.ts",
    `import { integer, pgSchema, text } from "drizzle-orm/pg-core"
export const left = pgSchema("left side")
export const right = pgSchema("right")
export const leftNotes = left.table("notes", { id: integer("id").primaryKey(), text: text("text") })
export const rightNotes = right.table("notes", { id: integer("id").primaryKey(), text: text("text") })
`,
  )
  at.write(
    "src/api.ts",
    `import { anyone, defineApi, resourcesOf } from "#weir"
import * as schema from "./schema/notes.ts"
const open = { read: anyone, create: anyone }
export const api = defineApi({ title: "Notes", version: "1", accounts: false, schema, resources: resourcesOf(schema, { leftNotes: open, rightNotes: open }) })
`,
  )
  at.write(
    "src/seed.ts",
    `import type { Seeds } from "#weir"
export const seeds: Seeds = { tables: { rightNotes: { rows: 2, row: (n: number) => ({ id: n, text: "seed " + n }) } } }
`,
  )
  at.write("left.ndjson", `{"id":1,"text":"left"}\n{"id":2,"text":null}\n`)
  worked(await generate())
  const url = await databases.Postgres()
  worked(await at.db(url, "migrate"))
  const file = join(at.folder, "left.ndjson")
  worked(await at.db(url, "import", "leftNotes", file))
  // What the other holds is nothing to it.
  worked(await at.db(url, "seed"))
  expect(refused(await at.db(url, "seed"))).toContain("rightNotes holds rows already")
  expect(worked(await at.db(url, "export", "leftNotes"))).toContain('{"id":1,"text":"left"}\n')
  expect(worked(await at.db(url, "export", "rightNotes"))).toContain('{"id":1,"text":"seed 1"}\n')
  expect(refused(await at.db(url, "import", "leftNotes", file))).toContain(
    "was imported into leftNotes already",
  )
  expect(refused(await at.db(url, "rollback"))).toContain("drops the table left side.notes")
  worked(await at.db(url, "rollback", "--force"))
  worked(await at.db(url, "migrate"))
  worked(await at.db(url, "import", "leftNotes", file))
  expect(await ask(url, `select count(*) from "left side".notes`)).toEqual([["2"]])
})
