// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { createRoute, z } from "@hono/zod-openapi"
import { HTTPException } from "hono/http-exception"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { allow, type HandwrittenRoute, route } from "../../../src/weir/http/route.ts"
import { admin, anyone, nobody } from "../../../src/weir/resource/rules.ts"
import { apiOf } from "../support/app-of.ts"
import { type Answer, caller } from "../support/client.ts"
import { appOver, fixture } from "../support/fresh.ts"
import { tablesOf } from "../support/scenarios.ts"
import { type World, world } from "../support/world.ts"

let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

const errorsOf = ({ body }: Answer) =>
  (body as { errors?: { path: string; code: string }[] }).errors?.map(({ path, code }) => [path, code])
const transfer = (json: unknown, { path = "/items/1/transfers", token = w.ann.token } = {}) =>
  w.call("POST", path, { token, json })
const ownerOf = async (id: number) => Number((await tablesOf(w)).items[id]?.owner_id)

describe("a hand-written route", () => {
  test("has its input checked and typed, and the viewer and the database at hand", async () => {
    const dry = await transfer({ to: w.bob.id }, { path: "/items/1/transfers?dry=true" })
    expect([dry.status, dry.body]).toEqual([200, { id: 1, owner_id: w.bob.id }])
    expect(await ownerOf(1)).toBe(w.ann.id)
    const answer = await transfer({ to: w.bob.id })
    expect([answer.status, answer.body]).toEqual([200, { id: 1, owner_id: w.bob.id }])
    expect(await ownerOf(1)).toBe(w.bob.id)
    expect((await transfer({ to: w.ann.id })).status).toBe(404)
    // Its write has invalidated what was cached.
    expect((await w.call("GET", "/items/1")).body).toMatchObject({ owner_id: w.bob.id })
  })

  test("carries the headers of every answer", async () => {
    const { headers } = await w.call("GET", "/totals", { headers: { "x-request-id": "of-mine" } })
    expect(headers.get("x-request-id")).toBe("of-mine")
    expect(headers.get("x-content-type-options")).toBe("nosniff")
    expect(headers.get("server-timing")).toContain("db;dur=")
  })

  test("answers HEAD, and 405 to another method", async () => {
    const head = await w.call("HEAD", "/totals")
    expect([head.status, head.text]).toEqual([200, ""])
    const put = await w.call("POST", "/totals", { json: {} })
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD"])
  })
})

describe("wrong input is the same problem as everywhere", () => {
  const headers = { "content-type": "application/json" }
  const refused = async (answer: Answer, status: number, code: string, errors?: string[][]) => {
    expect([answer.status, answer.body], answer.text).toMatchObject([status, { status, code }])
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect(errorsOf(answer)).toEqual(errors)
    expect(await ownerOf(1)).toBe(w.ann.id)
  }
  const send = (body: string, type: Record<string, string> = headers) =>
    w.call("POST", "/items/1/transfers", { token: w.ann.token, body, headers: type })

  test.each<[string, unknown, string[][]]>([
    ["a member that is missing", {}, [["to", "required"]]],
    ["one of another type", { to: "2" }, [["to", "invalid_type"]]],
    ["one out of range", { to: 0 }, [["to", "too_small"]]],
    ["an unknown one", { to: 2, too: 1 }, [["too", "unknown_field"]]],
    ["an array", [1], [["body", "invalid_type"]]],
  ])("%s in the body", async (_, json, errors) => {
    await refused(await transfer(json), 422, "invalid_request", errors)
  })

  test("in the path and in the query string", async () => {
    const path = await transfer({ to: 2 }, { path: "/items/x/transfers" })
    await refused(path, 422, "invalid_request", [["id", "invalid_type"]])
    const value = await transfer({ to: 2 }, { path: "/items/1/transfers?dry=maybe" })
    await refused(value, 422, "invalid_request", [["dry", "invalid_value"]])
    const name = await transfer({ to: 2 }, { path: "/items/1/transfers?wet=1" })
    await refused(name, 422, "invalid_request", [["wet", "unknown_parameter"]])
  })

  test("in the body's form: its media type, its encoding, its syntax, its depth", async () => {
    await refused(await send('{"to":'), 422, "invalid_request", [["body", "malformed_json"]])
    await refused(await send(""), 422, "invalid_request", [["body", "malformed_json"]])
    const deep = `{"to":${"[".repeat(300)}${"]".repeat(300)}}`
    await refused(await send(deep), 422, "invalid_request", [["body", "too_deep"]])
    await refused(await send("to=2", { "content-type": "text/plain" }), 415, "unsupported_media_type")
    await refused(await send('{"to":2}', {}), 415, "unsupported_media_type")
    const packed = { ...headers, "content-encoding": "gzip" }
    await refused(await send('{"to":2}', packed), 415, "unsupported_encoding")
    await refused(await send(`{"to":2,"note":"${"x".repeat(1_048_576)}"}`), 413, "body_too_large")
  })

  test("after who asks: 401 and 403 come first", async () => {
    const answer = await w.call("POST", "/items/1/transfers", { json: {} })
    await refused(answer, 401, "unauthorized")
    expect(answer.headers.get("www-authenticate")).toBe("Bearer")
  })
})

test("/stats is for admins", async () => {
  const statuses = await Promise.all(
    [undefined, w.ann.token, w.root.token].map(
      async (token) => (await w.call("GET", "/stats", { token })).status,
    ),
  )
  expect(statuses).toEqual([401, 403, 200])
  expect((await w.call("GET", "/stats", { token: "forged" })).body).toMatchObject({ code: "invalid_token" })
})

describe("what a handler throws or returns", () => {
  const plain = { responses: { 200: { description: "OK" } } }
  const call = (...routes: HandwrittenRoute[]) => {
    const api = { ...apiOf(), routes }
    return caller(appOver(w.database, { subject: { ...fixture, api } }).app)
  }
  const throwing = (error: unknown) =>
    route(createRoute({ method: "get", path: "/it", ...plain }), () => {
      throw error
    })

  test("is a problem of its status, and a 500 that says nothing", async () => {
    const gone = await call(throwing(new HTTPException(404, { message: "No such thing" })))("GET", "/it")
    expect([gone.status, gone.body]).toMatchObject([404, { code: "not_found", detail: "No such thing" }])
    const taken = await call(throwing(new HTTPException(409)))("GET", "/it")
    expect([taken.status, taken.body]).toMatchObject([409, { code: "conflict" }])
    const broken = await call(throwing(new Error("secret words")))("GET", "/it")
    expect([broken.status, broken.body]).toMatchObject([500, { code: "internal_error" }])
    expect(broken.text).not.toContain("secret")
  })

  test.each([["secret words"], [null], [undefined], [{ secret: true }], [0]])(
    "that is no error, such as %j, is a 500 all the same, with its line in the log",
    async (thrown) => {
      const api = { ...apiOf(), routes: [throwing(thrown)] }
      const { app, logs } = appOver(w.database, { subject: { ...fixture, api } })
      const answer = await caller(app)("GET", "/it")
      expect([answer.status, answer.body]).toMatchObject([500, { code: "internal_error" }])
      expect(answer.text).not.toContain("secret")
      expect(logs).toMatchObject([{ status: 500, path: "/it" }])
    },
  )

  test("a rule that nobody meets, and one that everybody does", async () => {
    const guarded = (path: string, rule: typeof anyone) =>
      route(createRoute({ method: "get", path, middleware: allow(rule), ...plain }), (c) => c.text("in"))
    const ask = call(guarded("/open", anyone), guarded("/closed", nobody), guarded("/admins", admin))
    const answers = await Promise.all(["/open", "/closed", "/admins"].map((path) => ask("GET", path)))
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 401])
  })

  test("a body that may be left out is checked where it is sent", async () => {
    const body = { content: { "application/json": { schema: z.strictObject({ n: z.int() }).partial() } } }
    const maybe = route(createRoute({ method: "post", path: "/maybe", request: { body }, ...plain }), (c) =>
      c.json(c.req.valid("json")),
    )
    const ask = call(maybe)
    expect((await ask("POST", "/maybe")).body).toEqual({})
    expect((await ask("POST", "/maybe", { json: { n: 1 } })).body).toEqual({ n: 1 })
    expect((await ask("POST", "/maybe", { json: { n: "1" } })).status).toBe(422)
    const broken = await ask("POST", "/maybe", { body: "{", headers: { "content-type": "application/json" } })
    expect(errorsOf(broken)).toEqual([["body", "malformed_json"]])
  })
})

test("stands in the document with its input, its problems and who may ask", async () => {
  const document = (await w.call("GET", "/openapi.json")).body as {
    paths: Record<string, Record<string, Record<string, unknown>>>
  }
  const { post } = document.paths["/items/{id}/transfers"] ?? {}
  expect(post).toMatchObject({
    operationId: "postItemsIdTransfers",
    summary: "Give an item away",
    tags: ["items"],
    security: [{ password: [] }],
    requestBody: { required: true },
  })
  expect(Object.keys(post?.responses as object)).toEqual([
    "200",
    "401",
    "403",
    "404",
    "413",
    "415",
    "422",
    "500",
    "503",
  ])
  expect(document.paths["/totals"]?.get?.security).toEqual([])
})
