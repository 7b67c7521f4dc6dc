import { rmSync } from "node:fs"
import { join } from "node:path"
import { beforeEach, describe, expect, test } from "vitest"
import { ask, number, refused, worked } from "../support/ask.ts"
import { killed } from "../support/node-server.ts"
import { databases, type Project, prepared, project } from "../support/project.ts"

/** Databases that `drizzle-kit push` has made of the fixture's schema: they have its tables, and no ledger. */
const pushed = prepared(async (url) => {
  const kit = await project().kit(url, "push", "--force")
  expect(kit.code, kit.stdout + kit.stderr).toBe(0)
})

/** Databases that drizzle-kit has migrated from a folder of its own. */
const migrated = prepared(async (url) => {
  const other = withoutMigrations()
  expect((await other.kit(url, "generate", "--name", "theirs")).code).toBe(0)
  expect((await other.kit(url, "migrate")).code).toBe(0)
})

function withoutMigrations(): Project {
  const made = project()
  rmSync(join(made.folder, "drizzle"), { recursive: true })
  return made
}

const hasLedger = (url: string): Promise<number> =>
  number(
    url,
    url.startsWith("postgres")
      ? "select count(*) from pg_class where relname = '__drizzle_migrations'"
      : "select count(*) from sqlite_master where name = '__drizzle_migrations'",
  )

/** Starts a server that serves the database, and asks it. */
async function serves(at: Project, url: string): Promise<void> {
  const { address, child, ended } = await at.serve(url)
  const paths = ["/ready", "/items", "/users"].map(async (path) => {
    const { status } = await fetch(address + path)
    return `${path} ${status}`
  })
  expect(await Promise.all(paths)).toEqual(["/ready 200", "/items 200", "/users 200"])
  await killed(child)
  expect((await ended).stdout).toContain("is not ours")
}

/** A server that does not start: its one line. */
const fails = async (at: Project, url: string) => refused(await (await at.serve(url)).ended)

let at: Project
beforeEach(() => {
  at = withoutMigrations()
})

describe.each(["libSQL file", "Postgres"] as const)("%s", (kind) => {
  test("a database that drizzle-kit push made is served as it is, without a migration of ours", async () => {
    const url = await pushed(kind)
    const said = worked(await at.db(url, "status"))
    expect(said).toMatch(
      /is not ours: drizzle-kit push or others have made its tables, and it has no ledger of Weir; it is served as it is\n$/,
    )
    expect(worked(await at.db(url, "migrate"))).toContain("is not ours")
    expect(worked(await at.db(url, "rehearse"))).toContain("is not ours")
    expect(worked(await at.db(url, "rollback"))).toContain("there is nothing to undo")
    expect((await at.run(url, "doctor")).stdout).toMatch(/note {3}.* is not ours/)
    await serves(at, url)
    expect(await hasLedger(url)).toBe(0)
  })

  test("migrations of ours are not applied to tables of others, unless that is said", async () => {
    const [ours, url] = [project(), await pushed(kind)]
    expect(worked(await ours.db(url, "status"))).toMatch(
      /is not ours.* it is served as it is, and the 1 migration\(s\) of drizzle\/\w+ are not applied/,
    )
    expect(refused(await ours.db(url, "migrate"))).toMatch(/Nothing was changed; add --force/)
    await serves(ours, url)
    expect(await hasLedger(url)).toBe(0)
    expect(refused(await ours.db(url, "migrate", "--force"))).toMatch(
      /0000_init failed at its statement 1 of/,
    )
  })

  test("a database that drizzle-kit migrated from another folder is known by its ledger", async () => {
    const url = await migrated(kind)
    expect(worked(await at.db(url, "status"))).toMatch(
      /is not ours: drizzle-kit or another project has migrated it \(1 in its ledger, none of them in drizzle\/\w+\)/,
    )
    await serves(at, url)
    await serves(project(), url)
    expect(
      await number(url, `select count(*) from ${kind === "Postgres" ? "drizzle." : ""}__drizzle_migrations`),
    ).toBe(1)
  })

  test("a table that is missing there is said at the start, and is not ours to make", async () => {
    const url = await pushed(kind)
    await ask(url, "drop table items")
    expect(await fails(at, url)).toMatch(/lacks items, which the API serves, and it is not ours to migrate/)
    const status = await at.db(url, "status")
    expect([status.code, status.stdout]).toEqual([1, expect.stringContaining("it lacks items")])
  })

  test("an empty database without migrations is said at the start", async () => {
    const url = await databases[kind]()
    expect(await fails(at, url)).toMatch(
      /lacks users, items, and there are no migrations in drizzle\/\w+: run npm run db:generate/,
    )
    const status = await at.db(url, "status")
    expect([status.code, status.stdout]).toEqual([
      1,
      expect.stringMatching(/there are no migrations in drizzle\/\w+\n {2}it lacks users, items/),
    ])
    expect(worked(await at.db(url, "migrate"))).toContain("there are no migrations in")
    expect(await hasLedger(url)).toBe(0)
  })

  test("what drizzle-kit pull wrote has nothing to run, and later migrations go on from it", async () => {
    const url = await pushed(kind)
    const pull = await at.kit(url, "pull")
    expect(pull.code, pull.stdout + pull.stderr).toBe(0)
    await serves(at, url)
    expect(worked(await at.db(url, "migrate", "--force"))).toMatch(/applied 0000_/)
    expect(worked(await at.db(url, "status"))).toMatch(/0000_\w+ {2}applied/)
  })
})

test("Postgres: a role that may not read the ledger is served, and other programs' tables are no reason", async () => {
  const url = await migrated("Postgres")
  const role = `reader_${Date.now()}`
  await ask(url, `create role ${role} login password 'x'`)
  await ask(
    url,
    `grant usage on schema public to ${role}; grant select on all tables in schema public to ${role}`,
  )
  const as = new URL(url)
  as.username = role
  as.password = "x"
  await serves(at, as.href)
  const shared = await databases.Postgres()
  await ask(shared, "create table others (id int)")
  expect(await fails(project(), shared)).toMatch(/lacks 1 migration\(s\)/)
  expect(worked(await project().db(shared, "migrate"))).toContain("applied 0000_init")
})
