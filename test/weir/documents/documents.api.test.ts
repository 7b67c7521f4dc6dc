// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { expect, test } from "vitest"
import { documentWorlds } from "./support.ts"

const world = documentWorlds()

type Document = Record<string, unknown>
const id = /^[0-9A-Za-z]{22}$/

test("a document is created, read, listed, replaced, patched and deleted", async () => {
  const { call } = world()
  const made = await call("POST", "/papers", { json: { color: "red", size: { width: 10 }, tags: ["new"] } })
  expect(made.status, made.text).toBe(201)
  const { _id, _created_at, _updated_at, ...own } = made.body as Document
  expect(own).toEqual({ color: "red", size: { width: 10 }, tags: ["new"] })
  expect(_id).toMatch(id)
  expect(made.headers.get("location")).toBe(`/papers/${_id}`)
  for (const time of [_created_at, _updated_at]) expect(new Date(time as string).toISOString()).toBe(time)
  const path = `/papers/${_id}`
  expect((await call("GET", path)).body).toEqual(made.body)
  expect((await call("GET", "/papers")).body).toEqual([made.body])

  const replaced = await call("PUT", path, { json: { only: true } })
  expect(replaced.status, replaced.text).toBe(200)
  expect(replaced.body).toEqual({ only: true, _id, _created_at, _updated_at: expect.any(String) })
  const patched = await call("PATCH", path, { json: { color: "blue", only: null } })
  expect(patched.status, patched.text).toBe(200)
  expect(patched.body).toEqual({ color: "blue", _id, _created_at, _updated_at: expect.any(String) })
  expect((await call("GET", path)).body).toEqual(patched.body)
  expect((await call("DELETE", path)).status).toBe(204)
  for (const method of ["GET", "DELETE"]) expect((await call(method, path)).status).toBe(404)
  expect((await call("PATCH", path, { json: { a: 1 } })).status).toBe(404)
  expect((await call("GET", "/papers")).body).toEqual([])
})

test("an empty document has the members of the engine alone", async () => {
  const { call } = world()
  const made = await call("POST", "/papers", { json: {} })
  expect(Object.keys(made.body as Document).sort()).toEqual(["_created_at", "_id", "_updated_at"])
  expect((await call("GET", made.headers.get("location") as string)).body).toEqual(made.body)
  expect((await call("GET", "/papers")).body).toEqual([made.body])
})

test("many are created in one request, all or none, and come in the order of their keys", async () => {
  const { call } = world()
  const sent = Array.from({ length: 300 }, (_, n) => ({ n }))
  const made = await call("POST", "/papers", { json: sent })
  expect(made.status, made.text).toBe(201)
  const all = made.body as Document[]
  expect(all.map(({ n }) => n)).toEqual(sent.map(({ n }) => n))
  const first = await call("GET", "/papers?limit=200")
  const rest = await call("GET", first.links.next as string)
  expect([...(first.body as Document[]), ...(rest.body as Document[])]).toEqual(all)
  const refused = await call("POST", "/papers", { json: [{ a: 1 }, 5, { _owner_id: 1 }] })
  expect(refused.status).toBe(422)
  expect((await call("GET", "/papers?limit=1&count=exact")).headers.get("x-total-count")).toBe("300")
  expect((await call("POST", "/papers/batch", { json: [{ a: 1 }] })).status).toBe(201)
})

test("keys are given by clients, too: of the characters of a path", async () => {
  const { call } = world()
  for (const _id of ["a", "A-b_c.d~e", "0", "x".repeat(100), "..a", "me2", "batches"]) {
    const made = await call("POST", "/papers", { json: { _id, n: 1 } })
    expect(made.status, made.text).toBe(201)
    expect(made.headers.get("location")).toBe(`/papers/${_id}`)
    expect((await call("GET", `/papers/${_id}`)).body).toMatchObject({ _id, n: 1 })
    const again = await call("POST", "/papers", { json: { _id } })
    expect(again.status).toBe(409)
    expect(again.body).toMatchObject({ code: "duplicate", errors: [{ path: "_id", code: "taken" }] })
  }
  for (const _id of ["", "batch", "me", ".", "..", "a b", "a/b", "é", "x".repeat(101), 5, null, {}, "a\n"]) {
    const refused = await call("POST", "/papers", { json: { _id } })
    expect(refused.status, String(_id)).toBe(422)
    expect(refused.body).toMatchObject({ errors: [{ path: "_id" }] })
  }
  const listed = await call("POST", "/papers", { json: [{}, { _id: "a/b" }] })
  expect(listed.body).toMatchObject({ errors: [{ path: "1._id" }] })
})

test("a PUT creates at its key, and names no other", async () => {
  const { call } = world()
  const made = await call("PUT", "/papers/first", { json: { n: 1 } })
  expect(made.status, made.text).toBe(201)
  expect(made.headers.get("location")).toBe("/papers/first")
  expect(made.body).toMatchObject({ _id: "first", n: 1 })
  const replaced = await call("PUT", "/papers/first", { json: { _id: "first", m: 2 } })
  expect(replaced.status).toBe(200)
  expect(replaced.body).not.toHaveProperty("n")
  for (const method of ["PUT", "PATCH"]) {
    const other = await call(method, "/papers/first", { json: { _id: "second", n: 3 } })
    expect(other.status).toBe(422)
    expect(other.body).toMatchObject({ errors: [{ path: "_id", code: "conflict" }] })
  }
  expect((await call("PATCH", "/papers/first", { json: { _id: "first", n: 3 } })).status).toBe(200)
  for (const key of ["a%20b", "x".repeat(101), "%C3%A9"])
    for (const [method, json] of [["PUT", {}], ["GET"], ["PATCH", { a: 1 }], ["DELETE"]] as const) {
      const refused = await call(method, `/papers/${key}`, { json })
      expect([404, 422], `${method} ${key}: ${refused.text}`).toContain(refused.status)
    }
  expect((await call("GET", "/papers?limit=1&count=exact")).headers.get("x-total-count")).toBe("1")
  const racing = await Promise.all(
    Array.from({ length: 10 }, (_, n) => call("PUT", "/papers/raced", { json: { n } })),
  )
  expect(racing.map(({ status }) => status).sort()).toEqual([...Array(9).fill(200), 201])
})

test("members that the engine sets are refused by their names", async () => {
  const { call } = world()
  await call("PUT", "/papers/x", { json: {} })
  for (const name of ["_created_at", "_updated_at", "_owner_id"])
    for (const [method, path] of [
      ["POST", "/papers"],
      ["PUT", "/papers/x"],
      ["PATCH", "/papers/x"],
    ] as const) {
      const refused = await call(method, path, { json: { a: 1, [name]: 1 } })
      expect(refused.status).toBe(422)
      expect(refused.body).toMatchObject({
        errors: [{ path: name, message: "is set by the server: leave it out", code: "unknown_field" }],
      })
    }
  // Others that begin so are the document's own.
  expect((await call("PUT", "/papers/x", { json: { _other: 1, data: 2, id: 3 } })).body).toMatchObject({
    _other: 1,
    data: 2,
    id: 3,
  })
})

test("what is no object, too deep or too large is no document", async () => {
  const { call, send } = world()
  for (const body of ["5", '"a"', "null", "true", "[1]", "[[]]", "[]"]) {
    const refused = await send("POST", "/papers", body)
    expect(refused.status, body).toBe(422)
  }
  for (const body of ["5", "[]", "null", "[{}]"])
    for (const method of ["PUT", "PATCH"]) expect((await send(method, "/papers/x", body)).status).toBe(422)
  expect((await send("PATCH", "/papers/x", "{}")).status).toBe(422)
  const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`
  expect((await send("POST", "/papers", nested(32))).status).toBe(201)
  const deep = await send("POST", "/papers", nested(33))
  expect(deep.body).toMatchObject({ errors: [{ code: "too_deep" }] })
  const sized = (bytes: number) => JSON.stringify({ a: "x".repeat(bytes - 8) })
  const largest = await send("PUT", "/papers/large", sized(262_144))
  expect(largest.status, largest.text).toBe(201)
  expect((largest.body as Document).a).toHaveLength(262_136)
  const larger = await send("PUT", "/papers/large", sized(262_145))
  expect(larger.body).toMatchObject({
    errors: [{ path: "body", message: "is larger than 262144 bytes", code: "out_of_range" }],
  })
  const grown = await call("PATCH", "/papers/large", { json: { b: "x".repeat(200_000) } })
  expect(grown.status, grown.text).toBe(422)
  expect(grown.body).toMatchObject({ errors: [{ path: "body", code: "out_of_range" }] })
  expect((await call("PATCH", "/papers/large", { json: { a: null, b: "x".repeat(200_000) } })).status).toBe(
    200,
  )
})

test("lists hold many large documents, and refuse too many", async () => {
  const { call } = world()
  for (let n = 0; n < 20; n++)
    expect((await call("POST", "/papers", { json: { n, text: "é".repeat(60_000) } })).status).toBe(201)
  const all = await call("GET", "/papers")
  expect(all.status, all.text.slice(0, 300)).toBe(200)
  expect((all.body as Document[]).map(({ n }) => n)).toEqual(Array.from({ length: 20 }, (_, n) => n))
})

test("an undeclared collection is a 404", async () => {
  const { call } = world()
  for (const [method, json] of [["GET"], ["POST", {}]] as const)
    expect((await call(method, "/unknown", { json })).status).toBe(404)
})
