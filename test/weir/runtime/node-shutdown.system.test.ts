import { setTimeout as sleep } from "node:timers/promises"
import { expect, test } from "vitest"
import { lockItems, migratedPostgres } from "../support/databases.ts"
import { allTitles, authSecret, eventually, httpCaller, rawConnection, rawRequest } from "../support/http.ts"
import { type NodeServer, startNode, tempFolder } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"

const env = { AUTH_SECRET: authSecret }

const refused = (server: NodeServer): Promise<boolean> =>
  rawConnection(server.port).then(
    ({ socket }) => !socket.destroy(),
    (error: Error) => error.message.includes("ECONNREFUSED"),
  )

const signal = (server: NodeServer, name: NodeJS.Signals): void => void process.kill(server.pid, name)

/** What would wait for a connection to be used again would wait for the limit of 10 s, in milliseconds. */
const wellBeforeTheLimit = 8_000

test.concurrent("SIGTERM: a request whose body is still coming is answered, new ones are refused", async () => {
  const folder = tempFolder()
  const server = await startNode(env, folder)
  const token = await addPerson(folder)
  const raw = await rawConnection(server.port)
  const body = JSON.stringify({ title: "in two halves", price: 1 })
  const text = rawRequest("POST", "/items", token, body)
  raw.socket.write(text.slice(0, -10))
  // The server has seen the first half when it answers what came later.
  await fetch(`${server.url}/health`)
  signal(server, "SIGTERM")
  await eventually(async () => expect(await refused(server)).toBe(true))
  raw.socket.write(text.slice(-10))
  expect(await raw.closed).toMatch(/^HTTP\/1.1 201 /)
  const { code, stdout } = await server.ended
  expect(code).toBe(0)
  // The last lines of the log are not lost.
  expect(stdout).toMatch(/"method":"POST","route":"\/items","path":"\/items","status":201/)

  const next = await startNode(env, folder)
  expect(await allTitles(httpCaller(next.url))).toEqual(["in two halves"])
  expect(await next.stop("SIGINT")).toBe(0)
})

test.concurrent("SIGTERM: a statement that waits in Postgres is waited for", async () => {
  const DATABASE_URL = await migratedPostgres()
  const server = await startNode({ ...env, DATABASE_URL })
  const call = httpCaller(server.url)
  const token = await addPerson(DATABASE_URL)
  const lock = await lockItems(DATABASE_URL)
  const waiting = call("POST", "/items", { token, json: { title: "waited", price: 1 } })
  await sleep(200)
  signal(server, "SIGTERM")
  await eventually(async () => expect(await refused(server)).toBe(true))
  // A second signal changes nothing.
  signal(server, "SIGTERM")
  await sleep(200)
  await lock.release()
  const answered = performance.now()
  expect((await waiting).status).toBe(201)
  expect((await server.ended).code).toBe(0)
  // The caller's connection was to be kept alive: the process does not wait for it to be used.
  expect(performance.now() - answered).toBeLessThan(wellBeforeTheLimit)
})

test.concurrent("SIGTERM: a kept-alive connection between two requests does not hold the process", async () => {
  const server = await startNode(env)
  const kept = await rawConnection(server.port)
  kept.socket.write(rawRequest("GET", "/health").replace("connection: close\r\n", ""))
  await eventually(() => expect(kept.text()).toContain('{"status":"ok"}'))
  const asked = performance.now()
  expect(await server.stop()).toBe(0)
  expect(performance.now() - asked).toBeLessThan(wellBeforeTheLimit)
  await kept.closed
})

// Browsers and load balancers open connections ahead of their requests.
test.concurrent("SIGTERM: a connection without any request yet does not hold the process", async () => {
  const server = await startNode(env)
  const idle = await rawConnection(server.port)
  await fetch(`${server.url}/health`)
  const asked = performance.now()
  expect(await server.stop()).toBe(0)
  expect(performance.now() - asked).toBeLessThan(wellBeforeTheLimit)
  await idle.closed
})

test.concurrent("SIGTERM: a client that goes on asking over its connection is answered, then let go", async () => {
  const folder = tempFolder()
  const server = await startNode(env, folder)
  const token = await addPerson(folder)
  const slow = await rawConnection(server.port)
  const half = rawRequest("POST", "/items", token, "{}")
  slow.socket.write(half.slice(0, -1))
  const busy = await rawConnection(server.port)
  const again = rawRequest("GET", "/health").replace("connection: close\r\n", "")
  busy.socket.write(again)
  await eventually(() => expect(busy.text()).toContain('{"status":"ok"}'))
  signal(server, "SIGTERM")
  const asking = setInterval(() => busy.socket.writable && busy.socket.write(again), 20)
  await eventually(async () => expect(await refused(server)).toBe(true))
  slow.socket.write(half.slice(-1))
  expect(await slow.closed).toMatch(/^HTTP\/1.1 422 /)
  const answered = performance.now()
  expect((await server.ended).code).toBe(0)
  clearInterval(asking)
  expect(performance.now() - answered).toBeLessThan(wellBeforeTheLimit)
})

test.concurrent("SIGTERM: a client that never ends its request is cut off at the limit of 10 s", async () => {
  const folder = tempFolder()
  const server = await startNode(env, folder)
  const token = await addPerson(folder)
  const raw = await rawConnection(server.port)
  raw.socket.write(rawRequest("POST", "/items", token, "{}").slice(0, -1))
  await fetch(`${server.url}/health`)
  const asked = performance.now()
  expect(await server.stop()).toBe(0)
  expect(performance.now() - asked).toBeGreaterThan(9_000)
  await raw.closed
})
