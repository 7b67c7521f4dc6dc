import { describe, expect, test } from "vitest"
import { ask, number } from "../support/ask.ts"
import { emptyPostgres, migratedPostgres } from "../support/databases.ts"
import { authSecret, httpCaller, signUp } from "../support/http.ts"
import { runCommand, runNode, startNode } from "../support/node-server.ts"
import { hasPgBouncer, startPgBouncer } from "../support/pgbouncer.ts"
import { freePort } from "../support/ports.ts"

const nameOf = (url: string): string => new URL(url).pathname.slice(1)

/** Sets settings of a database, which every connection to it begins with. */
async function setIn(url: string, settings: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(settings))
    await ask(url, `alter database ${nameOf(url)} set ${name} = ${value}`)
}

/** Gives a database a role of its own, which may write and is no superuser; answers with its URL. */
async function roleIn(url: string, settings: Record<string, string> = {}): Promise<string> {
  const role = `role_of_${nameOf(url)}`
  await ask(url, `create role ${role} login`)
  await ask(url, `grant all on all tables in schema public to ${role}`)
  await ask(url, `grant all on all sequences in schema public to ${role}`)
  await ask(url, `grant usage on schema drizzle to ${role}`)
  await ask(url, `grant select on all tables in schema drizzle to ${role}`)
  for (const [name, value] of Object.entries(settings))
    await ask(url, `alter role ${role} in database ${nameOf(url)} set ${name} = ${value}`)
  return Object.assign(new URL(url), { username: role }).href
}

const bad = {
  DateStyle: "'German'",
  extra_float_digits: "-10",
  transform_null_equals: "on",
  bytea_output: "escape",
  IntervalStyle: "sql_standard",
  default_transaction_isolation: "serializable",
  array_nulls: "off",
  synchronous_commit: "off",
  statement_timeout: "1",
}

const refusal = async (url: string, env: Record<string, string> = {}): Promise<string> => {
  const { code, stderr, stdout } = await runNode({ DATABASE_URL: url, PORT: await freePort(), ...env })
  expect(code, stdout).toBe(1)
  expect(stderr.trim().split("\n")).toHaveLength(1)
  return stderr
}

/** What an API answers that must not depend on the settings of the database. */
async function answers(url: string, username = "ann"): Promise<unknown> {
  const server = await startNode({ DATABASE_URL: url, AUTH_SECRET: authSecret })
  const call = httpCaller(server.url)
  const token = await signUp(call, username)
  const price = 1234567.1234567892
  const created = await call("POST", "/items", { token, json: { title: "a\\b 'c'", price } })
  expect(created.status, created.text).toBe(201)
  const item = created.body as { id: number; created_at: string }
  expect(created.body).toMatchObject({ title: "a\\b 'c'", price, description: null })
  expect(item.created_at).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
  expect(Math.abs(Date.parse(item.created_at) - Date.now())).toBeLessThan(60_000)
  const found = await call("GET", `/items?created_at[gte]=${item.created_at}&price=${price}`)
  expect(found.body).toMatchObject([{ id: item.id, price }])
  const page = await call("GET", "/items?sort=-price,created_at&limit=1&count=exact")
  expect(page.body).toMatchObject([{ price }])
  const warned = server.logs().filter(({ level }) => level === "warn")
  expect(await server.stop()).toBe(0)
  return warned.map(({ msg }) => msg)
}

test("settings of the database that print and compare otherwise change no answer", async () => {
  const url = await migratedPostgres()
  await setIn(url, { ...bad, timezone: "'Asia/Kolkata'" })
  // The tests' server keeps nothing on its disk for sure, which is told.
  expect(await answers(url)).toEqual([expect.stringMatching(/^fsync is off/)])
})

test("nor do those of the role", async () => {
  const url = await migratedPostgres()
  await answers(await roleIn(url, { ...bad, timezone: "'America/St_Johns'" }))
})

test("commands keep numbers and instants whole under them", async () => {
  const url = await migratedPostgres()
  // The test itself needs longer than a millisecond.
  await setIn(url, { ...bad, timezone: "'Asia/Kolkata'", statement_timeout: "0" })
  const seeded = await runCommand({ DATABASE_URL: url }, "seed", "--users", "3", "--items", "5")
  expect(seeded.stderr).toBe("")
  await ask(url, "update items set price = 0.1::float8 + 0.2::float8")
  const { stdout } = await runCommand({ DATABASE_URL: url }, "export", "items")
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(rows).toHaveLength(5)
  for (const row of rows) expect(row.price).toBe(0.30000000000000004)
})

describe("a Postgres that would answer wrongly, or take no writes, ends the start with one line and the remedy", () => {
  test("default_transaction_read_only", async () => {
    const url = await roleIn(await migratedPostgres(), { default_transaction_read_only: "on" })
    expect(await refusal(url)).toMatch(/default_transaction_read_only is on.*alter role role_of_\w+ set/)
    // What only reads works.
    const status = await runCommand({ DATABASE_URL: url }, "status")
    expect(status.stdout).toContain("applied")
    const seed = await runCommand({ DATABASE_URL: url }, "seed", "--users", "1", "--items", "1")
    expect(seed.stderr).toContain("takes no writes")
  })

  test("session_replication_role", async () => {
    const url = await migratedPostgres()
    await setIn(url, { session_replication_role: "replica" })
    expect(await refusal(url)).toMatch(/session_replication_role is replica: foreign keys are not checked/)
    const seed = await runCommand({ DATABASE_URL: url }, "seed")
    expect(seed.stderr).toContain("foreign keys are not checked")
  })

  test("an encoding that is none", async () => {
    const server = await emptyPostgres()
    const name = `${nameOf(server)}_ascii`
    await ask(server, `create database ${name} encoding 'SQL_ASCII' locale 'C' template template0`)
    const url = server.replace(nameOf(server), name)
    expect(await refusal(url)).toContain("encoding is SQL_ASCII")
    expect((await runCommand({ DATABASE_URL: url }, "migrate")).stderr).toContain("encoding is SQL_ASCII")
    expect(await number(url, "select count(*) from pg_tables where schemaname = 'public'")).toBe(0)
  })
})

describe.skipIf(!hasPgBouncer)(
  "behind PgBouncer, which refuses most settings when a connection is opened",
  () => {
    test("what it takes is set, and what it does not take ends the start where answers would be wrong", async () => {
      const url = await migratedPostgres()
      await setIn(url, { DateStyle: "'German'", timezone: "'Asia/Kolkata'" })
      const pgbouncer = await startPgBouncer(url, { mode: "transaction", size: 4 })
      await answers(`${pgbouncer.url}?pooler=transaction`)
      await answers(pgbouncer.url, "bob")
      await pgbouncer.stop()

      await setIn(url, { extra_float_digits: "-10" })
      const again = await startPgBouncer(url, { mode: "transaction", size: 4 })
      expect(await refusal(`${again.url}?pooler=transaction`)).toMatch(
        /extra_float_digits is -10: numbers lose their last digits \(alter role \w+ set extra_float_digits = 1\)/,
      )
      await again.stop()
    })
  },
)
