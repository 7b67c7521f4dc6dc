// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { relations } from "drizzle-orm"
import { primaryKey as pgPrimaryKey } from "drizzle-orm/pg-core"
import { primaryKey as sqlitePrimaryKey } from "drizzle-orm/sqlite-core"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { throughJunction } from "../../../src/weir/resource/junction.ts"
import { anyone, nobody, signedIn } from "../../../src/weir/resource/rules.ts"
import {
  collection,
  id,
  integer,
  json,
  references,
  rowHistory,
  table,
  text,
  timestamp,
} from "../../../src/weir/schema.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const keyOf = (dialectName === "postgres" ? pgPrimaryKey : sqlitePrimaryKey) as typeof sqlitePrimaryKey

const tags = table("tags", {
  id: id(),
  slug: text({ max: 40 }).notNull().unique(),
  name: text({ max: 40 }),
  facts: json(),
  owner_id: references(() => users.users.id),
  deleted_at: timestamp(),
})
/** Rows whose key is a text. */
const words = table("words", { word: text({ max: 40 }).primaryKey(), note: text({ max: 40 }) })
const wordTags = table(
  "word_tags",
  {
    word: text({ max: 40 })
      .notNull()
      .references((): never => words.word as never),
    tag_id: references(() => tags.id).notNull(),
    gone_at: timestamp(),
  },
  ({ word, tag_id }) => [keyOf({ columns: [word, tag_id] })],
)
const tagsRelations = relations(tags, ({ one, many }) => ({
  owner: one(users.users, { fields: [tags.owner_id], references: [users.users.id] }),
  wordTags: many(wordTags),
}))
const wordsRelations = relations(words, ({ many }) => ({ wordTags: many(wordTags) }))
const wordTagsRelations = relations(wordTags, ({ one }) => ({
  word: one(words, { fields: [wordTags.word], references: [words.word] }),
  tag: one(tags, { fields: [wordTags.tag_id], references: [tags.id] }),
}))
/** Rows whose key has two columns. */
const shelves = table(
  "shelves",
  { room: integer().notNull(), place: text({ max: 20 }).notNull(), size: integer() },
  ({ room, place }) => [keyOf({ columns: [room, place] })],
)
const memos = collection("memos", {})

let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { tags, words, wordTags, shelves, memos, rowHistory }, { foreignKeys: true })
  call = appWith()
})
afterEach(async () => {
  for (const name of ["word_tags", "words", "tags", "shelves", "memos", "weir_row_history"])
    await run(`drop table ${name}`)
  await w.close()
})

/** The API, with more options of the links. */
function appWith(ofLinks: object = {}): Call {
  const open = { read: anyone, create: signedIn, update: signedIn, delete: signedIn }
  return appOf(
    w,
    resource(users, { read: anyone, fields: { hashed_password: { read: nobody } } }),
    resource(
      { tags, tagsRelations },
      {
        ...open,
        restore: signedIn,
        softDelete: "deleted_at",
        upsert: ["slug"],
        embed: { owner: {} },
        fields: { owner_id: { initially: (viewer) => viewer.id } },
      },
    ),
    resource(
      { words, wordsRelations },
      {
        ...open,
        replace: true,
        upsert: ["word"],
        embed: { wordTags: {}, tags: throughJunction("wordTags", "tag") },
      },
    ),
    resource(
      { wordTags, wordTagsRelations },
      { ...open, ...ofLinks, name: "wordTags", embed: { tag: {}, word: {} } },
    ),
    resource(shelves, { ...open, replace: true, history: true }),
    resource(memos, open),
  )
}

async function run(statement: string): Promise<unknown[][]> {
  const client = w.database.connect()
  const [rows = []] = await client.batch([{ text: statement, params: [] }])
  await client.close?.()
  return rows
}
const count = async (name: string) => Number((await run(`select count(*) from ${name}`))[0]?.[0])

interface Operation {
  id?: string
  method: string
  path: string
  body?: unknown
  headers?: Record<string, string>
}
interface Told {
  status: number
  location?: string | undefined
  etag?: string | undefined
  body?: unknown
}

const batch = (operations: Operation[], headers: Record<string, string> = {}) =>
  call("POST", "/batch", { token: w.ann.token, headers, json: { operations } })
const results = ({ body, status, text }: Answer) => {
  expect(status, text).toBe(200)
  return (body as { results: (Told & { id: string; body: Record<string, unknown> })[] }).results
}
/** The request that an operation stands for. */
const send = ({ method, path, body, headers }: Operation) =>
  call(method, path, {
    token: w.ann.token,
    ...(headers && { headers }),
    ...(body === undefined ? {} : { json: body }),
  })

const told = ({ status, headers, body }: Answer): Told => ({
  status,
  location: headers.get("location") ?? undefined,
  etag: headers.get("etag") ?? undefined,
  body,
})
const toldBy = ({ id: _, ...result }: Told & { id: string }): Told => ({
  location: undefined,
  etag: undefined,
  body: undefined,
  ...result,
})
/** What is wrong with a request, as far as it has the same words in a batch. */
const refusal = ({ status, body }: Answer) => {
  const { code, errors } = body as {
    code: string
    errors?: { path: string; message: string; code: string }[]
  }
  return {
    status,
    code,
    errors: errors?.map((one) => ({ ...one, path: one.path.replace(/^operations\.\d+\./, "") })),
  }
}
const tag = (slug: string, more: object = {}): Operation => ({
  method: "POST",
  path: "/tags",
  body: { slug, ...more },
})
const made = async (operation: Operation) => {
  const answer = await send(operation)
  expect(answer.status, answer.text).toBe(201)
  return { ...(answer.body as { id: number }), etag: answer.headers.get("etag") as string }
}

describe("a condition of an operation is honoured or refused as that of its request", () => {
  const stale = '"0.stale"'
  const conditions = [
    { "If-None-Match": "*" },
    { "If-Match": stale },
    { "If-Unmodified-Since": "Fri, 27 Nov 2026 00:00:00 GMT" },
  ]
  const refused: [string, (tagId: number, goneId: number) => Operation][] = [
    ["an upsert", () => ({ ...tag("a", { name: "other" }), path: "/tags?on_conflict=slug" })],
    [
      "an array of upserts",
      () => ({ method: "POST", path: "/tags?on_conflict=slug", body: [{ slug: "a", name: "x" }] }),
    ],
    ["a create", () => tag("new")],
    ["an array of creates", () => ({ method: "POST", path: "/tags", body: [{ slug: "new" }] })],
    ["a create of many", () => ({ method: "POST", path: "/tags/batch", body: [{ slug: "new" }] })],
    ["a create below a row", () => ({ method: "POST", path: "/words/w/wordTags", body: { tag_id: 1 } })],
    ["a restore", (_, goneId) => ({ method: "POST", path: `/tags/${goneId}/restore` })],
    ["a link", (tagId) => ({ method: "PUT", path: `/words/w/tags/${tagId}` })],
    ["the end of a link", (tagId) => ({ method: "DELETE", path: `/words/linked/tags/${tagId}` })],
  ]
  test.each(refused)("%s refuses all by name, and writes nothing", async (_, of) => {
    const first = await made(tag("a", { name: "first" }))
    const gone = await made(tag("gone"))
    expect((await send({ method: "DELETE", path: `/tags/${gone.id}` })).status).toBe(204)
    for (const word of ["w", "linked"]) await made({ method: "POST", path: "/words", body: { word } })
    expect((await send({ method: "PUT", path: `/words/linked/tags/${first.id}` })).status).toBe(204)
    const before = [await run("select * from tags order by id"), await count("word_tags")]
    for (const headers of conditions) {
      const operation = { ...of(first.id, gone.id), headers }
      const [name = ""] = Object.keys(headers)
      const expected = {
        status: 422,
        code: "invalid_request",
        errors: [{ path: name.toLowerCase(), message: "cannot be required of this write", code: "conflict" }],
      }
      expect(refusal(await send(operation)), name).toMatchObject(expected)
      expect(refusal(await batch([operation])), name).toMatchObject(expected)
    }
    expect([await run("select * from tags order by id"), await count("word_tags")]).toEqual(before)
  })

  test("conditions of the batch itself are refused", async () => {
    const answer = await batch([tag("a")], { "If-Match": "*" })
    expect(refusal(answer)).toMatchObject({ status: 422, errors: [{ path: "if-match", code: "conflict" }] })
    expect(await count("tags")).toBe(0)
  })

  test("a change, a replacement and a delete have theirs", async () => {
    const { id, etag } = await made(tag("a"))
    const word = { method: "PUT", path: "/words/w", body: { note: "n" } }
    await send(word)
    for (const operation of [
      { method: "PATCH", path: `/tags/${id}`, body: { name: "x" }, headers: { "If-Match": stale } },
      { method: "DELETE", path: `/tags/${id}`, headers: { "If-Match": stale } },
      { ...word, headers: { "If-None-Match": "*" } },
      { method: "PATCH", path: `/tags/${id}`, body: { name: "x" }, headers: { "If-Match": "bare" } },
    ]) {
      const single = refusal(await send(operation))
      expect(single.status).toBeGreaterThanOrEqual(412)
      expect(refusal(await batch([operation]))).toEqual(single)
    }
    const change = {
      method: "PATCH",
      path: `/tags/${id}`,
      body: { name: "x" },
      headers: { "If-Match": etag },
    }
    expect(results(await batch([change]))[0]?.body).toMatchObject({ name: "x" })
  })

  test("If-None-Match of a read is a 304 without body, before a write and after one", async () => {
    const { id, etag } = await made(tag("a"))
    const list = await send({ method: "GET", path: "/tags?sort=slug" })
    const listTag = list.headers.get("etag") as string
    const of = (path: string, held: string) => ({ method: "GET", path, headers: { "If-None-Match": held } })
    const [row, other, rows, one] = results(
      await batch([
        { id: "held", ...of(`/tags/${id}`, `"x", ${etag}`) },
        of(`/tags/${id}`, '"x"'),
        of("/tags?sort=slug", listTag),
        // What was held may be named all the same.
        { method: "POST", path: "/tags", body: { slug: "b", name: { $ref: "held.slug" } } },
      ]),
    )
    expect(row).toEqual({ id: "held", status: 304, etag })
    expect(other).toMatchObject({ status: 200, etag, body: { slug: "a" } })
    expect(rows).toEqual({ id: "2", status: 304, etag: listTag })
    expect(one?.body).toMatchObject({ name: "a" })
    const [, held, changed] = results(
      await batch([tag("c"), of(`/tags/${id}`, etag), of("/tags?sort=slug", listTag)]),
    )
    expect(held).toEqual({ id: "1", status: 304, etag })
    expect(changed).toMatchObject({ status: 200, body: [{ slug: "a" }, { slug: "b" }, { slug: "c" }] })
    const later = (await send({ method: "GET", path: "/tags?sort=slug" })).headers.get("etag")
    expect(changed?.etag).toBe(later)
  })

  test("other conditions of a read are refused by name", async () => {
    const { id } = await made(tag("a"))
    for (const [name, value] of [
      ["If-Match", "*"],
      ["If-Unmodified-Since", "Fri, 27 Nov 2026 00:00:00 GMT"],
    ] as const)
      for (const path of ["/tags", `/tags/${id}`])
        expect(refusal(await batch([{ method: "GET", path, headers: { [name]: value } }]))).toMatchObject({
          status: 422,
          errors: [{ path: name.toLowerCase(), code: "conflict" }],
        })
  })
})

describe("paths and query strings", () => {
  const odd = ["", ".", "..", "batch", "a/b", "{x.id}", "-"]
  test("a key that no path can hold comes as ?key=", async () => {
    for (const word of odd) await made({ method: "POST", path: "/words", body: { word } })
    const { id } = await made(tag("t"))
    for (const word of odd) {
      const key = `key=${encodeURIComponent(word)}`
      const path = `/words/-?${key}`
      const operations: Operation[] = [
        { method: "GET", path },
        { method: "GET", path: `${path}&fields=note` },
        { method: "GET", path: `/words/-/wordTags?${key}` },
        { method: "PUT", path: `/words/-/tags/${id}?${key}` },
        { method: "GET", path: `/words/-/wordTags?limit=1&${key}` },
        { method: "DELETE", path: `/words/-/tags/${id}?${key}` },
        { method: "PATCH", path: `${path}&fields=note`, body: { note: `changed:${word}` } },
        { method: "PUT", path, body: { note: `put:${word}` } },
        { method: "DELETE", path },
      ]
      const all = results(await batch(operations))
      expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 204, 200, 204, 200, 200, 204])
      expect(all[0]?.body).toEqual({ word, note: null })
      expect(all[1]?.body).toEqual({ note: null })
      expect(all[4]?.body).toEqual([{ word, tag_id: id, gone_at: null }])
      expect(all[6]?.body).toEqual({ note: `changed:${word}` })
      // Each for itself, they are answered so as well.
      const put = await send({ method: "PUT", path, body: { note: "again" } })
      expect(told(put)).toMatchObject({ status: 201, body: { word } })
      for (const [i, operation] of operations.entries())
        expect((await send(operation)).status, `${operation.method} ${operation.path}`).toBe(all[i]?.status)
    }
    expect(await count("words")).toBe(0)
  })

  test("a key that is no text is none, nor is one that comes twice", async () => {
    const { id } = await made(tag("a"))
    await made({ method: "POST", path: "/words", body: { word: "w" } })
    for (const path of [`/tags/${id}?key=${id}`, "/words/-?key=a&key=b"]) {
      const operation = { method: "GET", path }
      const { status, code } = refusal(await send(operation))
      expect(refusal(await batch([operation]))).toMatchObject({ status, code })
    }
  })

  test("a query string that a write does not take is refused, and nothing is written", async () => {
    const { id } = await made(tag("a"))
    await made({ method: "POST", path: "/words", body: { word: "w" } })
    for (const operation of [
      { method: "DELETE", path: `/tags/${id}?slug=b` },
      { method: "PUT", path: `/words/w/tags/${id}?fields=id` },
    ]) {
      const single = refusal(await send(operation))
      expect(single.status).toBe(422)
      expect(refusal(await batch([operation]))).toEqual(single)
    }
    expect((await call("GET", `/tags/${id}`)).status).toBe(200)
  })

  test("what has no route is no operation", async () => {
    const { id } = await made(tag("a"))
    await made({ method: "POST", path: "/words", body: { word: "w" } })
    for (const operation of [
      { method: "GET", path: `/tags/${id}/owner` },
      { method: "POST", path: "/words/w/tags", body: { slug: "b" } },
      { method: "DELETE", path: `/tags/${id}/restore` },
      { method: "GET", path: `/words/w/tags/${id}` },
    ]) {
      expect([404, 405]).toContain((await send(operation)).status)
      expect((await batch([operation])).status, operation.path).toBe(404)
    }
    expect((await call("GET", `/tags/${id}`)).status).toBe(200)
  })

  test("links that have no route are no operations", async () => {
    const { id } = await made(tag("a"))
    await made({ method: "POST", path: "/words", body: { word: "w" } })
    call = appWith({ softDelete: "gone_at" })
    for (const method of ["PUT", "DELETE"]) {
      const operation = { method, path: `/words/w/tags/${id}` }
      expect((await send(operation)).status).toBe(404)
      expect((await batch([operation])).status).toBe(404)
    }
    expect(await count("word_tags")).toBe(0)
  })

  test("what a batch cannot do is refused, and nothing is written", async () => {
    const path = "/shelves/1,top"
    await made({ method: "POST", path: "/shelves", body: { room: 1, place: "top", size: 1 } })
    const refused: [Operation, number, string | undefined][] = [
      [{ method: "GET", path: `${path}?as_of=2026-11-26T10:00:00Z` }, 422, "as_of"],
      [{ method: "PATCH", path: `${path}?from_version=1`, body: {} }, 422, "from_version"],
      [{ method: "GET", path: `${path}/history` }, 404, undefined],
      [{ method: "GET", path: "/shelves?aggregate=count" }, 422, "aggregate"],
    ]
    for (const [operation, status, named] of refused) {
      const answer = refusal(await batch([{ ...tag("a") }, operation]))
      expect(answer).toMatchObject({ status, ...(named && { errors: [{ path: named }] }) })
    }
    expect(await count("tags")).toBe(0)
  })

  test("me is nobody's for who is not signed in, and a create of many takes an array alone", async () => {
    const operation = { method: "GET", path: "/users/me" }
    const anonymous = await call("POST", "/batch", { json: { operations: [operation] } })
    expect(anonymous.status).toBe(401)
    expect(results(await batch([operation]))[0]?.body).toMatchObject({ id: w.ann.id })
    const one = { method: "POST", path: "/tags/batch", body: { slug: "a" } }
    const single = refusal(await send(one))
    expect(single.status).toBe(422)
    expect(refusal(await batch([one]))).toEqual(single)
  })
})

describe("an answer", () => {
  test("to what creates rows has a location", async () => {
    const operations: Operation[] = [
      { method: "PUT", path: "/words/put", body: { note: "n" } },
      { method: "PUT", path: "/words/put", body: { note: "again" } },
      { method: "PUT", path: "/words/-?key=..", body: { note: "n" } },
      { method: "PUT", path: "/shelves/1,top", body: { size: 5 } },
      { method: "PUT", path: "/memos/m", body: { n: 1 } },
      { method: "POST", path: "/words", body: [{ word: "a" }, { word: "b" }] },
      { method: "POST", path: "/words/batch", body: [{ word: "c" }] },
      { method: "POST", path: "/words?on_conflict=word", body: [{ word: "a" }, { word: "d" }] },
      { method: "POST", path: "/words?on_conflict=word", body: { word: "a" } },
    ]
    const all: (Told | undefined)[] = []
    for (const operation of operations) all.push(results(await batch([operation]))[0])
    expect(all.map((one) => one?.location)).toEqual([
      "/words/put",
      undefined,
      "/words/-?key=..",
      "/shelves/1,top",
      "/memos/m",
      "/words",
      "/words",
      "/words",
      "/words/a",
    ])
    expect(all[1]).toMatchObject({ status: 200 })
    expect(all[1]).not.toHaveProperty("location")
    for (const name of ["words", "shelves", "memos"]) await run(`delete from ${name}`)
    for (const [i, operation] of operations.entries())
      expect((await send(operation)).headers.get("location"), operation.path).toBe(all[i]?.location ?? null)
  })

  test("has the fields that were asked for, of the row as its step wrote it", async () => {
    const all = results(
      await batch([
        {
          id: "a",
          ...tag("a", { name: "first", facts: { n: 1, deep: { x: [1], y: 2 } } }),
          path: "/tags?fields=slug,name",
        },
        {
          id: "b",
          ...tag("b", { facts: { n: 1, deep: { x: [1], y: 2 } } }),
          path: "/tags?fields=id,facts.deep.x,facts.no",
        },
        { method: "PATCH", path: "/tags/{a.id}?fields=name", body: { name: "second" } },
        { method: "PATCH", path: "/tags/{a.id}?fields=name,_version", body: { name: "third" } },
        {
          method: "POST",
          path: "/tags?fields=name,_version",
          body: [{ slug: "c", name: "c" }, { slug: "d" }],
        },
        {
          method: "POST",
          path: "/tags?on_conflict=slug&fields=name,_created",
          body: { slug: "a", name: "fourth" },
        },
        { method: "DELETE", path: "/tags/{b.id}" },
        { method: "DELETE", path: "/tags/{a.id}" },
        { method: "POST", path: "/memos?fields=n,size.w", body: { n: 1, size: { w: 2, h: 3 }, more: true } },
      ]),
    )
    const [a, b, second, third, many, fourth, , , memo] = all
    expect(a?.body).toEqual({ slug: "a", name: "first" })
    expect(b?.body).toEqual({ id: expect.any(Number), facts: { deep: { x: [1] } } })
    expect(second?.body).toEqual({ name: "second" })
    expect(third?.body).toEqual({ name: "third", _version: third?.etag?.slice(1, -1) })
    expect(many?.body).toEqual([
      { name: "c", _version: expect.any(String) },
      { name: null, _version: expect.any(String) },
    ])
    expect(fourth?.body).toEqual({ name: "fourth", _created: false })
    expect(memo?.body).toEqual({ n: 1, size: { w: 2 } })
    const versions = (await call("GET", "/tags?sort=slug&fields=name,_version")).body
    expect(versions).toEqual(many?.body)
  })

  test("keeps every digit of what is cut out of a row", async () => {
    const operations = `{"operations": [{"method": "POST", "path": "/tags?fields=facts.n,facts.m,slug",
      "body": {"slug": "a", "facts": {"n": 12345678901234567890.10, "m": 1.50, "o": 1}}}]}`
    const answer = await call("POST", "/batch", {
      token: w.ann.token,
      headers: { "content-type": "application/json" },
      body: operations,
    })
    expect(answer.status, answer.text).toBe(200)
    const single = await call("GET", "/tags?fields=facts.n,facts.m,slug")
    expect(single.text.replace(/\s/g, "")).toContain("12345678901234567890.1")
    const body = answer.text.slice(answer.text.indexOf('"body":') + 7, -3)
    expect(`[${body.replace(/\s/g, "")}]`).toBe(single.text.replace(/\s/g, ""))
  })

  test("embeds of a row that the batch has named, and not of one that it has deleted", async () => {
    const [made, changed] = results(
      await batch([
        { id: "a", ...tag("a") },
        { method: "PATCH", path: "/tags/{a.id}?include=owner&fields=slug", body: { name: "b" } },
      ]),
    )
    expect(made?.status).toBe(201)
    expect(changed?.body).toMatchObject({ slug: "a", owner: { id: w.ann.id } })
    const [gone] = results(
      await batch([
        { id: "b", ...tag("b"), path: "/tags?include=owner&fields=slug" },
        { method: "DELETE", path: "/tags/{b.id}" },
      ]),
    )
    expect(gone?.body).toEqual({ slug: "b" })
  })

  test("to a write of a row that its writer may not read has the fields that were asked for", async () => {
    call = appOf(w, resource(tags, { read: nobody, create: anyone }))
    const answer = await send({ ...tag("a", { name: "n" }), path: "/tags?fields=slug" })
    expect([answer.status, answer.body]).toEqual([201, { slug: "a" }])
  })
})

describe("a batch's answer that is made anew", () => {
  test("has the shape, the locations and the validators of the first", async () => {
    await made(tag("there", { name: "old" }))
    await made({ method: "POST", path: "/words", body: { word: "w" } })
    const operations: Operation[] = [
      { id: "a", ...tag("a", { name: "first" }), path: "/tags?fields=slug,name" },
      { method: "PATCH", path: "/tags/{a.id}?fields=name,_version", body: { name: "second" } },
      { method: "POST", path: "/tags?fields=slug", body: [{ slug: "b" }, { slug: "c" }] },
      {
        method: "POST",
        path: "/tags?on_conflict=slug&fields=slug,_created",
        body: { slug: "there", name: "x" },
      },
      { method: "POST", path: "/tags?on_conflict=slug&fields=_created", body: { slug: "new" } },
      {
        method: "POST",
        path: "/tags?on_conflict=slug&fields=_created,slug",
        body: [{ slug: "new" }, { slug: "newer" }],
      },
      { method: "PUT", path: "/words/put?fields=note", body: { note: "n" } },
      { method: "PUT", path: "/words/w", body: { note: "n" } },
      { method: "POST", path: "/shelves", body: { room: 1, place: "top" } },
      { method: "PUT", path: "/shelves/2,top", body: { size: 5 } },
      { method: "PUT", path: "/words/w/tags/{a.id}" },
      { method: "POST", path: "/memos?fields=n", body: { n: 1, m: 2 } },
      { method: "DELETE", path: "/tags/{a.id}" },
      { method: "GET", path: "/tags" },
    ]
    const key = { "idempotency-key": crypto.randomUUID() }
    const first = results(await batch(operations, key))
    expect(first[3]).toMatchObject({ status: 200, location: expect.any(String) })
    await run("delete from weir_write_records where verb = 'answer'")
    const again = await batch(operations, key)
    expect(again.headers.get("idempotency-replayed")).toBe("true")
    const second = results(again)
    // What it read is not known any more.
    expect(second.at(-1)).toEqual({ id: "13", status: 200 })
    expect(second.slice(0, -1).map(toldBy)).toEqual(first.slice(0, -1).map(toldBy))
    expect(await count("tags")).toBe(6)
  })
})
