// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import { admin, all, any, anyone, nobody, owner, signedIn } from "../../../src/weir/resource/rules.ts"
import { where } from "../../../src/weir/resource/words.ts"
import {
  boolean,
  collection,
  id,
  integer,
  json,
  references,
  rowHistory,
  table,
  text,
  timestamp,
  timestamps,
  unique,
} from "../../../src/weir/schema.ts"
import * as users from "../fixture/src/schema/users.ts"
import { apiOf, appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

/** Rows that are told apart by an email, or by organization and slug. */
const members = table(
  "members",
  {
    id: id(),
    email: text({ max: 60 }).notNull().unique(),
    org: integer({ min: 1 }).notNull().default(1),
    slug: text({ max: 20 }),
    name: text({ max: 40 }).notNull(),
    score: integer(),
    rank: integer().notNull().default(7),
    level: integer(),
    shown: boolean().notNull().default(true),
    facts: json(),
    touched: text()
      .notNull()
      .$defaultFn(() => "made")
      .$onUpdateFn(() => "changed"),
    boss_id: references((): never => members.id as never),
    owner_id: references(() => users.users.id),
    deleted_at: timestamp(),
    ...timestamps(),
  },
  (t) => [unique("members_org_slug").on(t.org, t.slug)],
)
/** Rows whose key clients give. */
const tags = table("tags", {
  code: text({ max: 10 }).primaryKey(),
  label: text({ max: 40 }),
  hits: integer(),
})
const notes = collection("upsert_notes")

const membersResource = (more: object = {}) =>
  resource(members, {
    read: any(owner, where("shown", "eq", true)),
    create: all(signedIn, where("score", "lt", 1000)),
    update: owner,
    updatedRow: all(owner, where("score", "lt", 500)),
    delete: owner,
    softDelete: "deleted_at",
    fields: {
      rank: { create: admin },
      level: { update: admin },
      owner_id: { write: admin, initially: (viewer) => viewer.id },
    },
    upsert: ["email", ["org", "slug"]],
    ...more,
  })

let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { members, tags }, { foreignKeys: true })
  const unique = "create unique index members_org_slug on members (org, slug)"
  await w.database.connect().batch([{ text: unique, params: [] }])
  call = appWith()
})
afterEach(async () => {
  const drop = (name: string) => ({ text: `drop table ${name}`, params: [] })
  await w.database.connect().batch(["members", "tags"].map(drop))
  await w.close()
})

const appWith = (more: object = {}): Call =>
  appOf(
    w,
    resource(users, {
      read: anyone,
      fields: { hashed_password: { read: nobody } },
      embed: { members: {} },
    }),
    membersResource(more),
    resource(tags, { read: anyone, create: anyone, update: anyone, delete: anyone, upsert: ["code"] }),
  )

interface Options {
  token?: string
  headers?: Record<string, string>
}
const post = (path: string, json: unknown, { token = w.ann.token, headers = {} }: Options = {}) =>
  call("POST", path, { token, json, headers })
const byEmail = (json: unknown, options?: Options) => post("/members?on_conflict=email", json, options)
const ann = (more: object = {}) => ({ email: "a@x.org", name: "Ann", score: 1, ...more })
const faults = ({ body }: Answer) =>
  (body as { errors?: { path: string; code: string }[] }).errors?.map(({ path, code }) => `${path} ${code}`)
const rows = async (fields = "email,name,score") =>
  (await call("GET", `/members?sort=email&fields=${fields}`, { token: w.root.token })).body
const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort()

describe("one row", () => {
  test("is created, then merged: what was not sent stays, and so does what is a viewer's by itself", async () => {
    const made = await byEmail(ann({ facts: { big: 1 }, slug: "s" }))
    expect(made.status, made.text).toBe(201)
    expect(made.headers.get("location")).toBe("/members/1")
    expect(made.body).toMatchObject({ id: 1, touched: "made", rank: 7, owner_id: w.ann.id, org: 1 })
    const again = await byEmail(ann({ name: "Anna", score: 2 }))
    expect(again.status, again.text).toBe(200)
    expect(again.headers.get("location")).toBe("/members/1")
    const { created_at, updated_at } = made.body as { created_at: string; updated_at: string }
    const now = again.body as { updated_at: string }
    expect(now).toEqual({
      ...(made.body as object),
      name: "Anna",
      score: 2,
      touched: "changed",
      created_at,
      updated_at: now.updated_at,
    })
    expect(now.updated_at >= updated_at).toBe(true)
    const read = await call("GET", "/members/1", { token: w.ann.token })
    expect(read.body).toEqual(again.body)
    expect(again.headers.get("etag")).toBe(read.headers.get("etag"))
  })

  test("is found by several columns, in any order, and their defaults count", async () => {
    const first = await post("/members?on_conflict=org,slug", ann({ slug: "s" }))
    expect(first.status, first.text).toBe(201)
    const same = await post("/members?on_conflict=slug,org", ann({ slug: "s", email: "b@x.org", org: 1 }))
    expect(same.status, same.text).toBe(200)
    expect(same.body).toMatchObject({ id: 1, email: "b@x.org" })
    const other = await post("/members?on_conflict=slug,org", ann({ slug: "s", email: "c@x.org", org: 2 }))
    expect(other.status, other.text).toBe(201)
  })

  test("is found by its key, which clients give", async () => {
    const at = "/tags?on_conflict=code"
    expect((await post(at, { code: "a", label: "one", hits: 1 })).status).toBe(201)
    const merged = await post(at, { code: "a", hits: 2 })
    expect([merged.status, merged.body]).toEqual([200, { code: "a", label: "one", hits: 2 }])
    // Nothing to merge: it stays as it is.
    const same = await post(at, { code: "a" })
    expect([same.status, same.body]).toEqual([200, { code: "a", label: "one", hits: 2 }])
  })

  test("stays as it is where what exists is to be ignored: by parameter, or as preferred", async () => {
    await byEmail(ann())
    const before = await rows("email,name,updated_at,touched")
    const prefer = { prefer: "resolution=ignore-duplicates" }
    const preferred = await byEmail(ann({ name: "x" }), { headers: prefer })
    expect([preferred.status, preferred.headers.get("preference-applied")]).toEqual([
      200,
      "resolution=ignore-duplicates",
    ])
    const ignored = await post("/members?on_conflict=email&resolution=ignore", ann({ name: "x" }))
    expect(ignored.status, ignored.text).toBe(200)
    expect(ignored.body).toMatchObject({ id: 1, name: "Ann" })
    expect(ignored.headers.get("location")).toBe("/members/1")
    // Whose it is makes no difference, since nothing is changed.
    const bobs = await post("/members?on_conflict=email&resolution=ignore", ann(), { token: w.bob.token })
    expect([bobs.status, bobs.body]).toEqual([200, ignored.body])
    expect(await rows("email,name,updated_at,touched")).toEqual(before)
    const wins = await post("/members?on_conflict=email&resolution=merge", ann({ name: "y" }), {
      headers: prefer,
    })
    expect([wins.status, wins.headers.get("preference-applied")]).toEqual([200, null])
    expect(wins.body).toMatchObject({ name: "y" })
    const fresh = await post("/members?on_conflict=email&resolution=ignore", ann({ email: "b@x.org" }))
    expect(fresh.status, fresh.text).toBe(201)
  })

  test("is answered as asked: fields, whether it was created, nothing", async () => {
    const shaped = "/members?on_conflict=email&fields=id,name,_created"
    expect((await post(shaped, ann())).body).toEqual({ id: 1, name: "Ann", _created: true })
    expect((await post(shaped, ann({ name: "x" }))).body).toEqual({ id: 1, name: "x", _created: false })
    const alone = await post("/members?on_conflict=email&fields=_created", ann())
    expect(alone.body, alone.text).toEqual({ _created: false })
    const minimal = { prefer: "return=minimal" }
    const none = await byEmail(ann(), { headers: minimal })
    expect([none.status, none.text, none.headers.get("location")]).toEqual([204, "", "/members/1"])
    const made = await byEmail(ann({ email: "b@x.org" }), { headers: minimal })
    expect([made.status, made.text]).toEqual([201, ""])
    expect((await call("GET", "/members?fields=_created")).status).toBe(422)
    expect((await post("/members?fields=_created", ann())).status).toBe(422)
  })
})

describe("many rows", () => {
  test("are written together: 201 where all are new, else 200", async () => {
    const many = (names: string[]) =>
      post(
        "/members?on_conflict=email&fields=email,name,_created",
        names.map((n) => ann({ email: `${n}@x.org`, name: n.toUpperCase() })),
      )
    const first = await many(["c", "a"])
    expect([first.status, first.headers.get("location")]).toEqual([201, "/members"])
    expect(first.body).toEqual([
      { email: "c@x.org", name: "C", _created: true },
      { email: "a@x.org", name: "A", _created: true },
    ])
    const second = await many(["a", "b"])
    expect(second.status, second.text).toBe(200)
    expect((second.body as { _created: boolean }[]).map((one) => one._created)).toEqual([false, true])
    expect(await rows("email")).toHaveLength(3)
  })

  test("may name one row twice: it is created, then merged", async () => {
    const twice = [ann({ name: "one" }), ann({ name: "two" })]
    const merged = await post("/members?on_conflict=email&fields=name,_created", twice)
    expect([merged.status, merged.body], merged.text).toEqual([
      200,
      [
        { name: "two", _created: true },
        { name: "two", _created: false },
      ],
    ])
    // What the first makes is merged under the rules of any row that exists.
    const forbidden = [
      ann({ email: "c@x.org" }),
      ann({ email: "d@x.org" }),
      ann({ email: "c@x.org", score: 600 }),
    ]
    for (const headers of [{}, { "idempotency-key": "repeated" }]) {
      const refused = await post("/members?on_conflict=email", forbidden, { headers })
      expect([refused.status, faults(refused)], refused.text).toEqual([403, ["2 forbidden"]])
    }
    const operations = [{ method: "POST", path: "/members?on_conflict=email", body: forbidden }]
    const inBatch = await post("/batch", { operations })
    expect([inBatch.status, faults(inBatch)], inBatch.text).toEqual([403, ["operations.0.2 forbidden"]])
    expect(await rows("email")).toEqual([{ email: "a@x.org" }])
    const other = twice.map((one) => ({ ...one, email: "b@x.org" }))
    const ignored = await post("/members?on_conflict=email&resolution=ignore&fields=name,_created", other)
    expect([ignored.status, ignored.body], ignored.text).toEqual([
      200,
      [
        { name: "one", _created: true },
        { name: "one", _created: false },
      ],
    ])
  })

  test("are as many as a create takes, at the path of many as well", async () => {
    const all = Array.from({ length: 300 }, (_, n) => ({ code: `c${n}`, hits: n }))
    expect((await post("/tags/batch?on_conflict=code", all)).status).toBe(201)
    const again = await post("/tags/batch?on_conflict=code&resolution=ignore", [...all, { code: "new" }])
    expect(again.status, again.text).toBe(200)
    expect(again.body).toEqual([...all, { code: "new", hits: null }].map((one) => ({ label: null, ...one })))
  })

  test("are not written where one may not be", async () => {
    await byEmail(ann(), { token: w.bob.token })
    const before = await rows()
    const mixed = await byEmail([ann({ email: "new@x.org" }), ann({ name: "mine" })])
    expect(mixed.status, mixed.text).toBe(403)
    const taken = await byEmail([ann({ email: "n@x.org", slug: "s" }), ann({ email: "m@x.org", slug: "s" })])
    expect(taken.status, taken.text).toBe(409)
    const wrong = await byEmail([ann({ email: "n@x.org" }), ann({ email: "m@x.org", name: 1 })])
    expect(faults(wrong)).toEqual(["1.name invalid_type"])
    expect(await rows()).toEqual(before)
  })
})

describe("who may", () => {
  test("change what exists: as by a PATCH", async () => {
    await byEmail(ann())
    const before = await rows()
    const foreign = await byEmail(ann({ name: "mine" }), { token: w.bob.token })
    expect([foreign.status, (foreign.body as { code: string }).code]).toEqual([403, "forbidden"])
    // `updatedRow` asks for less than 500; a create's rule, for less than 1,000, is not asked.
    const leaving = await byEmail(ann({ score: 700 }))
    expect([leaving.status, faults(leaving)]).toEqual([403, ["score forbidden_value"]])
    expect(await rows()).toEqual(before)
    expect((await byEmail(ann({ email: "b@x.org", score: 700 }))).status).toBe(201)
  })

  test("create what does not: as by a POST", async () => {
    const refused = await byEmail(ann({ score: 2000 }))
    expect([refused.status, faults(refused)]).toEqual([403, ["score forbidden_value"]])
    expect(await rows()).toEqual([])
    expect((await call("POST", "/members?on_conflict=email", { json: ann() })).status).toBe(401)
  })

  test("set fields: each under the rules of what becomes of its row", async () => {
    // `rank` is an admin's to set in new rows, `level` in those that exist.
    expect(faults(await byEmail(ann({ rank: 1 })))).toEqual(["rank forbidden_field"])
    expect((await byEmail(ann({ level: 1 }))).status).toBe(201)
    const ranked = await byEmail(ann({ rank: 2 }))
    expect([ranked.status, (ranked.body as { rank: number }).rank]).toEqual([200, 2])
    expect(faults(await byEmail(ann({ level: 3 })))).toEqual(["level forbidden_field"])
    expect(faults(await byEmail([ann({ email: "n@x.org" }), ann({ level: 3 })]))).toEqual([
      "1.level forbidden_field",
    ])
    // One's own id is what `owner_id` is initially: it is no change.
    expect((await byEmail(ann({ owner_id: w.ann.id }))).status).toBe(200)
    expect((await byEmail(ann({ owner_id: w.bob.id }))).status).toBe(403)
  })

  test("see a row: one that the viewer cannot see is a value that is taken", async () => {
    expect((await byEmail(ann({ shown: false }))).status).toBe(201)
    for (const resolution of ["merge", "ignore"]) {
      const at = `/members?on_conflict=email&resolution=${resolution}`
      const hidden = await post(at, ann({ name: "x" }), { token: w.bob.token })
      expect([hidden.status, faults(hidden)], hidden.text).toEqual([409, ["email taken"]])
      const among = await post(at, [ann({ email: "n@x.org" }), ann()], { token: w.bob.token })
      expect([among.status, faults(among)], among.text).toEqual([409, ["1.email taken"]])
    }
    expect((await call("GET", "/members?email=n@x.org")).body).toEqual([])
  })

  test("name rows: only such as are there", async () => {
    await byEmail(ann())
    const own = await byEmail(ann({ boss_id: 1 }))
    expect([own.status, (own.body as { boss_id: number }).boss_id]).toEqual([200, 1])
    const missing = await byEmail(ann({ boss_id: 99 }))
    expect([missing.status, faults(missing)], missing.text).toEqual([422, ["boss_id unknown_reference"]])
  })

  test("use a softly deleted row's value: nobody", async () => {
    await byEmail(ann())
    expect((await call("DELETE", "/members/1", { token: w.ann.token })).status).toBe(204)
    for (const resolution of ["merge", "ignore"]) {
      const gone = await post(`/members?on_conflict=email&resolution=${resolution}`, ann())
      expect([gone.status, faults(gone)], gone.text).toEqual([409, ["email taken"]])
    }
  })
})

describe("with an Idempotency-Key, a retry gets the first outcome", () => {
  const keyed = (path: string, json: unknown, key: string) =>
    post(path, json, { headers: { "idempotency-key": key } })

  test.each(["merge", "ignore"])("%s", async (resolution) => {
    const at = `/members?on_conflict=email&resolution=${resolution}`
    const made = await keyed(at, ann(), "first")
    expect(made.status, made.text).toBe(201)
    const merged = await keyed(at, ann({ name: "x" }), "second")
    expect(merged.status, merged.text).toBe(200)
    const many = [ann({ email: "z@x.org" }), ann({ name: "y" }), ann({ email: "b@x.org" })]
    const all = await keyed(`${at}&fields=_created`, many, "third")
    expect(all.body, all.text).toEqual([{ _created: true }, { _created: false }, { _created: true }])
    const after = await rows("email,name,updated_at")
    for (const [path, json, key, first] of [
      [at, ann(), "first", made],
      [at, ann({ name: "x" }), "second", merged],
      [`${at}&fields=_created`, many, "third", all],
    ] as const) {
      const again = await keyed(path, json, key)
      expect([again.status, again.text]).toEqual([first.status, first.text])
      for (const header of ["location", "etag"])
        expect(again.headers.get(header)).toBe(first.headers.get(header))
      expect(again.headers.get("idempotency-replayed")).toBe("true")
    }
    expect(await rows("email,name,updated_at")).toEqual(after)
  })

  test("also at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => keyed("/members?on_conflict=email", ann(), "one")),
    )
    expect(statuses(answers), answers.map(({ text }) => text).join()).toEqual(Array(10).fill(201))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  })

  test("of many rows, in their order, whole", async () => {
    const many = ["c", "a", "b"].map((name) => ({ code: name, hits: 1 }))
    await post("/tags", { code: "b", hits: 9 })
    const first = await keyed("/tags?on_conflict=code", many, "tags")
    expect(first.body, first.text).toEqual(many.map((one) => ({ ...one, label: null })))
    await call("PATCH", "/tags/c", { json: { hits: 5 } })
    expect((await keyed("/tags?on_conflict=code", many, "tags")).text).toBe(first.text)
  })
})

describe("in a batch", () => {
  const batch = (operations: object[], headers: Record<string, string> = {}) =>
    call("POST", "/batch", { token: w.ann.token, headers, json: { operations } })
  const results = ({ body }: Answer) => (body as { results: { status: number; body: unknown }[] }).results
  const upsertOf = (json: object, id?: string) => ({
    ...(id ? { id } : {}),
    method: "POST",
    path: "/members?on_conflict=email",
    body: json,
  })

  test("rows are created or merged, and named by later operations", async () => {
    await byEmail(ann())
    const operations = [
      upsertOf(ann({ name: "x" }), "there"),
      upsertOf(ann({ email: "b@x.org" }), "new"),
      upsertOf(ann({ email: "c@x.org", boss_id: { $ref: "there.id" } })),
      upsertOf(ann({ email: "d@x.org", boss_id: { $ref: "new.id" } })),
      { ...upsertOf([ann({ name: "y" })]), path: "/members?on_conflict=email&resolution=ignore" },
    ]
    const answer = await batch(operations, { "idempotency-key": "batch" })
    expect(answer.status, answer.text).toBe(200)
    expect(results(answer).map(({ status }) => status)).toEqual([200, 201, 201, 201, 200])
    const [there, made, third, fourth, ignored] = results(answer).map(({ body }) => body) as {
      id: number
      boss_id: number
    }[]
    expect([there?.id, third?.boss_id, fourth?.boss_id]).toEqual([1, 1, made?.id])
    expect(ignored).toMatchObject([{ name: "x" }])
    expect((await batch(operations, { "idempotency-key": "batch" })).text).toBe(answer.text)
  })

  test("one that is forbidden undoes all, and is named", async () => {
    await byEmail(ann(), { token: w.bob.token })
    const before = await rows()
    const refused = await batch([
      upsertOf(ann({ email: "n@x.org" }), "first"),
      upsertOf(ann({ name: "mine" }), "second"),
    ])
    expect([refused.status, (refused.body as { operation: string }).operation]).toEqual([403, "second"])
    const named = await batch([
      upsertOf(ann({ email: "n@x.org" }), "one"),
      upsertOf({ ...ann(), email: { $ref: "one.email" } }),
    ])
    expect([named.status, faults(named)], named.text).toEqual([422, ["operations.1.email unknown_reference"]])
    expect(await rows()).toEqual(before)
  })
})

describe("with history, each row has the version of what became of it", () => {
  beforeEach(async () => {
    await createTables(w.database, { rowHistory })
    call = appWith({ history: true })
  })
  afterEach(async () => {
    await w.database.connect().batch([{ text: "drop table weir_row_history", params: [] }])
  })
  const versions = async (key: number) => {
    const list = await call("GET", `/members/${key}/history`, { token: w.ann.token })
    const all = list.body as { version: number; verb: string; row: { name: string } }[]
    return all.map(({ version, verb, row }) => `${version} ${verb} ${row.name}`)
  }

  test.each([false, true])("recorded: %s", async (isRecorded) => {
    let number = 0
    const send = (json: unknown, search = "") =>
      post(`/members?on_conflict=email${search}`, json, {
        headers: isRecorded ? { "idempotency-key": `${number++}` } : {},
      })
    expect((await send([ann(), ann({ email: "b@x.org", name: "Bea" })])).status).toBe(201)
    expect(
      (await send([ann({ name: "Anna" }), ann({ email: "b@x.org" })], "&resolution=ignore")).status,
    ).toBe(200)
    expect((await send([ann({ name: "Anna" }), ann({ email: "c@x.org", name: "Cec" })])).status).toBe(200)
    expect((await send([ann({ name: "Annie" }), ann({ score: 900 })])).status).toBe(403)
    expect(
      (await send([ann({ email: "d@x.org", name: "1" }), ann({ email: "d@x.org", name: "2" })])).status,
    ).toBe(200)
    expect(await versions(1)).toEqual(["2 update Anna", "1 insert Ann"])
    expect(await versions(2)).toEqual(["1 insert Bea"])
    const ids = (await rows("id,email")) as { id: number; email: string }[]
    const idOf = (email: string) => ids.find((one) => one.email === email)?.id as number
    expect(await versions(idOf("c@x.org"))).toEqual(["1 insert Cec"])
    expect(await versions(idOf("d@x.org"))).toEqual(["2 update 2", "1 insert 1"])
  })
})

test("a quota counts what is created alone", async () => {
  call = appWith({ quota: { rows: 2, per: "owner_id" } })
  const two = [ann(), ann({ email: "b@x.org" })]
  expect((await byEmail(two)).status).toBe(201)
  expect((await byEmail(two.map((one) => ({ ...one, name: "x" })))).status).toBe(200)
  const third = await byEmail([...two, ann({ email: "c@x.org" })])
  expect([third.status, (third.body as { code: string }).code]).toEqual([403, "quota_exceeded"])
  expect((await byEmail(ann({ email: "c@x.org" }), { token: w.bob.token })).status).toBe(201)
})

test("another unique value is a 409 as in any write", async () => {
  await byEmail([ann({ slug: "a" }), ann({ email: "b@x.org", slug: "b" })])
  const taken = await byEmail(ann({ slug: "b" }))
  expect(taken.status, taken.text).toBe(409)
  expect(faults(taken)).toEqual(["org taken", "slug taken"])
})

test("rows are made or found below their parent", async () => {
  const at = `/users/${w.ann.id}/members?on_conflict=email&fields=owner_id,_created`
  const made = await post(at, ann())
  expect([made.status, made.body], made.text).toEqual([201, { owner_id: w.ann.id, _created: true }])
  expect((await post(at, ann())).body).toEqual({ owner_id: w.ann.id, _created: false })
})

describe("what is wrong is said, and nothing is written", () => {
  test.each([
    ["no such key", "on_conflict=name", ann(), "on_conflict invalid_value"],
    ["a part of a key", "on_conflict=org", ann(), "on_conflict invalid_value"],
    ["an empty key", "on_conflict=", ann(), "on_conflict invalid_value"],
    ["two keys", "on_conflict=email&on_conflict=email", ann(), "on_conflict repeated"],
    ["no such resolution", "on_conflict=email&resolution=keep", ann(), "resolution invalid_value"],
    ["two resolutions", "on_conflict=email&resolution=merge&resolution=merge", ann(), "resolution repeated"],
    ["a resolution alone", "resolution=merge", ann(), "resolution unknown_parameter"],
    ["another parameter", "on_conflict=email&limit=1", ann(), "limit unknown_parameter"],
    ["no value", "on_conflict=org,slug", ann(), "slug required"],
    ["no value", "on_conflict=org,slug", ann({ slug: null }), "slug required"],
    ["no name", "on_conflict=email", { email: "a@x.org" }, "name invalid_type"],
  ])("%s: %s", async (_, search, json, fault) => {
    const answer = await post(`/members?${search}`, json)
    expect(answer.status, answer.text).toBe(422)
    expect(faults(answer)?.[0]?.split(" ")[0]).toBe(fault.split(" ")[0])
    expect(await rows()).toEqual([])
  })

  test("the keys that there are", async () => {
    expect((await post("/members?on_conflict=name", ann())).text).toContain("must be one of: email; org,slug")
    call = appWith({ upsert: undefined })
    expect(faults(await byEmail(ann()))).toEqual(["on_conflict unknown_parameter"])
  })

  test("a preference that is not understood, where all must be", async () => {
    const headers = { prefer: "handling=strict, resolution=keep" }
    expect((await byEmail(ann(), { headers })).status).toBe(422)
    const plain = { prefer: "handling=strict, resolution=merge-duplicates" }
    expect((await post("/members", ann(), { headers: plain })).status).toBe(422)
    expect((await byEmail(ann(), { headers: plain })).status).toBe(201)
  })
})

describe("at once", () => {
  test("of upserts of one new key, one creates, and all others merge", async () => {
    for (const resolution of ["merge", "ignore"]) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          post(
            `/members?on_conflict=email&resolution=${resolution}&fields=id,_created`,
            ann({ email: `${resolution}@x.org`, name: `${n}` }),
          ),
        ),
      )
      expect(statuses(answers), answers.map(({ text }) => text).join()).toEqual([...Array(19).fill(200), 201])
      for (const { status, body } of answers) expect(body).toMatchObject({ _created: status === 201 })
    }
    expect(await rows("email")).toHaveLength(2)
  })

  test("lists of the same rows in another order all hold, and each row is created once", async () => {
    const emails = Array.from({ length: 30 }, (_, n) => `m${n}@x.org`)
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        post(
          "/members?on_conflict=email&fields=email,_created",
          (n % 2 ? emails : emails.toReversed()).map((email) => ann({ email, name: `${n}` })),
        ),
      ),
    )
    const made = answers.flatMap(({ status, body, text }) => {
      expect([200, 201], text).toContain(status)
      return (body as { email: string; _created: boolean }[]).filter((one) => one._created)
    })
    expect(made.map(({ email }) => email).sort()).toEqual([...emails].sort())
    expect(await rows("email")).toHaveLength(30)
  })

  test("with deletes, plain creates and upserts, every upsert holds", async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        if (n % 4 === 1) await call("DELETE", "/tags/a")
        else if (n % 4 === 2) await post("/tags", { code: "a", hits: n })
        else return post("/tags?on_conflict=code&fields=code,_created", { code: "a", hits: n })
        return undefined
      }),
    )
    for (const answer of answers) if (answer) expect([200, 201], answer.text).toContain(answer.status)
  })
})

test("the document has the parameters, both answers, and what is added to a row", async () => {
  type Parameter = { name: string; schema: { enum?: string[] } }
  const { paths, components } = (await call("GET", "/openapi.json")).body as {
    paths: Record<string, { post: { parameters: ({ $ref?: string } & Parameter)[]; responses: object } }>
    components: {
      parameters: Record<string, Parameter>
      schemas: Record<string, { properties: object }>
    }
  }
  const parametersOf = (path: string) =>
    paths[path]?.post.parameters.map((one) =>
      one.$ref ? (components.parameters[one.$ref.split("/").at(-1) as string] as Parameter) : one,
    ) ?? []
  for (const path of ["/members", "/members/batch", "/users/{id}/members"]) {
    const names = parametersOf(path).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(["on_conflict", "resolution", "fields", "Prefer"]))
    expect(Object.keys(paths[path]?.post.responses ?? {})).toEqual(expect.arrayContaining(["200", "201"]))
  }
  const target = parametersOf("/members").find(({ name }) => name === "on_conflict")
  expect(target?.schema.enum).toEqual(["email", "org,slug"])
  expect(components.schemas.MemberPart?.properties).toHaveProperty("_created")
  expect(components.schemas.UserPart?.properties).not.toHaveProperty("_created")
  // Each answer is as documented.
  if (w.driver.startsWith("workerd")) return
  const { conformance } = await import("../support/openapi.ts")
  const witness = conformance((await call("GET", "/openapi.json")).text)
  for (const search of ["", "&fields=name,_created"])
    for (const json of [
      ann(),
      [ann(), ann({ email: "b@x.org" })],
      [ann({ email: `c${search.length}@x.org` })],
    ])
      witness("POST", "/members", await byEmailAs(search, json))
})

const byEmailAs = (search: string, json: unknown) => post(`/members?on_conflict=email${search}`, json)

describe("a resource that cannot is refused at load", () => {
  const secret = {
    as: "password",
    confirm: "current",
    min: 8,
    max: 20,
    hash: async () => "",
    verify: async () => true,
  }
  test.each([
    [
      "no column",
      () => membersResource({ upsert: ["nick"] }),
      /members: upsert names "nick", which is no column/,
    ],
    [
      "not unique",
      () => membersResource({ upsert: ["name"] }),
      /members: upsert names "name", which is not unique/,
    ],
    [
      "part",
      () => membersResource({ upsert: [["org"]] }),
      /members: upsert names "org", which is not unique/,
    ],
    ["made", () => membersResource({ upsert: ["id"] }), /members: upsert names "id", which no client gives/],
    ["none", () => membersResource({ upsert: [[]] }), /members: upsert names no column/],
    [
      "hidden",
      () => membersResource({ upsert: ["email"], fields: { email: { read: nobody } } }),
      /members: upsert names "email", which is hidden/,
    ],
    [
      "conditional",
      () => membersResource({ conditional: "required" }),
      /members: upsert changes rows without If-Match/,
    ],
    [
      "secret",
      () => resource(users, { upsert: ["email"], fields: { hashed_password: { read: nobody, secret } } }),
      /users: upsert would need a secret/,
    ],
    ["documents", () => resource(notes, { upsert: ["_id"] }), /upsert_notes: upsert .* PUT/],
  ])("%s", (_, make, message) => {
    expect(() => apiOf(make())).toThrow(message)
  })
})
