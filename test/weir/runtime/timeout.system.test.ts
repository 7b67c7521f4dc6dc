import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, expect, test } from "vitest"
import { admin, lockItems, migratedPostgres, weirConnections } from "../support/databases.ts"
import { allTitles, authSecret, eventually, httpCaller } from "../support/http.ts"
import { type NodeServer, startNode } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"
import { freePort } from "../support/ports.ts"
import { migratedSqld, sqldOn } from "../support/sqld.ts"

const env = { AUTH_SECRET: authSecret, REQUEST_TIMEOUT_MS: 500 }

let url: string
let server: NodeServer
beforeAll(async () => {
  url = await migratedPostgres()
  server = await startNode({ ...env, DATABASE_URL: url })
})
afterAll(() => server.stop())

/** Asks, and expects a 503. What it waits for is not there before: without the limit there would be no answer. */
async function expectTimeout(asked: ReturnType<ReturnType<typeof httpCaller>>): Promise<void> {
  const answer = await asked
  expect(answer.status, answer.text).toBe(503)
  expect(answer.body).toMatchObject({ code: "timeout" })
  expect(answer.headers.get("retry-after")).toBe("1")
}

test("a statement that waits for a lock is given up, and nothing of it stays behind", async () => {
  const call = httpCaller(server.url)
  const token = await addPerson(url)
  const lock = await lockItems(url)
  const create = (n: number) => call("POST", "/items", { token, json: { title: `${n}`, price: n } })
  const pair = [1, 2].map((price) => ({ title: "pair", price }))
  await Promise.all([
    expectTimeout(call("GET", "/items")),
    expectTimeout(create(1)),
    expectTimeout(call("POST", "/items", { token, json: pair })),
    expectTimeout(call("GET", "/totals")),
  ])
  // Other tables are served meanwhile, also when more wait than the pool has connections.
  const many = Promise.all(Array.from({ length: 8 }, (_, n) => expectTimeout(create(n))))
  expect((await call("GET", "/users?limit=1")).status).toBe(200)
  await many

  const sql = admin(url)
  await eventually(async () => {
    for (const { state } of await weirConnections(sql)) expect(state).toBe("idle")
  }, 2_000)
  await lock.release()
  // What was answered with 503 was not done behind the caller's back once the lock was gone.
  expect((await call("GET", "/items")).body).toEqual([])
  await sql.end()
})

test("more waiting requests than connections: all answered in time, and none is done later", async () => {
  const call = httpCaller(server.url)
  const token = await addPerson(url, "bob")
  const lock = await lockItems(url)
  const json = { title: "refused", price: 1 }
  await Promise.all(Array.from({ length: 40 }, () => expectTimeout(call("POST", "/items", { token, json }))))
  await lock.release()
  await eventually(async () => expect((await call("GET", "/items")).status).toBe(200), 2_000)
  const answers = await Promise.all(Array.from({ length: 40 }, () => call("GET", "/items")))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  // All were told 503: what still waited for a connection must not have been done behind their backs.
  await sleep(600)
  expect(await allTitles(call)).toEqual([])
})

test("a read that its own limits do not bound has less time than the request, unless an admin asks", async () => {
  const limited = await startNode({
    ...env,
    REQUEST_TIMEOUT_MS: 30_000,
    QUERY_TIMEOUT_MS: 300,
    DATABASE_URL: url,
  })
  const call = httpCaller(limited.url)
  const admins = await addPerson(url, "root")
  const sql = admin(url)
  await sql`update users set role = 'admin' where username = 'root'`
  const token = await addPerson(url, "carl")
  const lock = await lockItems(url)
  const filtered = "/items?price[gte]=0"
  const answered: string[] = []
  const noted = (name: string, asked: ReturnType<typeof call>) =>
    asked.then(({ status }) => void answered.push(`${name} ${status}`))
  const waiting = [
    noted("bounded", call("GET", "/items/1000000")),
    noted("bounded", call("GET", "/items?limit=1")),
    noted("admin", call("GET", "/items?price[gte]=1", { token: admins })),
    noted("write", call("POST", "/items", { token, json: { title: "late", price: 1 } })),
  ]
  await Promise.all([
    expectTimeout(call("GET", filtered)),
    expectTimeout(call("GET", "/items?price[gte]=2", { token })),
    ...Array.from({ length: 12 }, (_, n) => expectTimeout(call("GET", `/items?price[gte]=${n + 3}`))),
  ])
  // Their statements have been stopped, and the others go on.
  expect(answered).toEqual([])
  await eventually(async () => {
    const busy = (await weirConnections(sql)).filter(({ state }) => state === "active")
    expect(busy).toHaveLength(waiting.length)
  })
  await lock.release()
  await Promise.all(waiting)
  expect(answered.sort()).toEqual(["admin 200", "bounded 200", "bounded 404", "write 201"])
  expect((await call("GET", filtered)).status).toBe(200)
  await sql`delete from items`
  await sql.end()
  expect(await limited.stop()).toBe(0)
})

test("a libSQL server that hangs: a read that is not bounded gets its 503 before the request's limit", async () => {
  const sqld = await sqldOn(await freePort())
  await migratedSqld(sqld.url)
  const limited = { ...env, REQUEST_TIMEOUT_MS: 20_000, QUERY_TIMEOUT_MS: 300, DATABASE_URL: sqld.url }
  const remote = await startNode(limited)
  const call = httpCaller(remote.url)
  expect((await call("GET", "/items?price[gte]=0")).status).toBe(200)
  await sqld.kill("SIGSTOP")
  await sleep(100)
  let isBoundedAnswered = false
  const bounded = call("GET", "/items/1").then(() => (isBoundedAnswered = true))
  await expectTimeout(call("GET", "/items?price[gte]=1"))
  expect(isBoundedAnswered).toBe(false)
  await sqld.kill("SIGCONT")
  await bounded
  expect(await remote.stop()).toBe(0)
  await sqld.kill()
})

test("a libSQL server that hangs: 503 in time, and it recovers", async () => {
  const sqld = await sqldOn(await freePort())
  await migratedSqld(sqld.url)
  const remote = await startNode({ ...env, DATABASE_URL: sqld.url })
  const call = httpCaller(remote.url)
  expect((await call("GET", "/items")).status).toBe(200)
  await sqld.kill("SIGSTOP")
  // A signal takes a moment to arrive.
  await sleep(100)
  await Promise.all(Array.from({ length: 5 }, () => expectTimeout(call("GET", "/items"))))
  const ready = await call("GET", "/ready")
  expect(ready.status).toBe(503)
  await sqld.kill("SIGCONT")
  await eventually(async () => expect((await call("GET", "/items")).status).toBe(200))
  expect(await remote.stop()).toBe(0)
  await sqld.kill()
})
