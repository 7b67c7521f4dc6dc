// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone, nobody, owner, signedIn } from "../../../src/weir/resource/rules.ts"
import * as items from "../fixture/src/schema/items.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer } from "../support/client.ts"
import { type World, world } from "../support/world.ts"

let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

const etag = ({ headers }: Answer): string => headers.get("etag") as string
const send = (method: string, headers: Record<string, string>, json?: unknown, path = "/items/1") =>
  w.call(method, path, { token: w.ann.token, headers, ...(json === undefined ? {} : { json }) })
const row = async (search = "") => w.call("GET", `/items/1${search}`, { token: w.ann.token })

test("one validator: of a read, of its fields, and of what was created or changed", async () => {
  const created = await send("POST", {}, { title: "new", price: 1 }, "/items")
  const path = created.headers.get("location") as string
  const read = await w.call("GET", path)
  expect(etag(created)).toMatch(/^"[^"]+"$/)
  expect(etag(read)).toBe(etag(created))
  const changed = await send("PATCH", {}, { price: 2 }, path)
  expect(etag(changed)).not.toBe(etag(created))
  const now = await w.call("GET", path)
  expect(etag(now)).toBe(etag(changed))
  for (const fields of ["id", "price,title"]) {
    const some = await w.call("GET", `${path}?fields=${fields}`)
    expect(etag(some), fields).toBe(etag(changed))
    const held = await w.call("GET", `${path}?fields=${fields}`, {
      headers: { "if-none-match": etag(changed) },
    })
    expect(held.status).toBe(304)
  }
})

test("a write holds while the row is as If-Match names it, and is a 412 with the row otherwise", async () => {
  const before = etag(await row())
  const first = await send("PATCH", { "if-match": before }, { price: 2 })
  expect(first.status, first.text).toBe(200)
  for (const [method, json] of [["PATCH", { price: 3 }], ["DELETE"]] as const) {
    const late = await send(method, { "if-match": before }, json)
    expect(late.status, method).toBe(412)
    expect(late.headers.get("content-type")).toBe("application/problem+json")
    expect(late.body).toMatchObject({ code: "precondition_failed", current: first.body })
    expect(etag(late)).toBe(etag(first))
  }
  expect((await row()).body).toEqual(first.body)
  const again = await send("PATCH", { "if-match": `"other", ${etag(first)}` }, { price: 3 })
  expect(again.status, again.text).toBe(200)
  expect((await send("DELETE", { "if-match": etag(again) })).status).toBe(204)
  expect((await send("PATCH", { "if-match": etag(again) }, { price: 4 })).status).toBe(404)
})

test("the lists of tags that RFC 9110 has: *, weak ones, several", async () => {
  const tag = etag(await row())
  const patched = async (header: string) => (await send("PATCH", { "if-match": header }, { price: 5 })).status
  // Strong comparison: a weak tag is none.
  expect(await patched(`W/${tag}`)).toBe(412)
  expect(await patched('"none"')).toBe(412)
  expect(await patched('"a","b" , "c"')).toBe(412)
  expect(await patched("*")).toBe(200)
  for (const malformed of ["none", '"open', '"a" "b"', ""]) {
    const answer = await send("PATCH", { "if-match": malformed }, { price: 6 })
    expect(answer.status, malformed).toBe(422)
    expect(answer.body).toMatchObject({ errors: [{ path: "if-match", code: "invalid_format" }] })
  }
  const none = await send("PATCH", { "if-none-match": etag(await row()) }, { price: 7 })
  expect(none.status).toBe(412)
  expect((await send("PATCH", { "if-none-match": '"other"' }, { price: 7 })).status).toBe(200)
})

test("If-Unmodified-Since by the time of the last change", async () => {
  const at = (ms: number) => new Date(ms).toUTCString()
  const { updated_at } = (await row()).body as { updated_at: string }
  const time = Date.parse(updated_at)
  const patched = async (header: string) =>
    (await send("PATCH", { "if-unmodified-since": header }, { price: 5 })).status
  expect(await patched(at(time - 5_000))).toBe(412)
  expect(await patched("no date")).toBe(200)
  const { updated_at: now } = (await row()).body as { updated_at: string }
  expect(await patched(at(Date.parse(now) + 1_000))).toBe(200)
  // It counts only without If-Match.
  const both = { "if-match": etag(await row()), "if-unmodified-since": at(0) }
  expect((await send("PATCH", both, { price: 6 })).status).toBe(200)
})

test("what comes first: the body and the rules", async () => {
  const stale = { "if-match": '"stale"' }
  expect((await send("PATCH", stale, { price: "x" })).status).toBe(422)
  expect((await send("PATCH", stale, { price: 1 }, "/items/999")).status).toBe(404)
  expect((await w.call("PATCH", "/items/1", { headers: stale, json: { price: 1 } })).status).toBe(401)
  const bobs = await w.call("GET", "/items/4")
  const foreign = await send("PATCH", { "if-match": etag(bobs) }, { price: 1 }, "/items/4")
  expect(foreign.status).toBe(403)
})

test("of writers that race with one tag, one wins each time, and nothing is lost", async () => {
  const tag = etag(await row())
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => send("PATCH", { "if-match": tag }, { description: `by ${n}` })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(412)])
  const winner = answers.find(({ status }) => status === 200)
  expect((await row()).body).toEqual(winner?.body)
})

describe("a resource that takes conditional writes alone", () => {
  test("is a 428 without, and none with a condition", async () => {
    const call = appOf(
      w,
      resource(users.users, { read: anyone, fields: { hashed_password: { read: nobody } } }),
      resource(items, {
        read: anyone,
        create: signedIn,
        update: owner,
        delete: owner,
        conditional: "required",
      }),
    )
    const { token } = w.ann
    for (const [method, json] of [["PATCH", { price: 1 }], ["DELETE"]] as const) {
      const answer = await call(method, "/items/1", { token, json })
      expect(answer.status, method).toBe(428)
      expect(answer.body).toMatchObject({ code: "precondition_required" })
    }
    const read = await call("GET", "/items/1")
    const headers = { "if-match": etag(read) }
    expect((await call("PATCH", "/items/1", { token, headers, json: { price: 1 } })).status).toBe(200)
    const json = { title: "x", price: 1, owner_id: w.ann.id }
    expect((await call("POST", "/items", { token, json })).status).toBe(201)
  })
})

describe("_version is the validator as a member", () => {
  const tag = (answer: Answer) => etag(answer).slice(1, -1)

  test("in lists, in single reads and in embeds", async () => {
    const one = await row()
    const list = await w.call("GET", "/items?fields=id,_version&sort=id&limit=2")
    expect(list.status, list.text).toBe(200)
    const second = await w.call("GET", "/items/2")
    expect(list.body).toEqual([
      { id: 1, _version: tag(one) },
      { id: 2, _version: tag(second) },
    ])
    expect((await row("?fields=_version")).body).toEqual({ _version: tag(one) })
    const user = await w.call(
      "GET",
      `/users/${w.ann.id}?fields=id&include=items&include.items.fields=id,_version&include.items.sort=id&include.items.limit=1`,
    )
    expect(user.body).toMatchObject({ items: [{ id: 1, _version: tag(one) }] })
    const withOwner = await w.call("GET", "/items/1?fields=id&include=owner&include.owner.fields=_version")
    const ownOwner = await w.call("GET", `/users/${w.ann.id}?include=`)
    expect(withOwner.body).toEqual({ id: 1, owner: { _version: tag(ownOwner) } })
  })

  test("it is each viewer's own, where they see other fields, and serves If-Match", async () => {
    const version = async (token?: string) => {
      const answer = await w.call("GET", `/users?fields=_version&id=${w.ann.id}`, { token })
      return (answer.body as { _version: string }[])[0]?._version
    }
    expect(await version()).not.toBe(await version(w.ann.token))
    expect(await version(w.bob.token)).toBe(await version())
    const headers = { "if-match": `"${await version(w.ann.token)}"` }
    const changed = await w.call("PATCH", `/users/${w.ann.id}`, {
      token: w.ann.token,
      headers,
      json: { username: "annie" },
    })
    expect(changed.status, changed.text).toBe(200)
    expect(tag(changed)).toBe(await version(w.ann.token))
  })

  test("pages by cursor, and what users write, stay as they are", async () => {
    const title = '"_version":"@weir:version:ff"'
    await send("PATCH", {}, { title })
    const page = await w.call("GET", "/items?fields=title,_version&sort=title&limit=1")
    expect(page.body).toEqual([{ title, _version: tag(await row()) }])
    const next = await w.call("GET", page.links.next as string)
    expect(next.body).toEqual([{ title: "ann's 2", _version: expect.stringMatching(/^\S{10,}$/) }])
  })
})
