import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { printable, traceOf } from "../../../src/weir/http/log-record.ts"
import { password, type World, world } from "../support/world.ts"

/** What the log line of a request says, and who is told how long a request took. */
let w: World
beforeEach(async () => {
  w = await world({ timingHeaders: "admins" })
})
afterEach(() => w.close())

const last = () => w.logs.at(-1) as Record<string, unknown>

test("the route's pattern, beside the path", async () => {
  const routes: [method: string, path: string, route: string | null][] = [
    ["GET", "/items", "/items"],
    ["GET", "/items/1?fields=id", "/items/{id}"],
    ["GET", "/items/999", "/items/{id}"],
    ["DELETE", "/items/1", "/items/{id}"],
    ["GET", "/users/me/items", "/users/{id}/items"],
    ["PUT", "/items", null],
    ["GET", "/nowhere", null],
    ["GET", "/health", "/health"],
    ["POST", "/items", "/items"],
  ]
  for (const [method, path, route] of routes) {
    await w.call(method, path)
    expect(last(), `${method} ${path}`).toMatchObject({ method, route, path: path.split("?")[0] })
  }
})

test("no part of a request takes longer than the request, where several run at once", async () => {
  const rows = Array.from({ length: 100 }, (_, i) => ({ title: `t${i}`, price: i }))
  const made = await w.call("POST", "/items/batch", { token: w.ann.token, json: rows })
  const operations = (made.body as { id: number }[]).map(({ id }) => ({
    id: `o${id}`,
    method: "PATCH",
    path: `/items/${id}?include=owner`,
    body: { price: 7 },
  }))
  const answer = await w.call("POST", "/batch", { token: w.ann.token, json: { operations } })
  expect(answer.status, answer.text).toBe(200)
  const { ms, ...line } = last() as Record<"ms" | "auth_ms" | "db_ms" | "cache_ms", number>
  for (const name of ["auth_ms", "db_ms", "cache_ms"] as const) {
    expect(line[name] ?? 0, name).toBeGreaterThanOrEqual(0)
    expect(line[name] ?? 0, name).toBeLessThanOrEqual(ms)
  }
})

test("paths are cut, and hold nothing that a terminal would obey", async () => {
  await w.call("GET", `/${"x".repeat(5_000)}`)
  expect(last().path).toBe(`/${"x".repeat(199)}…`)
  await w.call("GET", "/a%0ab%1b%5b31mc%7f%c2%9b%e2%80%ae%e2%80%a8d")
  expect(last().path).toBe("/a%0Ab%1B[31mc%7F%C2%9B%E2%80%AE%E2%80%A8d")
  expect(printable(`/${"x".repeat(198)}\u{1f600}`)).toMatch(/^\/x{198}.…$/)
})

test("the trace of a well-formed traceparent", async () => {
  const trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
  const span_id = "00f067aa0ba902b7"
  await w.call("GET", "/health", { headers: { traceparent: `00-${trace_id}-${span_id}-01` } })
  expect(last()).toMatchObject({ trace_id, span_id })
  expect(traceOf(`cc-${trace_id}-${span_id}-01-what-comes`)).toEqual({ trace_id, span_id })
  for (const wrong of [
    "",
    "x",
    `00-${trace_id}-${span_id}-01-more`,
    `ff-${trace_id}-${span_id}-01`,
    `00-${"0".repeat(32)}-${span_id}-01`,
    `00-${trace_id}-${"0".repeat(16)}-01`,
    `00-${trace_id.toUpperCase()}-${span_id}-01`,
    `00-${trace_id}-${span_id}`,
  ])
    expect(traceOf(wrong), wrong).toBeUndefined()
  await w.call("GET", "/health")
  expect(last()).not.toHaveProperty("trace_id")
})

test("why a token did not hold, and nothing of it", async () => {
  const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.x"
  await w.call("GET", "/items", { token })
  expect(last()).toMatchObject({
    status: 401,
    viewer: null,
    rejected: "it is malformed or was not signed here",
  })
  expect(JSON.stringify(last())).not.toContain(token.slice(0, 12))
  await w.call("GET", "/items")
  expect(last()).not.toHaveProperty("rejected")
})

describe("an attempt to sign in", () => {
  const signIn = (username: string, secret: string) =>
    w.call("POST", "/auth/token", {
      body: new URLSearchParams({ username, password: secret }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    })

  test("is logged with its outcome and a mark of the account, never its name", async () => {
    const seen: unknown[] = []
    for (const [name, secret] of [
      ["ann@example.com", password],
      [" Ann@Example.com", "wrong"],
      ["nobody@example.com", "wrong"],
    ] as const) {
      await signIn(name, secret)
      const { sign_in, account } = last()
      expect(account).toMatch(/^[\w-]{16}$/)
      expect(JSON.stringify(last())).not.toMatch(/ann|nobody|example|correct/i)
      seen.push([sign_in, account])
    }
    const [first, second, third] = seen as [string, string][]
    expect([first?.[0], second?.[0], third?.[0]]).toEqual(["ok", "wrong_credentials", "wrong_credentials"])
    expect(second?.[1]).toBe(first?.[1])
    expect(third?.[1]).not.toBe(first?.[1])
  })

  test("without a name has none", async () => {
    await w.call("POST", "/auth/token", { json: {} })
    expect(last()).toMatchObject({ sign_in: "unsupported_media_type", status: 415 })
    expect(last()).not.toHaveProperty("account")
    await w.call("GET", "/items")
    expect(last()).not.toHaveProperty("sign_in")
  })
})

describe("Server-Timing and Cache-Status", () => {
  const paths = ["/items", "/items/1", "/users/1", "/nowhere", "/health", "/items?limit=x"]
  const shown = async (path: string, token?: string) => {
    const { headers } = await w.call("GET", path, { token })
    return ["server-timing", "cache-status"].map((name) => headers.has(name))
  }

  test("are for admins", async () => {
    for (const path of paths) {
      for (const token of [undefined, w.ann.token, "mangled"])
        expect(await shown(path, token), path).toEqual([false, false])
      expect((await shown(path, w.root.token))[0], path).toBe(true)
    }
    expect(await shown("/items", w.root.token)).toEqual([true, true])
  })

  test("are for nobody", async () => {
    await w.close()
    w = await world({ timingHeaders: "off" })
    for (const path of paths) expect(await shown(path, w.root.token), path).toEqual([false, false])
  })
})
