import { closeSync, existsSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, inject, test } from "vitest"
import { ask } from "../support/ask.ts"
import { emptyPostgres, migratedPostgres } from "../support/databases.ts"
import { runCommand, runMigrate, tempFolder } from "../support/node-server.ts"
import { freePort } from "../support/ports.ts"
import { sqldOn } from "../support/sqld.ts"

const doctor = (DATABASE_URL: string) => runCommand({ DATABASE_URL }, "doctor")

const nameOf = (url: string): string => new URL(url).pathname.slice(1)

/** The lines of a report that say that something is wrong. The tests' server has fsync off. */
const wrong = (stdout: string): string[] =>
  stdout.split("\n").filter((line) => line.startsWith("WRONG") && !line.includes("fsync is off"))

const file = async (): Promise<string> => {
  const url = `file:${join(tempFolder(), "data.db")}`
  expect((await runMigrate({ DATABASE_URL: url })).stderr).toBe("")
  return url
}

describe("of Postgres", () => {
  test("says what it is, and nothing of a sound one but what the tests' server lacks", async () => {
    const { code, stdout, stderr } = await doctor(await migratedPostgres())
    expect(stderr).toBe("")
    expect(stdout).toMatch(/^Postgres at .*: Postgres \d+.*, UTF8, role postgres, schema public\n/)
    expect(wrong(stdout)).toEqual([])
    expect(stdout).toContain(
      "WRONG  fsync is off: a crash can lose or break what was written: set fsync = on",
    )
    expect(stdout).toContain("1 thing is wrong")
    expect(code).toBe(1)
  })

  test("what the role or the database sets is a note, since Weir's connections set it themselves", async () => {
    const url = await migratedPostgres()
    for (const setting of [
      "extra_float_digits = -10",
      "DateStyle = 'German'",
      "transform_null_equals = on",
      "timezone = 'Asia/Kolkata'",
      "lock_timeout = '5s'",
    ])
      await ask(url, `alter database ${nameOf(url)} set ${setting}`)
    const { stdout } = await doctor(url)
    expect(wrong(stdout)).toEqual([])
    for (const name of [
      "extra_float_digits is -10",
      "DateStyle is German, DMY",
      "transform_null_equals is on",
      "TimeZone is Asia/Kolkata",
    ])
      expect(stdout).toMatch(new RegExp(`note +${name}: .*without Hyperdrive.*alter role postgres set`))
    expect(stdout).toMatch(/note +lock_timeout is 5s/)
  })

  test("migrations that are pending, policies, and references to another program's tables are wrong", async () => {
    expect(wrong((await doctor(await emptyPostgres())).stdout)).toEqual([
      "WRONG  the migration 0000_init is pending: npm run db:migrate",
    ])

    const url = await migratedPostgres()
    await ask(url, "create schema other")
    await ask(url, "create table other.users (id bigint primary key)")
    await ask(url, "alter table items drop constraint items_owner_id_users_id_fk")
    await ask(
      url,
      "alter table items add constraint items_owner_id_users_id_fk foreign key (owner_id) references other.users",
    )
    await ask(url, "alter table users enable row level security")
    await ask(url, "alter table users force row level security")
    const role = `doctor_of_${nameOf(url)}`
    await ask(url, `create role ${role} login`)
    await ask(url, `grant usage on schema drizzle to ${role}`)
    await ask(url, `grant select on drizzle.__drizzle_migrations to ${role}`)
    const { stdout, code } = await doctor(Object.assign(new URL(url), { username: role }).href)
    expect(stdout).toMatch(/WRONG {2}policies hide rows from \w+: users: /)
    expect(stdout).toMatch(
      /WRONG {2}the foreign key items_owner_id_users_id_fk of items refers to other\.users/,
    )
    expect(code).toBe(1)
  })

  test("one that a server would refuse is examined all the same", async () => {
    const url = await migratedPostgres()
    await ask(url, `alter database ${nameOf(url)} set session_replication_role = replica`)
    await ask(url, `alter database ${nameOf(url)} set default_transaction_read_only = on`)
    const lines = wrong((await doctor(url)).stdout)
    expect(lines.join("\n")).toMatch(
      /default_transaction_read_only is on[\s\S]*session_replication_role is replica/,
    )
  })

  test("one that is away is one line", async () => {
    const { code, stderr } = await doctor(`postgres://postgres@127.0.0.1:${await freePort()}/x`)
    expect(stderr).toMatch(/^doctor: Postgres at .* cannot be reached/)
    expect(code).toBe(1)
    expect((await doctor(inject("postgresUrl").replace(/postgres$/, "nowhere"))).stderr).toContain(
      "refuses the login",
    )
  })
})

describe("of a file", () => {
  test("nothing is wrong with a sound one", async () => {
    const { code, stdout, stderr } = await doctor(await file())
    expect(stderr).toBe("")
    expect(stdout).toMatch(/^libSQL file .*: SQLite 3\.\S+\nNothing is wrong\n$/)
    expect(code).toBe(0)
  })

  test("one that is not there is not made", async () => {
    const path = join(tempFolder(), "none.db")
    const { code, stderr } = await doctor(`file:${path}`)
    expect(stderr).toContain("there is no file")
    expect(code).toBe(1)
    expect(existsSync(path)).toBe(false)
  })

  test("damage and broken references are told", async () => {
    const url = await file()
    const path = url.slice("file:".length)
    const db = new DatabaseSync(path)
    db.exec("pragma foreign_keys = off")
    db.exec("insert into items (title, price, owner_id) values ('orphan', 1, 4711)")
    const sizes = db.prepare(
      "select rootpage, page_size from sqlite_master, pragma_page_size where name = 'items_owner_id_index'",
    )
    const { rootpage, page_size } = sizes.get() as { rootpage: number; page_size: number }
    db.close()
    const bytes = openSync(path, "r+")
    writeSync(bytes, Buffer.alloc(page_size, 0xff), 0, page_size, (rootpage - 1) * page_size)
    closeSync(bytes)
    const { code, stdout } = await doctor(url)
    expect(stdout).toMatch(/WRONG {2}1 rows refer to rows that do not exist/)
    expect(stdout).toMatch(/WRONG {2}the file is damaged: /)
    expect(code).toBe(1)
  })
})

test("of a libSQL server: what it answers is judged", async () => {
  const { url } = await sqldOn(await freePort())
  expect((await runMigrate({ DATABASE_URL: url })).stderr).toBe("")
  const { code, stdout, stderr } = await doctor(url)
  expect(stderr).toBe("")
  expect(stdout).toMatch(/^libSQL at .*: SQLite 3\.\S+\n/)
  expect(stdout).toContain("Nothing is wrong")
  expect(code).toBe(0)
})
