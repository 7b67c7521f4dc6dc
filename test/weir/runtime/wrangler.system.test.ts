import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { authSecret, eventually, httpCaller, signIn, signUp } from "../support/http.ts"
import { tempFolder } from "../support/node-server.ts"
import {
  makeDeployed,
  migrateD1,
  runWrangler,
  startWrangler,
  type WranglerServer,
} from "../support/wrangler-server.ts"

let server: WranglerServer
let call: ReturnType<typeof httpCaller>
beforeAll(async () => {
  const folder = tempFolder()
  await migrateD1(folder)
  const deployed = tempFolder()
  await makeDeployed(deployed, "")
  const vars = {
    NODE_ENV: "development",
    AUTH_SECRET: authSecret,
    FIRST_ADMIN_EMAIL: "root@example.com",
    FIRST_ADMIN_PASSWORD: "battery staple",
    CORS_ORIGINS: "https://app.example.com",
  }
  // What is uploaded, and not what `wrangler dev` makes of the same files.
  const settings = join(import.meta.dirname, "../fixture/wrangler.toml")
  const args = ["--config", settings, "--no-bundle", join(deployed, "worker.js")]
  server = await startWrangler(folder, vars, { args })
  call = httpCaller(server.url)
})
afterAll(() => server.stop())

test("the first requests, many at once, are all answered, and make one first admin", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => call("GET", "/users")))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  const token = await signIn(call, "root@example.com", "battery staple")
  expect((await call("GET", "/users", { token })).body).toMatchObject([{ role: "admin" }])
})

test("sign up, token, create, read, change, list, delete: as on Node", async () => {
  expect((await call("GET", "/health")).body).toEqual({ status: "ok" })
  expect((await call("GET", "/ready")).body).toMatchObject({ status: "ready" })
  const token = await signUp(call)
  const created = await call("POST", "/items", { token, json: { title: "first", price: 1.5 } })
  expect(created.status, created.text).toBe(201)
  const path = created.headers.get("location") as string
  expect((await call("GET", path)).body).toEqual(created.body)
  const many = await call("POST", "/items", { token, json: [2, 3].map((price) => ({ title: "x", price })) })
  expect(many.status, many.text).toBe(201)
  const patched = await call("PATCH", path, { token, json: { description: "changed" } })
  expect(patched.body).toMatchObject({ title: "first", description: "changed" })
  const list = await call("GET", "/items?sort=-price&limit=2&count=exact&include=owner")
  expect(list.body).toMatchObject([{ price: 3, owner: { username: "ann" } }, { price: 2 }])
  expect(list.headers.get("x-total-count")).toBe("3")
  expect((await call("GET", list.links.next as string)).body).toMatchObject([{ price: 1.5 }])
  expect((await call("DELETE", path, { token })).status).toBe(204)
  expect((await call("GET", path)).status).toBe(404)
  expect((await call("GET", "/users/me", { token })).body).toMatchObject({ username: "ann" })
})

test("problems are those of Node: 401, 404, 405, 409, 413, 415, 422", async () => {
  const token = await signUp(call, "bob")
  const problems: [status: number, Parameters<typeof call>, member?: object][] = [
    [401, ["POST", "/items", { json: { title: "x", price: 1 } }]],
    [404, ["GET", "/nowhere"]],
    [404, ["GET", "/items/999999"]],
    [405, ["PUT", "/items"]],
    [
      409,
      ["POST", "/users", { json: { email: "bob@example.com", username: "bobby", password: "long enough" } }],
    ],
    [413, ["POST", "/items", { token, body: " ".repeat(1_100_000) }]],
    [415, ["POST", "/items", { token, body: "x", headers: { "content-type": "text/plain" } }]],
    [422, ["GET", "/items?limit=x"], { errors: [{ path: "limit" }] }],
    [422, ["POST", "/items", { token, json: { title: "x", price: -1 } }], { errors: [{ path: "price" }] }],
  ]
  for (const [status, request, member] of problems) {
    const answer = await call(...request)
    expect(answer.status, `${request[0]} ${request[1]}: ${answer.text}`).toBe(status)
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect(answer.body).toMatchObject({ status, request_id: expect.any(String), ...member })
  }
  expect((await call("PUT", "/items")).headers.get("allow")).toBe("GET, HEAD, POST, QUERY")
  expect((await call("HEAD", "/items")).text).toBe("")
})

test("documents with local assets, CORS by setting, one log line per request", async () => {
  const page = await call("GET", "/docs")
  expect(page.headers.get("content-type")).toContain("text/html")
  for (const [, asset] of page.text.matchAll(/(?:src|href)="([^"]+)"/g))
    expect((await fetch(new URL(asset as string, `${server.url}/docs`))).status, asset).toBe(200)
  const home = await call("GET", "/", { headers: { accept: "text/html" } })
  expect(home.headers.get("content-type")).toContain("text/html")
  const bundle = await call("GET", "/swagger-ui-dist/swagger-ui-bundle.js")
  expect(bundle.headers.get("content-type")).toContain("javascript")
  expect((await call("GET", "/openapi.json")).body).toMatchObject({ openapi: "3.1.0" })

  const origin = "https://app.example.com"
  const headers = { origin, "x-request-id": "from-the-caller" }
  const allowed = await call("GET", "/items", { headers })
  expect(allowed.headers.get("access-control-allow-origin")).toBe(origin)
  expect(allowed.headers.get("x-request-id")).toBe("from-the-caller")
  expect(allowed.headers.get("server-timing")).toMatch(/auth;.*cache;.*db;/)
  await eventually(() => {
    const lines = server
      .output()
      .split("\n")
      .filter((line) => line.includes('"from-the-caller"'))
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] as string)).toMatchObject({ method: "GET", path: "/items", status: 200 })
  })
})

test("in production without AUTH_SECRET: 503 everywhere, and the log names the setting", async () => {
  const bare = await startWrangler(tempFolder(), {})
  const asked = httpCaller(bare.url)
  for (const path of ["/health", "/items"]) {
    const answer = await asked("GET", path)
    expect(answer.status).toBe(503)
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect(answer.body).toMatchObject({ status: 503, title: "Service Unavailable" })
    expect(answer.text).not.toContain("AUTH_SECRET")
  }
  await eventually(() => expect(bare.output()).toContain("AUTH_SECRET"))
  await bare.stop()
})

test("a database without tables: 503 that says so, until it is migrated", async () => {
  const folder = tempFolder()
  const bare = await startWrangler(folder)
  const asked = httpCaller(bare.url)
  expect((await asked("GET", "/items")).body).toMatchObject({ status: 503, code: "database_unmigrated" })
  expect((await asked("GET", "/ready")).status).toBe(503)
  await migrateD1(folder)
  await eventually(async () => expect((await asked("GET", "/items")).status).toBe(200))
  await bare.stop()
})

test("in production, sign-ins are counted by the binding for rate limits where there is one", async () => {
  const folder = tempFolder()
  await migrateD1(folder)
  const limited = await startWrangler(folder, { AUTH_SECRET: authSecret }, { args: ["--env", "limited"] })
  const asked = httpCaller(limited.url)
  const tried = () =>
    asked("POST", "/auth/token", {
      body: "username=nobody&password=wrong-wrong",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    })
  const answers = []
  for (let i = 0; i < 12; i++) answers.push(await tried())
  const statuses = answers.map(({ status }) => status)
  expect(statuses.slice(0, 5)).toEqual([400, 400, 400, 400, 400])
  // The minute of the binding may end between two attempts.
  const refused = answers.find(({ status }) => status === 429)
  expect(refused?.body).toMatchObject({ code: "too_many_requests" })
  expect(refused?.headers.get("retry-after")).toBe("60")
  expect((await asked("GET", "/items")).status).toBe(200)
  await limited.stop()
})

const environments: [string, RegExp][] = [
  ["", /node_modules\/(postgres|@libsql)\/|pg-core\/dialect|drivers\/(postgres|libsql-http)\.ts/],
  ["turso", /node_modules\/postgres\/|pg-core\/dialect|drivers\/postgres\.ts/],
  ["postgres", /hrana-client\/lib-esm\/http\/stream|sqlite-core\/dialect|drivers\/(d1|libsql-http)\.ts/],
]
test.each(environments)("what is deployed, --env=%s, holds one dialect", async (name, other) => {
  const folder = tempFolder()
  const { code, output } = await runWrangler("deploy", "--dry-run", "--env", name, "--outdir", folder)
  expect(code, output).toBe(0)
  // Nothing of Node's own entry, nor of the engine of files, is in it.
  const { sources } = JSON.parse(readFileSync(join(folder, "worker.js.map"), "utf8")) as { sources: string[] }
  // Nor of passkeys, which this API has not.
  const strays =
    /node_modules\/(libsql|pino|@hono\/(node-server|zod-openapi)|swagger-ui-dist|drizzle-kit|@simplewebauthn|@peculiar|reflect-metadata)\/|weir\/auth\/(passkeys|passkey-(grant|required|routes|rows|site)|webauthn)\.ts/
  expect(sources.length).toBeGreaterThan(50)
  expect(sources.filter((source) => strays.test(source) || other.test(source))).toEqual([])
})

test.each(["", "turso", "postgres"])(
  "what is deployed of the sample, --env=%s, is at most 300 KiB gzipped",
  async (name) => {
    const output = await makeDeployed(tempFolder(), name, join(import.meta.dirname, "../../.."))
    const kib = Number(/gzip: ([\d.]+) KiB/.exec(output)?.[1])
    expect(kib).toBeGreaterThan(0)
    expect(kib).toBeLessThanOrEqual(300)
  },
)

test("a Worker built for Hyperdrive alone, without it: 503 everywhere, and the log names the binding", async () => {
  const wrong = await startWrangler(
    tempFolder(),
    { NODE_ENV: "development", DATABASE_URL: "postgres://127.0.0.1/none" },
    { args: ["--env", "unbound"] },
  )
  const answer = await httpCaller(wrong.url)("GET", "/health")
  expect(answer.status).toBe(503)
  expect(answer.body).toMatchObject({ code: "misconfigured" })
  await eventually(() => expect(wrong.output()).toMatch(/DATABASE_URL: .*Hyperdrive alone: bind HYPERDRIVE/))
  await wrong.stop()
})

test("a Worker that is to reach Postgres over TLS by itself: 503 everywhere, and the log names what does", async () => {
  const wrong = await startWrangler(
    tempFolder(),
    { NODE_ENV: "development", DATABASE_URL: "postgres://127.0.0.1/none?sslmode=require" },
    { args: ["--env", "direct"] },
  )
  expect((await httpCaller(wrong.url)("GET", "/health")).status).toBe(503)
  await eventually(() => expect(wrong.output()).toMatch(/DATABASE_URL: has sslmode.*bind HYPERDRIVE/))
  await wrong.stop()
})

test.each(["zod/v4", "zod/mini", "zod/v4/core"])("a Worker may import %s", async (name) => {
  const folder = join(import.meta.dirname, "../fixture/.wrangler")
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name.replaceAll("/", "-")}.ts`)
  writeFileSync(
    file,
    `import * as all from "${name}"\nexport default { fetch: () => Response.json(Object.keys(all)) }\n`,
  )
  const { code, output } = await runWrangler(
    "deploy",
    file,
    "--dry-run",
    "--env",
    "",
    "--outdir",
    tempFolder(),
  )
  rmSync(file)
  expect(code, output).toBe(0)
})

test("a Worker built for another dialect: 503 everywhere, and the log names the line to change", async () => {
  const wrong = await startWrangler(
    tempFolder(),
    { NODE_ENV: "development", DATABASE_URL: "postgres://127.0.0.1/none" },
    {
      args: ["--env", "turso"],
    },
  )
  const answer = await httpCaller(wrong.url)("GET", "/health")
  expect(answer.status).toBe(503)
  expect(answer.body).toMatchObject({ code: "misconfigured" })
  await eventually(() => expect(wrong.output()).toMatch(/DATABASE_URL: .*built for sqlite alone/))
  await wrong.stop()
})
