import { readdirSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, test } from "vitest"
import { admin, emptyPostgres, migratedPostgres } from "../support/databases.ts"
import { authSecret, httpCaller, signIn, signUp } from "../support/http.ts"
import { runMigrate, runNode, startNode, tempFolder, type Variables } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"
import { freePort } from "../support/ports.ts"

const oneLine = (text: string): string => {
  const lines = text.trimEnd().split("\n")
  expect(lines, text).toHaveLength(1)
  return lines[0] as string
}

test("starts in an empty folder without a setting: weir.db is made, and it serves", async () => {
  const folder = tempFolder()
  const server = await startNode({}, folder)
  const call = httpCaller(server.url)
  const token = await signUp(call)
  const item = await call("POST", "/items", { token, json: { title: "first", price: 1 } })
  expect(item.status, item.text).toBe(201)
  expect(readdirSync(folder)).toContain("weir.db")
  expect(await server.stop()).toBe(0)
  const warnings = server.logs().filter(({ level }) => level === "warn")
  expect(warnings).toHaveLength(1)
  expect(warnings[0]?.msg).toContain("AUTH_SECRET")
  expect(server.stderr()).toBe("")
})

describe("a wrong setting ends the start with one line that names it", () => {
  const wrong: [name: string, env: Variables][] = [
    ["PORT", { PORT: "abc" }],
    ["HOST", { HOST: "192.0.2.1", PORT: 0 }],
    ["DATABASE_URL", { DATABASE_URL: "mysql://x" }],
    ["DATABASE_URL", { DATABASE_URL: "file:/no/such/folder/weir.db" }],
    ["DATABASE_URL", { DATABASE_URL: "postgres://ann:top/secret@127.0.0.1/x" }],
    ["DATABASE_URL", { DATABASE_URL: "https://" }],
    ["AUTH_SECRET", { AUTH_SECRET: "x".repeat(31) }],
    ["AUTH_SECRET", { NODE_ENV: "production" }],
    ["CORS_ORIGINS", { CORS_ORIGINS: "nonsense" }],
    ["REQUEST_TIMEOUT_MS", { REQUEST_TIMEOUT_MS: "0" }],
    ["BODY_LIMIT", { BODY_LIMIT: "x" }],
    ["LOG_LEVEL", { LOG_LEVEL: "loud" }],
    ["FIRST_ADMIN_PASSWORD", { FIRST_ADMIN_EMAIL: "root@example.com" }],
  ]
  test.concurrent.each(wrong)("%s in %j", async (name, env) => {
    const { code, stdout, stderr } = await runNode({ PORT: await freePort(), ...env })
    expect(oneLine(stderr)).toContain(name)
    expect(stderr).not.toContain("secret@")
    expect(stdout).not.toContain("http://")
    expect(code).toBe(1)
  })

  test("a PORT that is in use", async () => {
    const other = createServer()
    const port = await new Promise<number>((resolve) =>
      other.listen(0, "127.0.0.1", () => resolve((other.address() as { port: number }).port)),
    )
    const { code, stderr } = await runNode({ PORT: port })
    other.close()
    expect(oneLine(stderr)).toMatch(/PORT.*in use|PORT.*EADDRINUSE/)
    expect(code).toBe(1)
  })
})

test("Postgres without tables ends the start; db:migrate makes them, once; then it starts", async () => {
  const DATABASE_URL = await emptyPostgres()
  const unmigrated = await runNode({ DATABASE_URL, PORT: await freePort() })
  expect(oneLine(unmigrated.stderr)).toContain("npm run db:migrate")
  expect(unmigrated.code).toBe(1)

  const first = await runMigrate({ DATABASE_URL })
  expect(first.stdout).toMatch(/applied 0000_/)
  expect(first.code).toBe(0)
  const second = await runMigrate({ DATABASE_URL })
  expect(oneLine(second.stdout)).toMatch(/up to date/)
  expect(second.code).toBe(0)
  expect(first.stderr + second.stderr).toBe("")

  const server = await startNode({ DATABASE_URL, AUTH_SECRET: authSecret })
  await signUp(httpCaller(server.url))
  expect(await server.stop()).toBe(0)
})

test("db:migrate that cannot work says so in one line, and exits with 1", async () => {
  const DATABASE_URL = `postgres://postgres@127.0.0.1:${await freePort()}/postgres`
  const { code, stderr } = await runMigrate({ DATABASE_URL })
  oneLine(stderr)
  expect(code).toBe(1)
})

const firstAdmin = { FIRST_ADMIN_EMAIL: "Root@Example.com", FIRST_ADMIN_PASSWORD: "battery staple" }

test("three processes that start at once on a fresh file all serve, and make one first admin", async () => {
  const folder = tempFolder()
  const servers = await Promise.all(
    [1, 2, 3].map(() => startNode({ AUTH_SECRET: authSecret, ...firstAdmin }, folder)),
  )
  for (const { url } of servers) expect((await fetch(`${url}/ready`)).status).toBe(200)
  const token = await addPerson(folder)
  for (const { url } of servers)
    expect((await httpCaller(url)("GET", "/users/me", { token })).status).toBe(200)
  for (const server of servers) expect(await server.stop()).toBe(0)
  const file = new DatabaseSync(join(folder, "weir.db"))
  expect(file.prepare("select count(*) as n from users where role = 'admin'").get()).toEqual({ n: 1 })
  file.close()
})

test("two processes that start at once on Postgres make one first admin", async () => {
  const DATABASE_URL = await migratedPostgres()
  const env = { DATABASE_URL, AUTH_SECRET: authSecret, ...firstAdmin }
  const servers = await Promise.all([1, 2].map(() => startNode(env)))
  for (const server of servers) expect(await server.stop()).toBe(0)
  const sql = admin(DATABASE_URL)
  expect(await sql`select email from users where role = 'admin'`).toEqual([{ email: "root@example.com" }])
  await sql.end()
})

test("the first admin of the settings can sign in, and is made once", async () => {
  const folder = tempFolder()
  const env = { AUTH_SECRET: authSecret, ...firstAdmin }
  const first = await startNode(env, folder)
  const token = await signIn(httpCaller(first.url), "root@example.com", "battery staple")
  const me = await httpCaller(first.url)("GET", "/users/me", { token })
  expect(me.body).toMatchObject({ role: "admin", email: "root@example.com" })
  expect(await first.stop()).toBe(0)

  // Another name in the setting makes no second one, and another password does not change the first's.
  const again = { ...env, FIRST_ADMIN_EMAIL: "eve@example.com", FIRST_ADMIN_PASSWORD: "something else" }
  const second = await startNode(again, folder)
  const call = httpCaller(second.url)
  await signIn(call, "root@example.com", "battery staple")
  expect((await call("GET", "/users", { token })).body).toHaveLength(1)
  expect(await second.stop()).toBe(0)
})
