import { afterEach, expect, test } from "vitest"
import { emptyPostgres } from "../support/databases.ts"
import { authSecret, eventually, httpCaller, rawConnection } from "../support/http.ts"
import { type NodeServer, runMigrate, startNode, tempFolder, type Variables } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"

/** What `GET /metrics` counts, after requests that are known. */
let server: NodeServer
let call: ReturnType<typeof httpCaller>
afterEach(() => server.stop())

async function start(env: Variables, folder = tempFolder()): Promise<void> {
  server = await startNode({ AUTH_SECRET: authSecret, LOG_LEVEL: "error", ...env }, folder)
  call = httpCaller(server.url)
}

/** The metrics by name and labels, as they stand in the text. */
async function metrics(token?: string): Promise<Record<string, number>> {
  const { status, text, headers } = await call("GET", "/metrics", { token })
  expect(status, text).toBe(200)
  expect(headers.get("content-type")).toMatch(/^text\/plain; version=/)
  const lines = text.split("\n").filter((line) => line && !line.startsWith("#"))
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]),
  )
}
const requests = (route: string, method: string, status: number) =>
  `weir_http_requests_total{route="${route}",method="${method}",status="${status}"}`

test("requests, statements and what the cache did are counted", async () => {
  const folder = tempFolder()
  await start({ METRICS: "all" }, folder)
  const token = await addPerson(folder)
  const before = await metrics()
  await call("GET", "/items")
  await call("GET", "/items")
  await call("GET", "/items", { headers: { "cache-control": "no-cache" } })
  await call("GET", "/items/1")
  await call("GET", "/items/2")
  await call("GET", "/nowhere")
  await call("GET", "/somewhere/else")
  await call("POST", "/items", { json: {} })
  await call("POST", "/items", { token, json: { title: "x", price: 1 } })
  const after = await metrics()
  const grown = (name: string) => (after[name] ?? 0) - (before[name] ?? 0)
  expect(grown(requests("/items", "GET", 200))).toBe(3)
  expect(grown(requests("/items/{id}", "GET", 404))).toBe(2)
  expect(grown(requests("none", "GET", 404))).toBe(2)
  expect(grown(requests("/items", "POST", 401))).toBe(1)
  expect(grown(requests("/items", "POST", 201))).toBe(1)
  expect(grown(requests("/metrics", "GET", 200))).toBe(1)
  expect(grown('weir_http_request_duration_seconds_count{route="/items",method="GET"}')).toBe(3)
  expect(grown('weir_http_request_duration_seconds_bucket{le="+Inf",route="/items",method="GET"}')).toBe(3)
  expect(grown('weir_cache_reads_total{result="hit"}')).toBe(1)
  expect(grown('weir_cache_reads_total{result="bypass"}')).toBe(1)
  expect(grown('weir_cache_reads_total{result="miss"}')).toBe(3)
  // Two lists, two rows, the viewer, and the insert.
  expect(grown("weir_database_statements_total")).toBe(6)
  expect(grown("weir_database_duration_seconds_count")).toBe(6)
  expect(after).toMatchObject({
    weir_hashes_running: 0,
    weir_hashes_waiting: 0,
    weir_readers_running: 0,
    weir_readers_waiting: 0,
    process_resident_memory_bytes: expect.any(Number),
    nodejs_eventloop_lag_p99_seconds: expect.any(Number),
  })
  expect(Object.keys(after).filter((name) => name.startsWith("weir_postgres"))).toEqual([])
})

test("passwords that wait to be hashed are counted", async () => {
  await start({ METRICS: "all" })
  const form = "username=nobody&password=wrong"
  const head = "POST /auth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"
  const clients = await Promise.all(Array.from({ length: 20 }, () => rawConnection(server.port)))
  for (const { socket } of clients) socket.write(`${head}content-length: ${form.length}\r\n\r\n${form}`)
  await eventually(async () => {
    const { weir_hashes_running: running, weir_hashes_waiting: waiting } = await metrics()
    expect(running).toBe(2)
    expect(waiting).toBeGreaterThan(0)
  })
  for (const { socket } of clients) socket.destroy()
})

test("connections to Postgres are counted, and statements that fail", async () => {
  const url = await emptyPostgres()
  await runMigrate({ DATABASE_URL: url })
  await start({ METRICS: "all", DATABASE_URL: url })
  await call("GET", "/items")
  const before = await metrics()
  expect(before).toMatchObject({ weir_postgres_connections_busy: 0, weir_postgres_waiting: 0 })
  expect(before.weir_postgres_connections).toBeGreaterThanOrEqual(1)
  await addPerson(url)
  const same = { email: "ann@example.com", username: "ann", password: "correct horse" }
  expect((await call("POST", "/users", { json: same })).status).toBe(409)
  expect((await metrics())['weir_database_errors_total{kind="unique"}']).toBe(1)
})

test("with METRICS=admins, they are for admins alone", async () => {
  const folder = tempFolder()
  const admin = { FIRST_ADMIN_EMAIL: "root@example.com", FIRST_ADMIN_PASSWORD: "correct horse" }
  await start({ METRICS: "admins", ...admin }, folder)
  expect((await call("GET", "/metrics")).status).toBe(401)
  expect((await call("GET", "/metrics", { token: await addPerson(folder) })).status).toBe(403)
  const body = "username=root@example.com&password=correct horse"
  const headers = { "content-type": "application/x-www-form-urlencoded" }
  const { access_token } = (await call("POST", "/auth/token", { body, headers })).body as {
    access_token: string
  }
  expect((await metrics(access_token))[requests("/metrics", "GET", 401)]).toBe(1)
})

test("they are off by default", async () => {
  await start({})
  expect((await call("GET", "/metrics")).status).toBe(404)
})
