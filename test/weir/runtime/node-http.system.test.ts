import { afterAll, beforeAll, expect, test } from "vitest"
import { authSecret, eventually, httpCaller, rawConnection, rawRequest } from "../support/http.ts"
import { type NodeServer, startNode, tempFolder } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"

const folder = tempFolder()
let server: NodeServer
let call: ReturnType<typeof httpCaller>

beforeAll(async () => {
  const env = {
    AUTH_SECRET: authSecret,
    CORS_ORIGINS: "https://app.example.com, http://localhost:5173",
    BODY_LIMIT: 2_000,
  }
  server = await startNode(env, folder)
  call = httpCaller(server.url)
})
afterAll(() => server.stop())

const origin = "https://app.example.com"

test("one JSON line per request, with its id, method, path, status and time", async () => {
  const token = await addPerson(folder)
  const requests: [method: string, path: string, status: number][] = [
    ["GET", "/health", 200],
    ["GET", "/items?limit=3", 200],
    ["HEAD", "/items", 200],
    ["GET", "/items/999", 404],
    ["GET", "/nowhere", 404],
    ["GET", "/swagger-ui-dist/nope.js", 404],
    ["PUT", "/items", 405],
    ["POST", "/items", 201],
    ["GET", "/items?limit=x", 422],
    ["GET", "/docs", 200],
    ["GET", "/swagger-ui-dist/swagger-ui.css", 200],
    ["GET", "/%zz", 404],
    ["POST", "/users?password=correct+horse", 422],
  ]
  for (const [i, [method, path, status]] of requests.entries()) {
    const json = method === "POST" ? { json: { title: "x", price: 1, description: "correct horse" } } : {}
    const answer = await call(method, path, { token, ...json, headers: { "x-request-id": `log-${i}` } })
    expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(status)
  }
  await eventually(() => {
    const lines = server.logs().filter(({ request_id }) => String(request_id).startsWith("log-"))
    expect(lines).toHaveLength(requests.length)
    for (const [i, [method, path, status]] of requests.entries())
      expect(lines[i]).toMatchObject({
        msg: "request",
        request_id: `log-${i}`,
        method,
        path: path.split("?")[0],
        status,
        ms: expect.any(Number),
      })
  })
  // Neither what was sent nor a token is in any line.
  expect(server.stdout()).not.toMatch(/correct.horse/)
  expect(server.stdout()).not.toContain(token)
})

test("an attempt to sign in is logged with the client's address", async () => {
  const headers = { "content-type": "application/x-www-form-urlencoded", "x-request-id": "sign-in" }
  await call("POST", "/auth/token", { body: "username=nobody&password=wrong", headers })
  await eventually(() => {
    const line = server.logs().find(({ request_id }) => request_id === "sign-in")
    expect(line).toMatchObject({ client: "127.0.0.1", sign_in: "wrong_credentials", status: 400 })
  })
})

test("other settings: LOG_LEVEL=silent and error, CORS_ORIGINS=* and none", async () => {
  const [open, shut] = await Promise.all([
    startNode({ LOG_LEVEL: "silent", CORS_ORIGINS: "*" }),
    startNode({ LOG_LEVEL: "error" }),
  ])
  const allowed = async (url: string) => {
    const { headers } = await fetch(`${url}/nowhere`, { headers: { origin: "https://any.example.com" } })
    return headers.get("access-control-allow-origin")
  }
  expect(await allowed(open.url)).toBe("*")
  expect(await allowed(shut.url)).toBeNull()
  expect(await open.stop()).toBe(0)
  expect(await shut.stop()).toBe(0)
  // Silent is silent; for the other, nothing has failed, and the missing AUTH_SECRET is but a warning.
  expect(open.stdout() + open.stderr() + shut.stdout() + shut.stderr()).toBe("")
})

test("a sane X-Request-Id is kept, another replaced; each response has one", async () => {
  const id = async (given?: string) => {
    const headers = given === undefined ? {} : { "x-request-id": given }
    return (await call("GET", "/nowhere", { headers })).headers.get("x-request-id")
  }
  expect(await id("trace/1:2.3-4_5")).toBe("trace/1:2.3-4_5")
  for (const bad of ["", "a b", "<script>", "x".repeat(129), "a,b"]) {
    expect(await id(bad)).toMatch(/^[0-9a-f-]{36}$/)
  }
  expect(await id()).not.toBe(await id())
  const problem = await call("GET", "/nowhere", { headers: { "x-request-id": "mine" } })
  expect(problem.body).toMatchObject({ status: 404, request_id: "mine" })
})

test("Server-Timing names auth, cache and db; security headers are on every response", async () => {
  for (const path of ["/items", "/nowhere", "/health", "/docs", "/swagger-ui-dist/swagger-ui-bundle.js"]) {
    const { headers } = await call("GET", path)
    expect(headers.get("server-timing"), path).toMatch(/auth;.*cache;.*db;/)
    expect(headers.get("x-content-type-options"), path).toBe("nosniff")
    expect(headers.get("content-security-policy"), path).toContain("default-src 'none'")
  }
})

test("CORS: an allowed origin may call, and read errors; another gets nothing", async () => {
  const preflight = (from: string) =>
    fetch(`${server.url}/items/1`, {
      method: "OPTIONS",
      headers: {
        origin: from,
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "authorization,content-type",
      },
    })
  const allowed = await preflight(origin)
  expect(allowed.status).toBe(204)
  expect(allowed.headers.get("access-control-allow-origin")).toBe(origin)
  expect(allowed.headers.get("access-control-allow-methods")).toContain("PATCH")
  expect(allowed.headers.get("access-control-allow-headers")?.toLowerCase()).toContain("authorization")
  expect(allowed.headers.get("vary")).toContain("Origin")
  expect((await preflight("http://localhost:5173")).headers.get("access-control-allow-origin")).toBe(
    "http://localhost:5173",
  )
  expect((await preflight("https://evil.example.com")).headers.get("access-control-allow-origin")).toBeNull()

  for (const path of ["/items", "/items/999", "/nowhere", "/items?limit=x", "/health", "/openapi.json"]) {
    const simple = await call("GET", path, { headers: { origin } })
    expect(simple.headers.get("access-control-allow-origin"), path).toBe(origin)
    expect(simple.headers.get("access-control-expose-headers"), path).toContain("Link")
    expect(simple.headers.get("vary"), path).toMatch(/(^|, )Origin$/)
    const other = await call("GET", path, { headers: { origin: "https://app.example.com.evil.com" } })
    expect(other.headers.get("access-control-allow-origin"), path).toBeNull()
    // A cache must not give one origin's answer to another, so those without an Origin vary as well.
    expect((await call("GET", path)).headers.get("vary"), path).toMatch(/(^|, )Origin$/)
  }
})

test("a body over BODY_LIMIT is a 413, with a length or in chunks", async () => {
  const token = await addPerson(folder, "bob")
  const send = (bytes: number) =>
    call("POST", "/items", { token, json: { title: "x", price: 1, description: "d".repeat(bytes) } })
  expect((await send(1_900)).status).toBe(201)
  const over = await send(2_000)
  expect(over.status).toBe(413)
  expect(over.body).toMatchObject({ status: 413, title: "Content Too Large" })

  const raw = await rawConnection(server.port)
  const head = rawRequest("POST", "/items", token, "").replace(
    "content-length: 0",
    "transfer-encoding: chunked",
  )
  raw.socket.write(head)
  for (let i = 0; i < 30; i++) raw.socket.write(`64\r\n${" ".repeat(100)}\r\n`)
  raw.socket.write("0\r\n\r\n")
  expect(await raw.closed).toMatch(/^HTTP\/1.1 413 /)
})

test.each([
  ["nonsense\r\n\r\n", 400, "malformed_request"],
  ["GET /items HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n", 400, "malformed_request"],
  [`GET /items HTTP/1.1\r\nhost: x\r\nx-much: ${"m".repeat(20_000)}\r\n\r\n`, 431, "headers_too_large"],
])("what is no request is a problem, too: %#", async (text, status, code) => {
  const { socket, closed } = await rawConnection(server.port)
  socket.write(text)
  const [head = "", body = ""] = (await closed).split("\r\n\r\n")
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(head).toContain("application/problem+json")
  expect(head).toContain(`Content-Length: ${body.length}`)
  const problem = JSON.parse(body) as { request_id: string }
  expect(problem).toMatchObject({ status, code })
  expect(head).toContain(`X-Request-Id: ${problem.request_id}`)
  expect((await call("GET", "/health")).status).toBe(200)
})

test("what is no request, while the one before it is being answered, is refused after that answer", async () => {
  const { socket, closed } = await rawConnection(server.port)
  socket.write("GET /users/1 HTTP/1.1\r\nhost: x\r\n\r\nnonsense\r\n\r\n")
  const answers = (await closed).split("HTTP/1.1 ").slice(1)
  expect(answers.map((answer) => answer.slice(0, 3))).toEqual(["200", "400"])
  expect(answers[0]).not.toContain("malformed_request")
})
