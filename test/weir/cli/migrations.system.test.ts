import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, test } from "vitest"
import { ask, number, once, refused, worked } from "../support/ask.ts"
import { eventually } from "../support/http.ts"
import { killed } from "../support/node-server.ts"
import { freePort } from "../support/ports.ts"
import { databases, type Kind, type Project, prepared, project } from "../support/project.ts"

const users = "src/schema/users.ts"
const withBio = (at: Project) =>
  at.edit(users, "  role: oneOf", '  bio: text({ max: 500 }).notNull().default("none"),\n  role: oneOf')

const hasBio = once(async () => {
  const at = project()
  withBio(at)
  worked(await at.db(undefined, "generate", "--name", "bio"))
  return at
})

const migrated = prepared(async (url) => worked(await project().db(url, "migrate")))

/** A migration by hand, in both dialects' folders: its up and its down. */
function custom(at: Project, name: string, up: string[], down: string[]): void {
  for (const dialect of ["sqlite", "postgres"]) {
    const path = `drizzle/${dialect}/meta/_journal.json`
    const journal = JSON.parse(at.read(path)) as { entries: { idx: number; when: number; tag: string }[] }
    const last = journal.entries.at(-1) as (typeof journal.entries)[number]
    const idx = last.idx + 1
    const tag = `${String(idx).padStart(4, "0")}_${name}`
    at.write(`drizzle/${dialect}/${tag}.sql`, up.join("--> statement-breakpoint\n"))
    at.write(`drizzle/${dialect}/down/${tag}.sql`, down.join("--> statement-breakpoint\n"))
    journal.entries.push({ ...last, idx, when: last.when + 1_000, tag })
    at.write(path, JSON.stringify(journal, null, 2))
  }
}

/** The schema, as far as it can be told by asking for every column. */
const columns = async (url: string): Promise<unknown[][]> =>
  url.startsWith("postgres")
    ? ask(
        url,
        "select table_name, column_name from information_schema.columns where table_schema = 'public' order by 1, 2",
      )
    : ask(
        url,
        "select m.name, c.name from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' and m.name not like 'sqlite%' and substr(m.name, 1, 1) <> '_' order by 1, 2",
      )

describe.each(Object.keys(databases) as Kind[])("%s", (kind) => {
  test("a NOT NULL column comes and goes under 1,000 users and 10,000 items; to base and to head again", async () => {
    const [at, url] = [project(), await migrated(kind)]
    worked(await at.db(url, "seed", "--users", "1000", "--items", "10000"))
    const before = [
      await columns(url),
      await ask(url, "select id, title, owner_id, created_at from items order by id"),
    ]
    at.take(await hasBio())
    const pending = await at.db(url, "status")
    expect(pending.stdout).toMatch(/0000_init {2}applied[\s\S]*0001_bio {2}pending/)
    expect(pending.code).toBe(1)

    const rehearsal = worked(await at.db(url, "rehearse"))
    expect(rehearsal.match(/ ok /g)).toHaveLength(3)
    expect(await columns(url)).toEqual(before[0])

    expect(worked(await at.db(url, "migrate", "--dry-run"))).toMatch(/-- 0001_bio[\s\S]*bio/)
    expect(await columns(url)).toEqual(before[0])
    expect(worked(await at.db(url, "migrate"))).toContain("applied 0001_bio")
    expect(await ask(url, "select distinct bio from users")).toEqual([["none"]])
    expect(await number(url, "select count(*) from users")).toBe(1000)
    expect(await number(url, "select count(*) from items")).toBe(10_000)

    expect(refused(await at.db(url, "rollback"))).toMatch(/data would be lost.*users\.bio/)
    worked(await at.db(url, "rollback", "--force"))
    expect([
      await columns(url),
      await ask(url, "select id, title, owner_id, created_at from items order by id"),
    ]).toEqual(before)
    expect(await number(url, "select count(*) from users")).toBe(1000)

    worked(await at.db(url, "migrate", "--to", "bio"))
    expect(worked(await at.db(url, "rollback", "--to", "base", "--force"))).toContain(
      "undid 0001_bio, 0000_init",
    )
    expect(await columns(url)).toEqual([])
    worked(await at.db(url, "migrate"))
    expect((await at.db(url, "status")).code).toBe(0)
  })

  test("one that fails leaves all as it was, and says which statement", async () => {
    const [at, url] = [project(), await migrated(kind)]
    const before = await columns(url)
    custom(
      at,
      "bad",
      ["create table fine (id integer);", "insert into missing values (1);"],
      ["drop table fine;"],
    )
    const line = refused(await at.db(url, "migrate"))
    expect(line).toContain("0001_bad failed at its statement 2 of 2, and nothing was changed")
    expect(line).toContain("insert into missing")
    expect(await columns(url)).toEqual(before)
    expect((await at.db(url, "status")).stdout).toContain("0001_bad  pending")
    // Mended, it is applied.
    at.edit(
      `drizzle/${kind === "Postgres" ? "postgres" : "sqlite"}/0001_bad.sql`,
      "insert into missing",
      "insert into fine",
    )
    worked(await at.db(url, "migrate"))
    expect(await number(url, "select count(*) from fine")).toBe(1)
  })

  test("three processes at once: one applies, the others wait, and all end well", async () => {
    const [at, url] = [project(), await databases[kind]()]
    const all = await Promise.all([1, 2, 3].map(() => at.db(url, "migrate")))
    const said = all.map(worked)
    expect(said.filter((text) => text.includes("applied 0000_init"))).toHaveLength(1)
    expect(
      await number(url, `select count(*) from ${kind === "Postgres" ? "drizzle." : ""}__drizzle_migrations`),
    ).toBe(1)
  })
})

// What the ledger and the folder say depends on the dialect; and over HTTP the server carries out a batch by itself,
// whatever becomes of the client.
describe.each(["libSQL file", "Postgres"] as const)("%s", (kind) => {
  test("what drizzle-kit migrated is adopted, and it takes over again", async () => {
    const [at, url] = [project(), await databases[kind]()]
    expect((await at.kit(url, "migrate")).code).toBe(0)
    const status = await at.db(url, "status")
    expect(status.stdout).toMatch(/0000_init {2}applied/)
    expect(status.code).toBe(0)
    expect(worked(await at.db(url, "migrate"))).toContain("is up to date")
    at.take(await hasBio())
    worked(await at.db(url, "migrate"))
    expect((await at.kit(url, "migrate")).code).toBe(0)
    expect(
      await number(url, `select count(*) from ${kind === "Postgres" ? "drizzle." : ""}__drizzle_migrations`),
    ).toBe(2)
  })

  test("edited since, out of order, unknown: status tells, and an edited one stops the next", async () => {
    const [at, url] = [project(), await databases[kind]()]
    const folder = `drizzle/${kind === "Postgres" ? "postgres" : "sqlite"}`
    custom(at, "late", ["create table late (id integer);"], ["drop table late;"])
    custom(at, "early", ["create table early (id integer);"], ["drop table early;"])
    const journal = at.read(`${folder}/meta/_journal.json`)
    const entries = (JSON.parse(journal) as { entries: { when: number }[] }).entries
    // As two branches leave it that were merged: the older one comes later.
    at.edit(
      `${folder}/meta/_journal.json`,
      JSON.stringify(entries[1], null, 2).replaceAll("\n", "\n    "),
      "null",
    )
    at.edit(`${folder}/meta/_journal.json`, "null,", "")
    worked(await at.db(url, "migrate"))
    at.write(`${folder}/meta/_journal.json`, journal)
    const merged = await at.db(url, "status")
    expect(merged.stdout).toContain("0001_late  out of order")
    expect(merged.code).toBe(2)
    expect(worked(await at.db(url, "migrate"))).toContain("applied 0001_late")

    at.edit(`${folder}/0001_late.sql`, "late", "late_edited")
    const edited = await at.db(url, "status")
    expect(edited.stdout).toContain("0001_late  edited")
    expect(edited.code).toBe(2)
    custom(at, "next", ["create table next (id integer);"], ["drop table next;"])
    expect(refused(await at.db(url, "migrate"))).toContain(
      "0001_late was edited after it had been applied here",
    )
    expect(await number(url, "select count(*) from late")).toBe(0)
    expect(refused(await at.db(url, "rollback", "--to", "init"))).toContain("0001_late was edited")
  })

  test("a way back that does not lead back fails its rehearsal, and nothing happens to the database", async () => {
    const [at, url] = [project(), await migrated(kind)]
    const before = await columns(url)
    custom(
      at,
      "half",
      ["create table one (id integer);", "create table two (id integer);"],
      ["drop table one;"],
    )
    const { code, stdout } = await at.db(url, "rehearse")
    expect(stdout).toMatch(/0001_half {2}up +ok/)
    expect(stdout).toMatch(/0001_half {2}down +FAILED: the schema differs: \+ two/)
    expect(code).toBe(1)
    expect(await columns(url)).toEqual(before)
  })

  test("kill -9 in the middle of a migration: nothing of it is there, and the next run goes on", async () => {
    const [at, url] = [project(), await migrated(kind)]
    await ask(url, "create table _slow (n integer)")
    await ask(url, "insert into _slow values (400000000)")
    const wait =
      kind === "Postgres"
        ? "select pg_sleep(n / 10000000) from _slow;"
        : "insert into begun select max(x) from (with recursive c (x) as (select 1 union all select x + 1 from c where x < (select n from _slow)) select x from c);"
    custom(
      at,
      "slow",
      ["create table begun (id integer);", wait, "insert into begun values (1);"],
      ["drop table begun;"],
    )
    const { child, stdout } = at.start(url, "migrate")
    await eventually(async () => expect(stdout()).toContain("applying 0001_slow"), 10_000)
    await sleep(400)
    await killed(child)
    await ask(url, "update _slow set n = 1")
    const status = await at.db(url, "status")
    expect(status.stdout).toContain("0001_slow  pending")
    expect((await columns(url)).some(([table]) => table === "begun")).toBe(false)
    worked(await at.db(url, "migrate"))
    expect(await number(url, "select count(*) from begun where id = 1")).toBeGreaterThan(0)
  })
})

test("the schema is the same as by drizzle-kit push", async () => {
  const at = project()
  for (const kind of ["libSQL file", "Postgres"] as const) {
    const [migrated, pushed] = [await databases[kind](), await databases[kind]()]
    worked(await at.db(migrated, "migrate"))
    expect((await at.kit(pushed, "push", "--force")).code).toBe(0)
    const look = kind === "Postgres" ? constraints : columns
    expect(await look(migrated)).toEqual(await look(pushed))
    expect((await look(migrated)).length).toBeGreaterThan(10)
  }
})

const constraints = (url: string): Promise<unknown[][]> =>
  ask(
    url,
    "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2",
  )

test("wrong use and a database that is away: one line, and not zero", async () => {
  const [at, url] = [project(), await databases["libSQL file"]()]
  expect(refused(await at.db(url, "migrate", "--to", "nowhere"))).toContain(
    "there is no such migration; there are 0000_init",
  )
  expect(refused(await at.db(url, "rollback", "--steps", "1", "--to", "base"))).toContain("give one of them")
  const steps = await at.db(url, "rollback", "--steps", "x")
  expect(steps.stderr).toContain("whole number from 1")
  expect(steps.code).toBe(1)
  expect(worked(await at.db(url, "rollback"))).toContain("nothing to undo")
  const away = `127.0.0.1:${await freePort()}`
  for (const gone of [`http://${away}`, `postgres://postgres@${away}/postgres`])
    for (const command of ["migrate", "status", "rollback", "rehearse"])
      expect(refused(await at.db(gone, command))).toMatch(/cannot be reached/)
  expect(refused(await at.db("file:/no/such/folder/x.db", "migrate"))).toContain("cannot open")
})
