import { describe, expect, test } from "vitest"
import { ask, number, refused, worked } from "../support/ask.ts"
import { emptyPostgres } from "../support/databases.ts"
import { authSecret, httpCaller, signUp } from "../support/http.ts"
import { runNode, startNode } from "../support/node-server.ts"
import { freePort } from "../support/ports.ts"
import { type Project, project } from "../support/project.ts"

/** Another program's tables in `public`, which have the names of the API's. */
const others = `create table public.users (id bigint primary key, bio text);
  insert into public.users select n, 'theirs' from generate_series(1, 9) n;
  create table public.items (id bigint primary key);
  insert into public.items values (1)`

/** A database with another program's tables, and a schema of the API's own: how its URL says so. */
const ways: [string, (url: string) => Promise<string>][] = [
  ["the URL's options", async (url) => `${url}?options=-c%20search_path%3Dweir`],
  ["the URL's search_path", async (url) => `${url}?search_path=weir`],
  ["Prisma's schema", async (url) => `${url}?schema=weir`],
  ["the database's setting", async (url) => set(url, "database %I", "weir")],
  ["the database's setting, before public", async (url) => set(url, "database %I", "weir, public")],
]

async function set(url: string, whose: string, path: string): Promise<string> {
  const of = whose.replace("%I", new URL(url).pathname.slice(1))
  await ask(url, `alter ${of} set search_path = ${path}`)
  return url
}

async function shared(): Promise<string> {
  const url = await emptyPostgres()
  for (const statement of others.split(";")) await ask(url, statement)
  await ask(url, 'create schema "weir"')
  return url
}

/** The foreign keys of the schema, as the catalogue has them. */
const keys = (url: string): Promise<unknown[][]> =>
  ask(
    url,
    "select conrelid::regclass::text, confrelid::regclass::text, (select nspname from pg_class c join pg_namespace n on n.oid = relnamespace where c.oid = confrelid) from pg_constraint where contype = 'f' order by 1, 2",
  )

const withBio = (at: Project) =>
  at.edit(
    "src/schema/users.ts",
    "  role: oneOf",
    '  bio: text({ max: 500 }).notNull().default("none"),\n  role: oneOf',
  )

describe.each(ways)("with search_path by %s", (_way, said) => {
  test("tables, references, ledger, rehearsal and rows are the API's own", async () => {
    const url = await said(await shared())
    const plain = url.split("?")[0] as string
    const at = project()
    expect(worked(await at.db(url, "migrate"))).toContain("applied 0000_init")
    expect((await at.db(url, "status")).code).toBe(0)
    const referred = await keys(plain)
    expect(referred.length).toBeGreaterThan(0)
    expect(new Set(referred.map(([, , schema]) => schema))).toEqual(new Set(["weir"]))

    worked(await at.db(url, "seed", "--users", "20", "--items", "40"))
    const server = await startNode({ DATABASE_URL: url, AUTH_SECRET: authSecret })
    const call = httpCaller(server.url)
    const token = await signUp(call)
    const created = await call("POST", "/items", { token, json: { title: "ours", price: 1 } })
    expect(created.status, created.text).toBe(201)
    expect(await server.stop()).toBe(0)
    // The other program empties its own.
    await ask(plain, "delete from public.users")
    expect(await number(plain, "select count(*) from weir.items")).toBe(41)
    expect(await number(plain, "select count(*) from public.items")).toBe(1)

    withBio(at)
    worked(await at.db(undefined, "generate", "--name", "bio"))
    expect(worked(await at.db(url, "rehearse")).match(/ ok /g)).toHaveLength(3)
    worked(await at.db(url, "migrate"))
    expect(await number(plain, "select count(*) from weir.users where bio = 'none'")).toBe(21)

    expect(worked(await at.db(url, "rollback", "--to", "base", "--force"))).toContain("0001_bio, 0000_init")
    const left = "select count(*) from pg_tables where schemaname = 'weir' and tablename !~ '^_'"
    expect(await number(plain, left)).toBe(0)
    expect(await number(plain, "select count(*) from public.items")).toBe(1)
  })
})

test("rows go out and come back in, ids included, beside another program's table", async () => {
  const base = await shared()
  const url = `${base}?search_path=weir`
  const at = project()
  worked(await at.db(url, "migrate"))
  worked(await at.db(url, "seed", "--users", "5", "--items", "12"))
  // A sequence that the role may not look at.
  await ask(base, "create schema closed")
  await ask(base, "create sequence closed.numbers")
  worked(await at.db(url, "export", "items", "--out", "items.ndjson"))
  await ask(base, "truncate weir.items")
  worked(await at.db(url, "import", "items", "items.ndjson"))
  expect(await number(base, "select count(*) from weir.items")).toBe(12)
  expect(await number(base, "select last_value from weir.items_id_seq")).toBeGreaterThanOrEqual(12)
  expect(await number(base, "select count(*) from public.items")).toBe(1)
})

test("one API in two schemas of a database: each has a ledger of its own", async () => {
  const base = await emptyPostgres()
  for (const schema of ["one", "two"]) await ask(base, `create schema ${schema}`)
  const at = project()
  for (const schema of ["one", "two"]) {
    const url = `${base}?search_path=${schema}`
    expect(worked(await at.db(url, "migrate"))).toContain("applied 0000_init")
    expect((await at.db(url, "status")).code).toBe(0)
  }
  worked(await at.db(`${base}?search_path=one`, "rollback", "--to", "base", "--force"))
  expect((await at.db(`${base}?search_path=two`, "status")).code).toBe(0)
  expect((await at.db(`${base}?search_path=one`, "status")).code).toBe(1)
})

test("a schema that was migrated under drizzle-kit's ledger keeps what was applied", async () => {
  const base = await emptyPostgres()
  const url = `${base}?search_path=weir`
  await ask(base, "create schema weir")
  const at = project()
  worked(await at.db(url, "migrate"))
  // As earlier versions kept it.
  await ask(base, "create schema drizzle")
  await ask(base, "alter table weir.__drizzle_migrations set schema drizzle")
  expect(worked(await at.db(url, "migrate"))).toContain("is up to date")
  expect((await at.db(url, "status")).code).toBe(0)
  expect((await at.db(base, "status")).stdout).toContain("applied")
})

test("a schema that does not exist is refused by name of the setting, and nothing is made", async () => {
  const base = await emptyPostgres()
  const url = `${base}?search_path=nowhere`
  const at = project()
  for (const command of ["migrate", "status", "rollback"])
    expect(refused(await at.db(url, command))).toContain("search_path names no schema that exists")
  const { code, stderr } = await runNode({ DATABASE_URL: url, PORT: await freePort() })
  expect(stderr).toContain("search_path names no schema that exists")
  expect(code).toBe(1)
  expect(await number(base, "select count(*) from pg_tables where schemaname = 'drizzle'")).toBe(0)
})

test("a table with a schema of its own keeps it, with its references, wherever the others are", async () => {
  const base = await shared()
  const url = `${base}?search_path=weir`
  const at = project()
  at.write(
    "src/schema/audits.ts",
    `import { bigint, pgSchema, text } from "drizzle-orm/pg-core"
import { sqliteTable, integer, text as sqliteText } from "drizzle-orm/sqlite-core"
import { dialectOf } from "#weir/schema"
import { users } from "./users.ts"
export const extra = pgSchema("extra")
const inPostgres = () => extra.table("audits", {
  id: bigint({ mode: "number" }).primaryKey(),
  user_id: bigint({ mode: "number" }).references(() => (users as never as { id: never }).id),
  text: text(),
})
const inFile = () => sqliteTable("audits", {
  id: integer().primaryKey(),
  user_id: integer().references(() => (users as never as { id: never }).id),
  text: sqliteText(),
})
export const audits = dialectOf(process.env.DATABASE_URL) === "postgres" ? inPostgres() : inFile()
`,
  )
  worked(await at.db(undefined, "generate", "--name", "audits"))
  const file = at.read("drizzle/postgres/0001_audits.sql")
  expect(file).toContain('"extra"."audits"')
  expect(file).not.toContain('"public"')
  worked(await at.db(url, "migrate", "--to", "0"))
  expect(worked(await at.db(url, "rehearse")).match(/ ok /g)).toHaveLength(3)
  worked(await at.db(url, "migrate"))
  expect(await keys(base)).toContainEqual(["extra.audits", "weir.users", "weir"])
  worked(await at.db(url, "rollback", "--force"))
  expect(await number(base, "select count(*) from pg_tables where schemaname = 'extra'")).toBe(0)
})
