// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { createRoute, z } from "@hono/zod-openapi"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { type HandwrittenRoute, route } from "../../../src/weir/http/route.ts"
import { type Answer, type Call, caller } from "../support/client.ts"
import { appOver, fixture } from "../support/fresh.ts"
import { type OpenApi, type Parameter, parsed } from "../support/openapi.ts"
import { tablesOf } from "../support/scenarios.ts"
import { type World, world } from "../support/world.ts"

/** What the document says, and what the server then does. */
let w: World
let document: OpenApi
beforeEach(async () => {
  w = await world()
  document = parsed((await w.call("GET", "/openapi.json")).text)
})
afterEach(() => w.close())

const lamp = { title: "Lamp", price: 19.5 }
const desk = { title: "Desk", price: 120 }
const post = (path: string, json: unknown) => w.call("POST", path, { token: w.ann.token, json })
const titles = ({ body }: Answer) => (body as { title: string }[]).map(({ title }) => title)
const count = async () => Object.keys((await tablesOf(w)).items).length
const operation = (method: string, path: string) => document.paths[path]?.[method]
const schemaAt = (method: string, path: string, status: string) =>
  operation(method, path)?.responses[status]?.content?.["application/json"]?.schema

/** The fixture's app with another hand-written route in place of its own. */
function withRoute(own: HandwrittenRoute): Call {
  const api = { ...fixture.api, routes: [own] }
  return caller(appOver(w.database, { subject: { ...fixture, api } }).app)
}

describe("creates of one and of many", () => {
  test("have an operation each, whose answers are an object and an array", () => {
    const row = { anyOf: ["Item", "ItemPart"].map((name) => ({ $ref: `#/components/schemas/${name}` })) }
    expect(schemaAt("post", "/items", "201")).toEqual(row)
    expect(schemaAt("post", "/items/batch", "201")).toEqual({ type: "array", items: row })
    expect(operation("post", "/items/batch")?.operationId).toBe("createManyItems")
    expect(operation("post", "/users/{id}/items/batch")?.operationId).toBe("createManyUserItems")
  })

  test("answer an array by an array, at the path for many and at the list's own", async () => {
    const places: [path: string, location: string][] = [
      ["/items", "/items"],
      ["/items/batch", "/items"],
      ["/items/batch/", "/items"],
      [`/users/${w.ann.id}/items/batch`, "/items"],
      ["/users/me/items/batch", "/items"],
    ]
    for (const [path, location] of places) {
      const answer = await post(path, [lamp, desk])
      expect([answer.status, titles(answer)], `${path}: ${answer.text}`).toEqual([201, ["Lamp", "Desk"]])
      expect(answer.headers.get("location")).toBe(location)
    }
  })

  test("of many are all or nothing, and take no object and nothing empty", async () => {
    const before = await count()
    const half = await post("/items/batch", [lamp, { title: "x", price: -1 }])
    expect([half.status, half.body]).toMatchObject([422, { errors: [{ path: "1.price" }] }])
    for (const body of [lamp, [], null, "x"]) {
      const answer = await post("/items/batch", body)
      expect([answer.status, answer.body], answer.text).toMatchObject([422, { errors: [{ path: "body" }] }])
    }
    expect((await w.call("POST", "/items/batch", { json: [lamp] })).status).toBe(401)
    expect(await count()).toBe(before)
  })

  test("the path for many is no row's: another method there is a 405", async () => {
    for (const method of ["GET", "HEAD", "PATCH", "DELETE", "PUT"]) {
      const json = method === "PATCH" || method === "PUT" ? { json: {} } : {}
      const answer = await w.call(method, "/items/batch", { token: w.ann.token, ...json })
      expect([answer.status, answer.headers.get("allow")], method).toEqual([405, "POST"])
      expect(answer.headers.get("accept-patch")).toBeNull()
    }
  })

  test("leave a hand-written route of that path alone", async () => {
    const own = route(
      createRoute({
        method: "post",
        path: "/items/batch",
        responses: { 200: { description: "Mine", content: { "application/json": { schema: z.string() } } } },
      }),
      (c) => c.json("mine", 200),
    )
    expect((await withRoute(own)("POST", "/items/batch")).body).toBe("mine")
  })
})

describe("`me`", () => {
  test("is an id of every path of the viewers, and has a path of its own for each method", async () => {
    const allowed = (await w.call("PUT", "/users/me", { json: {} })).headers.get("allow")
    const said = Object.keys(document.paths["/users/me"] ?? {}).map((method) => method.toUpperCase())
    expect([...said, "HEAD"].sort().join(", ")).toBe(allowed)
    const taking = Object.entries(document.paths).filter(([path]) => path.startsWith("/users/{id}"))
    expect(taking.length).toBeGreaterThan(2)
    for (const [path, operations] of taking)
      for (const [method, { parameters }] of Object.entries(operations)) {
        const id = parameters?.find(({ name }) => name === "id")
        expect(JSON.stringify(id?.schema), `${method} ${path}`).toContain('["me"]')
      }
    const ofItems = operation("get", "/items/{id}")?.parameters?.find(({ name }) => name === "id")
    expect(ofItems?.schema.type).toBe("integer")
  })

  test("works where the document has it", async () => {
    const { token, id } = w.ann
    const patched = await w.call("PATCH", "/users/me", { token, json: { username: "ann-2" } })
    expect([patched.status, patched.body]).toMatchObject([200, { id, username: "ann-2" }])
    expect((await w.call("GET", "/users/me/items", { token })).status).toBe(200)
    expect((await w.call("DELETE", "/users/me")).status).toBe(401)
    expect((await w.call("DELETE", "/users/me", { token })).status).toBe(204)
  })
})

test("a text that the server refuses when it is empty is not valid by the document either", async () => {
  const invalid = ({ schema }: Parameter): boolean => {
    const { minLength = 0, pattern } = schema as { minLength?: number; pattern?: string }
    return minLength > 0 || (pattern !== undefined && !new RegExp(pattern, "u").test(""))
  }
  const lists = ["/items", "/users", "/users/{id}/items", "/items/{id}"]
  let checked = 0
  for (const path of lists)
    for (const parameter of operation("get", path)?.parameters ?? []) {
      if (parameter.in !== "query" || parameter.schema.type !== "string" || parameter.schema.format) continue
      const relation = /^include\.(\w+)\./.exec(parameter.name)?.[1]
      const prefix = relation ? `include=${relation}&` : ""
      const url = `${path.replace("{id}", "1")}?${prefix}${encodeURIComponent(parameter.name)}=`
      const { status } = await w.call("GET", url, { token: w.root.token })
      checked += 1
      if (!parameter.schema.enum) expect([url, status === 422]).toEqual([url, invalid(parameter)])
    }
  expect(checked).toBeGreaterThan(20)
})

describe("a patch", () => {
  const types = "application/merge-patch+json, application/json"
  const patch = (path: string, type: string, body = '{"title":"x"}') =>
    w.call("PATCH", path, { token: w.ann.token, body, headers: { "content-type": type } })

  test("is told which types are taken: on 200, 405, OPTIONS and 415", async () => {
    const good = await patch("/items/1", "application/merge-patch+json; charset=utf-8")
    expect([good.status, good.headers.get("accept-patch")]).toEqual([200, types])
    for (const type of ["application/json-patch+json", "application/ld+json", "text/plain", ""]) {
      const answer = await patch("/items/1", type, '[{"op":"remove","path":"/title"}]')
      const { status, headers } = answer
      expect([status, headers.get("accept-patch"), headers.get("accept-post")], type).toEqual([
        415,
        types,
        null,
      ])
    }
    for (const method of ["OPTIONS", "PUT"])
      for (const path of ["/items/1", "/users/me"]) {
        const { status, headers } = await w.call(method, path)
        expect([status, headers.get("accept-patch")], `${method} ${path}`).toEqual([405, types])
      }
    expect((await w.call("PUT", "/items")).headers.get("accept-patch")).toBeNull()
  })

  test("of a create is none: a POST takes JSON alone, and says so", async () => {
    for (const type of ["application/merge-patch+json", "application/json-patch+json", "text/json"]) {
      const headers = { "content-type": type }
      const answer = await w.call("POST", "/items", {
        token: w.ann.token,
        body: JSON.stringify(lamp),
        headers,
      })
      expect([answer.status, answer.headers.get("accept-post")], type).toEqual([415, "application/json"])
      expect(answer.headers.get("accept-patch")).toBeNull()
    }
  })

  test("of a hand-written route takes the types that the route says", async () => {
    const type = "application/json-patch+json"
    const own = route(
      createRoute({
        method: "patch",
        path: "/things/{id}",
        request: { body: { required: true, content: { [type]: { schema: z.array(z.unknown()) } } } },
        responses: { 204: { description: "Patched" } },
      }),
      (c) => c.body(null, 204),
    )
    const ask = withRoute(own)
    expect((await ask("PUT", "/things/1")).headers.get("accept-patch")).toBe(type)
    const send = (sent: string) =>
      ask("PATCH", "/things/1", { body: "[]", headers: { "content-type": sent } })
    expect((await send(type)).status).toBe(204)
    const refused = await send("application/merge-patch+json")
    expect([refused.status, refused.headers.get("accept-patch")]).toEqual([415, type])
  })
})

test("the headers of a 304 and of problems are those that the document has", async () => {
  const page = await w.call("GET", "/items?limit=1&count=exact")
  const etag = page.headers.get("etag") as string
  const held = await w.call("GET", "/items?limit=1&count=exact", { headers: { "if-none-match": etag } })
  expect(held.status).toBe(304)
  const headersOf = (method: string, path: string, status: string) =>
    Object.keys((operation(method, path)?.responses[status] as { headers?: object })?.headers ?? {})
  for (const name of ["ETag", "Link", "X-Total-Count"]) {
    expect(held.headers.get(name), name).toBe(page.headers.get(name))
    expect(headersOf("get", "/items", "304")).toContain(name)
  }
  expect(headersOf("get", "/items/{id}", "304")).not.toContain("Link")
  expect(headersOf("post", "/auth/token", "429")).toEqual(["Retry-After", "RateLimit", "RateLimit-Policy"])
  expect(headersOf("get", "/items", "503")).toEqual(["Retry-After"])
  expect(headersOf("patch", "/items/{id}", "415")).toEqual(["Accept-Patch"])
})

test("a body that is too large is a 413 on DELETE, too", async () => {
  const answer = await w.call("DELETE", "/items/1", { token: w.ann.token, body: " ".repeat(1_100_000) })
  expect(answer.status).toBe(413)
  expect(operation("delete", "/items/{id}")?.responses).toHaveProperty("413")
})

test("tells the license and what each tag is for", () => {
  const { info, tags } = document as unknown as {
    info: { license?: unknown }
    tags: { name: string; description: string }[]
  }
  expect(info.license).toEqual({ name: "Proprietary", identifier: "LicenseRef-Proprietary" })
  const used = Object.values(document.paths).flatMap((o) => Object.values(o).flatMap((one) => one.tags ?? []))
  expect(tags.map(({ name }) => name).sort()).toEqual([...new Set(used)].sort())
  for (const { description } of tags) expect(description).toMatch(/\w{4}/)
})

test("all routes fit the fast one of Hono's routers", async () => {
  await w.call("GET", "/items/1")
  expect(w.app.router.name).toBe("SmartRouter + RegExpRouter")
})

test("the log names the path of a create of many, not the row's within which it is served", async () => {
  await w.call("POST", "/items/batch", { token: w.ann.token, json: [{ title: "a", price: 1 }] })
  expect(w.logs.at(-1)).toMatchObject({ route: "/items/batch", status: 201 })
})
