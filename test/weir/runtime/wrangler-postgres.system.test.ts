import { afterAll, beforeAll, expect, test } from "vitest"
import { admin, migratedPostgres, weirConnections } from "../support/databases.ts"
import {
  allTitles,
  authSecret,
  eventually,
  httpCaller,
  rawConnection,
  rawRequest,
  signUp,
} from "../support/http.ts"
import { tempFolder } from "../support/node-server.ts"
import { freePort } from "../support/ports.ts"
import { startWrangler, type WranglerServer } from "../support/wrangler-server.ts"

const start = (url: string, vars: Record<string, string> = {}): Promise<WranglerServer> =>
  startWrangler(
    tempFolder(),
    { NODE_ENV: "development", AUTH_SECRET: authSecret, ...vars },
    {
      args: ["--env", "postgres"],
      env: { CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE: url },
    },
  )

let url: string
let server: WranglerServer
beforeAll(async () => {
  url = await migratedPostgres()
  server = await start(url)
})
afterAll(() => server.stop())

/** A socket must not outlive its request on Workers: a few seconds later none is left. */
async function expectNoConnections(): Promise<void> {
  const sql = admin(url)
  await eventually(async () => expect(await weirConnections(sql)).toEqual([]), 5_000)
  await sql.end()
}

test("Postgres by Hyperdrive: a create, a list, 50 requests at once, and no connection is left", async () => {
  const call = httpCaller(server.url)
  const token = await signUp(call)
  const created = await call("POST", "/items", { token, json: { title: "first", price: 1 } })
  expect(created.status, created.text).toBe(201)
  expect((await call("GET", "/items?include=owner")).body).toMatchObject([{ owner: { username: "ann" } }])
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      n % 2
        ? call("GET", "/items/1", { token })
        : call("POST", "/items", { token, json: [1, 2].map((price) => ({ title: `${n}`, price })) }),
    ),
  )
  for (const [n, { status, text }] of answers.entries()) expect(status, text).toBe(n % 2 ? 200 : 201)
  expect(await allTitles(call)).toHaveLength(51)
  await expectNoConnections()
})

test("clients that hang up and requests that fail leave no connection either", async () => {
  const call = httpCaller(server.url)
  const token = await signUp(call, "bob")
  const taken = { email: "bob@example.com", username: "bobby", password: "long enough" }
  expect((await call("POST", "/users", { json: taken })).status).toBe(409)
  expect((await call("GET", "/items?limit=x")).status).toBe(422)
  for (let n = 0; n < 10; n++) {
    const { socket, closed } = await rawConnection(server.port)
    socket.write(rawRequest("GET", "/items?limit=50&include=owner", token))
    setTimeout(() => socket.destroy(), n * 3)
    await closed
  }
  expect((await call("GET", "/items/1")).status).toBe(200)
  await expectNoConnections()
})

// What one request waits for must not hold others when that request is cancelled.
test("a first request that is given up while the first admin is made does not block the next", async () => {
  const sql = admin(url)
  await sql`begin`
  await sql`lock table users in access exclusive mode`
  const admins = { FIRST_ADMIN_EMAIL: "root@example.com", FIRST_ADMIN_PASSWORD: "battery staple" }
  const other = await start(url, admins)
  const { socket, closed } = await rawConnection(other.port)
  const form = "username=root@example.com&password=battery+staple"
  const head = `POST /auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n`
  socket.write(`${head}Content-Length: ${form.length}\r\n\r\n${form}`)
  const watch = admin(url)
  await eventually(async () => expect(await weirConnections(watch)).not.toEqual([]))
  socket.destroy()
  await closed
  await sql`commit`
  const call = httpCaller(other.url)
  expect((await call("GET", "/health")).status).toBe(200)
  expect((await call("GET", "/items/1")).status).toBe(200)
  await Promise.all([sql.end(), watch.end(), other.stop()])
})

test("health needs no database: it is answered while the database hangs", async () => {
  const sql = admin(url)
  await sql`begin`
  await sql`lock table users in access exclusive mode`
  const admins = { FIRST_ADMIN_EMAIL: "ruth@example.com", FIRST_ADMIN_PASSWORD: "battery staple" }
  const other = await start(url, { ...admins, REQUEST_TIMEOUT_MS: "4000" })
  const call = httpCaller(other.url)
  const answered: string[] = []
  const status = async (path: string) => {
    const answer = await call("GET", path)
    answered.push(path)
    return answer.status
  }
  // The lock is there until both have been answered: the list by the limit of the setting.
  expect(await Promise.all([status("/health"), status("/users")])).toEqual([200, 503])
  expect(answered).toEqual(["/health", "/users"])
  await sql`commit`
  await Promise.all([sql.end(), other.stop()])
})

test("a Postgres that is away is a 503 that says so", async () => {
  const away = await start(`postgres://nobody:none@127.0.0.1:${await freePort()}/none`)
  const call = httpCaller(away.url)
  expect(await call("GET", "/items")).toMatchObject({ status: 503, body: { code: "database_unavailable" } })
  expect((await call("GET", "/ready")).status).toBe(503)
  expect((await call("GET", "/health")).status).toBe(200)
  await away.stop()
})
