import { readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Answer, Call } from "../support/client.ts"
import { admin, migratedPostgres } from "../support/databases.ts"
import { allTitles, authSecret, eventually, httpCaller, signIn, signUp } from "../support/http.ts"
import { type NodeServer, startNode } from "../support/node-server.ts"
import { freePort } from "../support/ports.ts"
import { startPostgres } from "../support/postgres-server.ts"
import { migratedSqld, sqldOn } from "../support/sqld.ts"

const requestTimeout = 3_000
const env = { AUTH_SECRET: authSecret, REQUEST_TIMEOUT_MS: requestTimeout }

/** A 503 that says when to try again and nothing of the inside, while the database is still away. */
async function expectUnavailable(asked: Promise<Answer>): Promise<void> {
  const answer = await asked
  expect(answer.status, answer.text).toBe(503)
  expect(answer.headers.get("content-type")).toBe("application/problem+json")
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0)
  expect(answer.body).toMatchObject({ status: 503, title: "Service Unavailable" })
  expect(answer.text).not.toMatch(/ECONN|127\.0\.0\.1|select|insert/i)
}

const requests = (call: Call, token: string): Promise<Answer>[] => [
  call("GET", "/items"),
  call("GET", "/users/1"),
  call("GET", "/users/me", { token }),
  call("GET", "/totals"),
  call("POST", "/items", { token, json: { title: "lost", price: 1 } }),
  call("POST", "/items", { token, json: [1, 2].map((price) => ({ title: "lost", price })) }),
  call("PATCH", "/items/1", { token, json: { title: "lost" } }),
  call("DELETE", "/items/1", { token }),
]

/** What the database being away must look like, whatever the database is. */
async function expectDown(call: Call, token: string): Promise<void> {
  for (let round = 0; round < 3; round++)
    await Promise.all(requests(call, token).map((asked) => expectUnavailable(asked)))
  // Much at once neither hangs nor piles up.
  await Promise.all(Array.from({ length: 50 }, () => expectUnavailable(call("GET", "/items/1"))))
  const ready = await call("GET", "/ready")
  expect(ready.status).toBe(503)
  expect(ready.body).toMatchObject({ status: "down", dependencies: { database: { status: "down" } } })
  // What needs no database is served, a request with a token included.
  expect((await call("GET", "/health")).status).toBe(200)
  expect((await call("GET", "/openapi.json")).status).toBe(200)
  expect((await call("GET", "/items?limit=x")).status).toBe(422)
}

async function expectRecovered(call: Call, token: string): Promise<void> {
  await eventually(async () => expect((await call("GET", "/items/1")).status).toBe(200))
  await eventually(async () => expect((await call("GET", "/ready")).status).toBe(200))
  // Every connection of the pool has come back, not only one.
  const answers = await Promise.all(Array.from({ length: 40 }, () => call("GET", "/users/me", { token })))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  const after = await call("POST", "/items", { token, json: { title: "after", price: 1 } })
  expect(after.status, after.text).toBe(201)
  expect((await allTitles(call)).sort()).toEqual(["after", "before"])
}

async function firstItem(call: Call): Promise<string> {
  const token = await signUp(call)
  const before = await call("POST", "/items", { token, json: { title: "before", price: 1 } })
  expect(before.status, before.text).toBe(201)
  return token
}

describe("Postgres", () => {
  let port: number
  let postgres: Awaited<ReturnType<typeof startPostgres>>
  let url: string
  beforeAll(async () => {
    port = await freePort()
    postgres = await startPostgres(port)
    url = await migratedPostgres(postgres.url)
  })
  afterAll(() => postgres.stop())

  test("goes away under the running server, and comes back", async () => {
    const server = await startNode({ ...env, DATABASE_URL: url })
    const call = httpCaller(server.url)
    const token = await firstItem(call)
    // Under load, so that statements are cut off half-way: none may be a 500, none may hang.
    let going = true
    const seen = new Map<number, number>()
    const load = Array.from({ length: 20 }, async () => {
      while (going) {
        const { status } = await call("GET", "/items", { token })
        seen.set(status, (seen.get(status) ?? 0) + 1)
      }
    })
    await sleep(200)
    await postgres.kill()
    try {
      await sleep(500)
      going = false
      await Promise.all(load)
      expect([...seen.keys()].sort()).toEqual([200, 503])
      await expectDown(call, token)
    } finally {
      postgres = await startPostgres(port, postgres.folder)
    }
    await expectRecovered(call, token)
    expect(await server.stop()).toBe(0)
  })

  test("hangs: stopped processes take connections and never answer", async () => {
    const own = await migratedPostgres(postgres.url)
    const server = await startNode({ ...env, DATABASE_URL: own })
    const call = httpCaller(server.url)
    const token = await firstItem(call)
    const sql = admin(own)
    const pids = (await sql`select pid from pg_stat_activity where application_name = 'weir'`).map((row) =>
      Number(row.pid),
    )
    await sql.end()
    const [postmaster] = readFileSync(join(postgres.folder, "data/postmaster.pid"), "utf8").split("\n")
    const signal = (name: NodeJS.Signals) => {
      for (const pid of [Number(postmaster), ...pids]) process.kill(pid, name)
    }
    signal("SIGSTOP")
    try {
      await expectDown(call, token)
    } finally {
      signal("SIGCONT")
    }
    await expectRecovered(call, token)
    expect(await server.stop()).toBe(0)
  })

  test("is away when the server starts: it waits for it, first admin included", async () => {
    await postgres.kill()
    const first = { FIRST_ADMIN_EMAIL: "root@example.com", FIRST_ADMIN_PASSWORD: "battery staple" }
    let server: NodeServer | undefined
    try {
      server = await startNode({ ...env, ...first, DATABASE_URL: url })
      await expectUnavailable(httpCaller(server.url)("GET", "/items"))
      await eventually(() => expect(server?.stdout()).toMatch(/"level":"error".*cannot be reached/))
    } finally {
      postgres = await startPostgres(port, postgres.folder)
    }
    const call = httpCaller(server.url)
    await eventually(async () => expect((await call("GET", "/items")).status).toBe(200))
    await eventually(() => signIn(call, "root@example.com", "battery staple").then(() => {}))
    expect(await server.stop()).toBe(0)
  })
})

test("libSQL over HTTP goes away under the running server, and comes back", async () => {
  const port = await freePort()
  let sqld = await sqldOn(port)
  await migratedSqld(sqld.url)
  const server = await startNode({ ...env, DATABASE_URL: sqld.url })
  const call = httpCaller(server.url)
  const token = await firstItem(call)
  await sqld.kill()
  await expectDown(call, token)
  sqld = await sqldOn(port, sqld.folder)
  await expectRecovered(call, token)
  expect(await server.stop()).toBe(0)
  await sqld.kill()
})
