import { readFileSync } from "node:fs"
import { Agent, request } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { expect, test } from "vitest"
import { admin, lockItems, migratedPostgres, weirConnections } from "../support/databases.ts"
import { authSecret, eventually, httpCaller, rawConnection, rawRequest } from "../support/http.ts"
import { startNode } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"

const rss = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024

const body = JSON.stringify({ title: "x", price: 1 })

interface Asked {
  token?: string
  json?: unknown
  body?: string
}

/** A bare client: ten thousand requests should load the server, not the test. */
function plainClient(port: number): (method: string, path: string, asked?: Asked) => Promise<number> {
  const agent = new Agent({ keepAlive: true })
  return (method, path, { token, json, body: text } = {}) =>
    new Promise((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      }
      const sent = request({ port, host: "127.0.0.1", agent, method, path, headers }, (response) => {
        response.resume().once("end", () => resolve(response.statusCode ?? 0))
      })
      sent.once("error", reject).end(json === undefined ? text : JSON.stringify(json))
    })
}

/** What a client may do wrong, and what it may do right. Each answers with the status, or `gone`. */
function behaviours(port: number, token: string): (() => Promise<number | "gone">)[] {
  const ask = plainClient(port)
  const asked =
    (...request: Parameters<typeof ask>) =>
    () =>
      ask(...request)
  const hangUp = (text: string) => async (): Promise<"gone"> => {
    const { socket, closed } = await rawConnection(port)
    await new Promise((resolve) => socket.write(text, resolve))
    socket.destroy()
    await closed
    return "gone"
  }
  return [
    asked("GET", "/items?limit=20&include=owner"),
    asked("GET", "/users/1"),
    asked("POST", "/items", { token, json: { title: "x", price: 1 } }),
    asked("POST", "/items", { token, json: { title: "x", price: -1 } }),
    asked("POST", "/items", { token, body: "{" }),
    // A constraint of the database, in a batch: the transaction is undone.
    asked("POST", "/items", {
      token,
      json: [
        { title: "x", price: 1 },
        { title: "y", price: 1, owner_id: 1 },
      ],
    }),
    asked("PATCH", "/users/1", { token, json: { username: "bob" } }),
    asked("GET", `/items?title=${"x".repeat(50)}&price[gt]=nonsense`),
    asked("GET", "/users/me", { token: "not.a.token" }),
    asked("GET", "/nowhere"),
    hangUp("GET /items HTTP/1.1\r\n"),
    hangUp(rawRequest("POST", "/items", token, body).slice(0, -5)),
    hangUp(rawRequest("GET", "/items?limit=50", token)),
    hangUp(rawRequest("POST", "/items", token, body)),
  ]
}

/** With room to spare, V8 lets garbage lie for longer than this test runs, which looks like a leak. */
const NODE_OPTIONS = "--max-semi-space-size=2 --max-old-space-size=64"

test("10,000 requests of all kinds, many of them cut off, leave nothing behind", async () => {
  const url = await migratedPostgres()
  const env = { DATABASE_URL: url, AUTH_SECRET: authSecret, LOG_LEVEL: "error", NODE_OPTIONS }
  const server = await startNode(env)
  const call = httpCaller(server.url)
  const token = await addPerson(url)
  await addPerson(url, "bob")
  const kinds = behaviours(server.port, token)
  const outcomes = new Map<string, number>()
  const memory: number[] = []
  const total = 10_000
  let next = 0
  const client = async () => {
    while (next < total) {
      const n = next++
      if (n % 100 === 0) memory.push(rss(server.pid))
      const outcome = String(await kinds[n % kinds.length]?.())
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: 16 }, client))
  expect([...outcomes.keys()].sort()).toEqual(["200", "201", "401", "404", "409", "422", "gone"])

  // After the first 3,000, by thirds.
  const steady = memory.slice(30)
  const third = Math.floor(steady.length / 3)
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const middle = mean(steady.slice(third, 2 * third))
  const last = mean(steady.slice(2 * third))
  // Two KiB that each request leaves behind are 5 MiB from one third to the next.
  expect(last, `MiB, each 100 requests: ${memory.map(Math.round)}`).toBeLessThan(middle + 5)

  const sql = admin(url)
  await eventually(async () => {
    const connections = await weirConnections(sql)
    expect(connections.length).toBeLessThanOrEqual(10)
    for (const { state } of connections) expect(state).toBe("idle")
  }, 2_000)
  expect((await call("GET", "/items?limit=1")).status).toBe(200)
  await sql.end()
  expect(await server.stop()).toBe(0)
})

test("clients that hang up while their statement waits: the pool is whole afterwards", async () => {
  const url = await migratedPostgres()
  const env = { DATABASE_URL: url, AUTH_SECRET: authSecret, REQUEST_TIMEOUT_MS: 1_000 }
  const server = await startNode(env)
  const call = httpCaller(server.url)
  const token = await addPerson(url)
  const lock = await lockItems(url)
  for (let round = 0; round < 3; round++) {
    const waiting = await Promise.all(
      Array.from({ length: 30 }, async (_, n) => {
        const raw = await rawConnection(server.port)
        raw.socket.write(
          n % 2 ? rawRequest("GET", "/items", token) : rawRequest("POST", "/items", token, body),
        )
        return raw
      }),
    )
    await sleep(150)
    for (const { socket } of waiting) socket.destroy()
    await Promise.all(waiting.map(({ closed }) => closed))
  }
  await lock.release()
  const sql = admin(url)
  await eventually(async () => {
    const connections = await weirConnections(sql)
    expect(connections.length).toBeLessThanOrEqual(10)
    for (const { state } of connections) expect(state).toBe("idle")
  }, 5_000)
  const answers = await Promise.all(Array.from({ length: 30 }, () => call("GET", "/items")))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  await sql.end()
  expect(await server.stop()).toBe(0)
})
