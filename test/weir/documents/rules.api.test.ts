// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { expect, test } from "vitest"
import type { Answer } from "../support/client.ts"
import type { Person } from "../support/world.ts"
import { documentWorlds } from "./support.ts"

const world = documentWorlds()

const codes = (answer: Answer) =>
  (answer.body as { errors?: { path: string; code: string }[] }).errors?.map(
    ({ path, code }) => `${path} ${code}`,
  )

test("a document is its creator's: others see none of it", async () => {
  const { call, ann, bob, root } = world()
  const as = (who: Person | undefined, json?: unknown) => ({ token: who?.token, json })
  const made = await call("POST", "/notes", as(ann, { text: "mine" }))
  expect(made.status, made.text).toBe(201)
  expect(made.body).toMatchObject({ text: "mine", _owner_id: ann.id })
  const path = made.headers.get("location") as string
  for (const who of [ann, root]) {
    expect((await call("GET", path, as(who))).body).toEqual(made.body)
    expect((await call("GET", "/notes", as(who))).body).toEqual([made.body])
  }
  expect((await call("GET", "/notes", as(bob))).body).toEqual([])
  for (const [method, json] of [["GET"], ["PATCH", { a: 1 }], ["DELETE"]] as const)
    expect((await call(method, path, as(bob, json))).status, method).toBe(404)
  // The key is taken, as that of any row would be.
  expect((await call("PUT", path, as(bob, {}))).status).toBe(409)
  for (const [method, json] of [
    ["PATCH", { a: 1 }],
    ["PUT", {}],
    ["POST", {}],
  ] as const)
    expect((await call(method, method === "POST" ? "/notes" : path, as(undefined, json))).status).toBe(401)
  expect((await call("PATCH", path, as(ann, { text: "changed" }))).body).toMatchObject({ text: "changed" })
  expect((await call("PUT", path, as(root, { text: "by root" }))).body).toMatchObject({
    text: "by root",
    _owner_id: ann.id,
  })
  const own = await call("PUT", "/notes/bobs", as(bob, { text: "his" }))
  expect(own.status, own.text).toBe(201)
  expect(own.body).toMatchObject({ _owner_id: bob.id })
  expect((await call("DELETE", path, as(ann))).status).toBe(204)
})

test("an owner's documents stand below it, embedded and created there, within the quota", async () => {
  const { call, ann, bob, root } = world()
  const below = `/users/${ann.id}/notes`
  const made = await call("POST", below, { token: ann.token, json: { n: 1, _owner: "own member" } })
  expect(made.status, made.text).toBe(201)
  expect(made.body).toMatchObject({ n: 1, _owner_id: ann.id, _owner: "own member" })
  const forced = await call("POST", below, { token: bob.token, json: { n: 2 } })
  expect(forced.status, forced.text).toBe(403)
  expect((await call("POST", below, { token: root.token, json: { n: 3 } })).body).toMatchObject({
    _owner_id: ann.id,
  })
  const user = await call("GET", `/users/${ann.id}?include=notes&fields=id`, { token: ann.token })
  expect(user.body).toMatchObject({ id: ann.id, notes: [{ n: 3 }, { n: 1, _owner: "own member" }] })
  // A relation comes before a member of its name.
  const list = await call("GET", "/notes?include=_owner&sort=_id", { token: ann.token })
  expect(list.status, list.text).toBe(200)
  expect(list.text.match(/"_owner":/g)).toHaveLength(2)
  expect(list.body).toMatchObject([
    { n: 1, _owner: { username: "ann" } },
    { n: 3, _owner: { username: "ann" } },
  ])
  const many = await call("POST", "/notes", { token: ann.token, json: Array(18).fill({}) })
  expect(many.status, many.text).toBe(201)
  const beyond = await call("POST", "/notes", { token: ann.token, json: {} })
  expect(beyond.body).toMatchObject({ code: "quota_exceeded" })
  expect((await call("PUT", "/notes/more", { token: ann.token, json: {} })).body).toMatchObject({
    code: "quota_exceeded",
  })
})

test("documents are found, sorted and shown by places in them", async () => {
  const { call } = world()
  await call("POST", "/papers", {
    json: [
      { _id: "a", color: "red", size: { width: 10 }, tags: ["new"], data: 1 },
      { _id: "b", color: "red", size: { width: 5 } },
      { _id: "c", color: "blue", size: { width: 20 }, tags: ["new", "old"] },
      { _id: "d", color: 7 },
    ],
  })
  const ids = async (search: string) => {
    const list = await call("GET", `/papers?${search}`)
    expect(list.status, `${search}: ${list.text}`).toBe(200)
    return (list.body as { _id: string }[]).map(({ _id }) => _id)
  }
  expect(await ids("color=red")).toEqual(["a", "b"])
  expect(await ids("size.width[gte]=10&tags[contains]=new")).toEqual(["a", "c"])
  expect(await ids("sort=-size.width")).toEqual(["d", "c", "a", "b"])
  expect(await ids("data=1")).toEqual(["a"])
  expect(await ids("data[exists]=false&_created_at[gt]=2020-01-01T00:00:00Z")).toEqual(["b", "c", "d"])
  expect(await ids('filter={"or":[{"color":7},{"size.width":{"lt":6}}]}')).toEqual(["b", "d"])
  const shown = async (fields: string) => (await call("GET", `/papers?fields=${fields}`)).body
  expect(await shown("size.width,color")).toEqual([
    { color: "red", size: { width: 10 } },
    { color: "red", size: { width: 5 } },
    { color: "blue", size: { width: 20 } },
    { color: 7 },
  ])
  expect(await shown("_id,nothing")).toEqual(["a", "b", "c", "d"].map((_id) => ({ _id })))
  expect(await shown("nothing")).toEqual([{}, {}, {}, {}])
  const page = await call("GET", "/papers?sort=size.width&limit=2")
  const next = await call("GET", page.links.next as string)
  expect([page, next].flatMap(({ body }) => (body as { _id: string }[]).map(({ _id }) => _id))).toEqual([
    "b",
    "a",
    "c",
    "d",
  ])
})

test("a schema's problems name their places, in each way of writing", async () => {
  const { call } = world()
  const wrong = { size: { width: 0, depth: 1 }, tags: ["new", "odd"], name: "" }
  const places = [
    "name too_small",
    "size.depth unknown_field",
    "size.width too_small",
    "tags.1 invalid_value",
  ]
  const sorted = (answer: Answer) => [...(codes(answer) ?? [])].sort()
  expect(sorted(await call("POST", "/parts", { json: wrong }))).toEqual(places)
  expect(sorted(await call("PUT", "/parts/p", { json: wrong }))).toEqual(places)
  expect(codes(await call("POST", "/parts", { json: [{ name: "a" }, {}] }))).toEqual(["1.name required"])
  expect((await call("GET", "/parts")).body).toEqual([])
  const made = await call("PUT", "/parts/p", { json: { name: "part", size: { width: 1 } } })
  expect(made.status, made.text).toBe(201)
  const patched = async (json: unknown) => codes(await call("PATCH", "/parts/p", { json }))
  expect(await patched({ size: { width: "x" } })).toEqual(["size.width invalid_type"])
  expect(await patched({ name: null })).toEqual(["name required"])
  expect(await patched({ from: 1, to: 2 })).toEqual(["body invalid_value"])
  expect((await call("PATCH", "/parts/none", { json: { a: 1 } })).status).toBe(404)
  expect((await call("GET", "/parts/p")).body).toEqual(made.body)
})
