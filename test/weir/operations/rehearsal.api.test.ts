// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { relations } from "drizzle-orm"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { defineApi } from "../../../src/weir/api.ts"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { admin, anyone, nobody, self, signedIn } from "../../../src/weir/resource/rules.ts"
import {
  collection,
  id,
  references,
  rowHistory,
  table,
  text,
  timestamp,
  writeRecords,
} from "../../../src/weir/schema.ts"
import * as users from "../fixture/src/schema/users.ts"
import { type Answer, type Call, caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { appOver, fixture } from "../support/fresh.ts"
import { type World, world } from "../support/world.ts"

const boards = table("boards", { id: id(), name: text({ max: 40 }).notNull().unique() })
const cards = table("cards", {
  id: id(),
  board_id: references(() => boards.id).notNull(),
  title: text({ max: 40_000 }).notNull().unique(),
  deleted_at: timestamp(),
})
const tags = table("tags", { code: text({ max: 8 }).primaryKey(), name: text({ max: 40 }) })
const card_tags = table("card_tags", {
  id: id(),
  card_id: references(() => cards.id).notNull(),
  tag_code: references(() => tags.code).notNull(),
})
const notes = collection("notes")
const tables = { boards, cards, tags, card_tags, notes }

const boardsRelations = relations(boards, ({ many }) => ({ cards: many(cards) }))
const cardsRelations = relations(cards, ({ one, many }) => ({
  board: one(boards, { fields: [cards.board_id], references: [boards.id] }),
  card_tags: many(card_tags),
}))
const cardTagsRelations = relations(card_tags, ({ one }) => ({
  card: one(cards, { fields: [card_tags.card_id], references: [cards.id] }),
  tag: one(tags, { fields: [card_tags.tag_code], references: [tags.code] }),
}))

let w: World
let call: Call
let hooks: string[]
/** What the check before the create of a board does. */
let before: ((db: unknown) => Promise<unknown>) | undefined
let works: Promise<void>[]
const open = { read: anyone, create: signedIn, update: signedIn, delete: signedIn, bulk: true }

beforeEach(async () => {
  w = await world()
  await createTables(w.database, { ...tables, rowHistory }, { foreignKeys: true })
  hooks = []
  works = []
  before = undefined
  const api = defineApi({
    title: "Weir",
    version: "0.0.0",
    accounts: { table: users.users, login: ["email"], password: "hashed_password", role: "role" },
    history: rowHistory,
    records: writeRecords,
    resources: [
      resource(users, {
        ...open,
        bulk: false,
        create: anyone,
        update: self,
        delete: self,
        fields: {
          role: { write: admin },
          hashed_password: {
            read: nobody,
            secret: {
              as: "password",
              confirm: "current_password",
              min: 8,
              max: 40,
              hash: async () => "hash",
              verify: async () => true,
            },
          },
        },
      }),
      resource(
        { boards, boardsRelations },
        {
          ...open,
          history: true,
          replace: true,
          embed: { cards: { create: true } },
          before: { create: async ({ db }) => void (await before?.(db)) },
          after: {
            create: () => void hooks.push("create"),
            update: () => void hooks.push("update"),
            delete: () => void hooks.push("delete"),
          },
        },
      ),
      resource(
        { cards, cardsRelations },
        {
          ...open,
          softDelete: "deleted_at",
          restore: signedIn,
          upsert: ["title"],
          embed: { tags: { junction: ["card_tags", "tag"] }, board: {} },
        },
      ),
      resource(tags, { ...open, replace: true, upsert: ["code"] }),
      resource({ card_tags, cardTagsRelations }, { ...open, embed: { card: {} } }),
      resource(notes, open),
    ],
  })
  const { app } = appOver(w.database, {
    subject: { ...fixture, api },
    cache: w.cache,
    waitUntil: (_, work) => void works.push(work),
  })
  call = caller(app)
  await done("POST /boards", { name: "one", cards: [{ title: "a" }, { title: "b" }] })
  await done("POST /tags", [{ code: "x" }, { code: "y" }])
  await done("PUT /cards/1/tags/x")
  await done("PUT /notes/n", { color: "red" })
  await done("PATCH /boards/1", { name: "first" })
  await settled()
  hooks = []
})
afterEach(async () => {
  await settled()
  await run(
    ...["card_tags", "cards", "boards", "tags", "notes", "weir_row_history"].map(
      (name) => `drop table ${name}`,
    ),
  )
  await w.close()
})

async function settled(): Promise<void> {
  while (works.length) await Promise.all(works.splice(0))
}
async function run(...statements: string[]): Promise<unknown[][][]> {
  const client = w.database.connect()
  const rows = await client.batch(statements.map((statement) => ({ text: statement, params: [] })))
  await client.close?.()
  return rows
}
const send = (request: string, json?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
  const [method, path] = request.split(" ") as [string, string]
  const token = request.startsWith("POST /users") ? undefined : w.ann.token
  return call(method, path, { token, headers, ...(json === undefined ? {} : { json }) })
}
const rehearse = (request: string, json?: unknown, headers: Record<string, string> = {}) =>
  send(request, json, { prefer: "tx=rollback", ...headers })
async function done(request: string, json?: unknown, headers = {}): Promise<Answer> {
  const answer = await send(request, json, headers)
  expect(answer.status, `${request}: ${answer.text}`).toBeLessThan(300)
  return answer
}

/** All that the database holds. Sequences of Postgres alone go on. */
async function everything(): Promise<unknown> {
  const names = ["users", "items", "weir_write_records", "weir_row_history", ...Object.keys(tables)]
  const own = w.database.dialect === "sqlite" ? [...names, "sqlite_sequence", "sqlite_master"] : names
  const rows = await run(...own.map((name) => `select * from ${name}`))
  return own.map((name, i) => [name, (rows[i] ?? []).map((row) => JSON.stringify(row)).sort()])
}

/** An answer without what differs between two requests: their names, times, and keys that a sequence makes. */
function told({ status, text, headers }: Answer): unknown {
  const isNew = /"_?(created|updated)_at"/.test(text) || w.database.dialect === "postgres"
  const plain = (value: string) => {
    const timeless = value.replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"…"')
    const keyless = timeless.replace(/("(?:board_)?id":|\/)\d+/g, "$1…")
    return (w.database.dialect === "postgres" ? keyless : timeless).replace(
      /("_version":|"etag":)"[^,]*"/g,
      "$1…",
    )
  }
  const kept = [...headers].filter(
    ([name]) => !["x-request-id", "date", "server-timing", "preference-applied"].includes(name),
  )
  const others = kept.map(([name, value]) => [name, name === "etag" && isNew ? "…" : plain(value)])
  return { status, text: plain(text.replace(/"request_id":"[^"]*"/, "")), headers: others }
}

const person = (name: string) => ({ email: `${name}@example.com`, username: name, password: "correct horse" })
const etag = { "if-match": '"0000000000000000"' }

/** Requests by the routes that they are for, each of which is rehearsed and then sent. */
const requests: Record<string, [request: string, json?: unknown, headers?: Record<string, string>][]> = {
  "post /users": [
    ["POST /users", person("zoe")],
    ["POST /users", person("ann")],
  ],
  "post /users/batch": [["POST /users/batch", [person("yan"), person("xia")]]],
  "patch /users/{id}": [
    ["PATCH /users/1", { username: "anna" }],
    ["PATCH /users/2", { username: "no" }],
  ],
  "patch /users/me": [["PATCH /users/me", { username: "annie" }]],
  "post /boards": [
    ["POST /boards", { name: "two" }],
    ["POST /boards", { name: "two" }],
    ["POST /boards", { name: 1 }],
    ["POST /boards?include=cards&fields=name,_version", { name: "three" }],
    ["POST /boards", { name: "nested", cards: [{ title: "c" }, { title: "d" }] }],
    ["POST /boards", { name: "broken", cards: [{ title: "e" }, { title: "a" }] }],
    ["POST /boards?fields=name", [{ name: "m1" }, { name: "m2" }]],
    ["POST /boards", { name: "four" }, { prefer: "tx=rollback, return=minimal" }],
    ["POST /boards", { name: "five" }, { "idempotency-key": "k1" }],
    ["POST /boards?fields=name", { name: "six" }, { "idempotency-key": "k2" }],
  ],
  "post /boards/batch": [["POST /boards/batch", [{ name: "m3" }, { name: "m4" }]]],
  "patch /boards/{id}": [
    ["PATCH /boards/1", { name: "eins" }],
    ["PATCH /boards/1", { name: "uno" }, etag],
    ["PATCH /boards/1?from_version=1"],
    ["PATCH /boards/1?include=cards", { name: "un" }],
    ["PATCH /boards/99", { name: "none" }],
  ],
  "put /boards/{id}": [["PUT /boards/1", { name: "put" }]],
  "delete /boards/{id}": [["DELETE /boards/1"], ["DELETE /boards/2"], ["DELETE /boards/2"]],
  "post /boards/{id}/cards": [
    ["POST /boards/1/cards", { title: "f" }],
    ["POST /boards/99/cards", { title: "f" }],
  ],
  "post /boards/{id}/cards/batch": [["POST /boards/1/cards/batch", [{ title: "g" }]]],
  "post /cards": [
    ["POST /cards", { title: "h", board_id: 1 }],
    ["POST /cards", { title: "h", board_id: 77 }],
    ["POST /cards?on_conflict=title", { title: "h", board_id: 1 }],
    [
      "POST /cards?on_conflict=title&fields=id,title,_created",
      [
        { title: "h", board_id: 1 },
        { title: "i", board_id: 1 },
      ],
    ],
    ["POST /cards?on_conflict=title&resolution=ignore", { title: "h", board_id: 1 }],
  ],
  "post /cards/batch": [["POST /cards/batch", [{ title: "j", board_id: 1 }]]],
  "patch /cards/{id}": [
    ["PATCH /cards/1", { title: "a2" }],
    ["PATCH /cards/1", { title: "b" }],
  ],
  "delete /cards/{id}": [["DELETE /cards/2"], ["DELETE /cards/2"]],
  "post /cards/{id}/restore": [["POST /cards/2/restore"], ["POST /cards/2/restore"]],
  "put /cards/{id}/tags/{tag_code}": [
    ["PUT /cards/1/tags/y"],
    ["PUT /cards/1/tags/y"],
    ["PUT /cards/1/tags/no"],
  ],
  "delete /cards/{id}/tags/{tag_code}": [["DELETE /cards/1/tags/y"], ["DELETE /cards/1/tags/y"]],
  "post /tags": [
    ["POST /tags", { code: "z" }],
    ["POST /tags?on_conflict=code", [{ code: "z", name: "last" }, { code: "q" }]],
  ],
  "post /tags/batch": [["POST /tags/batch", [{ code: "r" }]]],
  "patch /tags/{code}": [["PATCH /tags/x", { name: "ex" }]],
  "put /tags/{code}": [
    ["PUT /tags/x", { name: "ix" }],
    ["PUT /tags/w", { name: "new" }],
  ],
  "delete /tags/{code}": [["DELETE /tags/w"], ["DELETE /tags/x"]],
  "post /card_tags": [["POST /card_tags?include=card", { card_id: 1, tag_code: "q" }]],
  "post /card_tags/batch": [["POST /card_tags/batch", [{ card_id: 1, tag_code: "z" }]]],
  "patch /card_tags/{id}": [["PATCH /card_tags/1", { tag_code: "z" }]],
  "delete /card_tags/{id}": [["DELETE /card_tags/1"]],
  "post /notes": [["POST /notes", { _id: "m", color: "blue" }]],
  "post /notes/batch": [["POST /notes/batch", [{ _id: "o" }, { _id: "p", deep: { er: 'é"\\' } }]]],
  "patch /notes/{_id}": [["PATCH /notes/n", { color: null }]],
  "put /notes/{_id}": [
    ["PUT /notes/n", { color: "green" }],
    ["PUT /notes/new", { color: "green" }],
  ],
  "delete /notes/{_id}": [["DELETE /notes/n"]],
  "patch /boards": [
    ["PATCH /boards?fields=name,_version", [{ id: 1, name: "each" }]],
    ["PATCH /boards?name[starts_with]=m", { name: "all" }],
    ["PATCH /boards?id=1", { name: "where" }],
  ],
  "delete /boards": [["DELETE /boards?name[in]=m1,m2"], ["DELETE /boards"]],
  "patch /cards": [
    [
      "PATCH /cards",
      [
        { id: 1, title: "p1" },
        { id: 99, title: "p99" },
      ],
    ],
  ],
  "delete /cards": [["DELETE /cards?title[in]=i,j"]],
  "patch /tags": [["PATCH /tags?code[in]=z,q,r", { name: "bulk" }]],
  "delete /tags": [["DELETE /tags?code=r"]],
  "patch /card_tags": [["PATCH /card_tags?id[gt]=0", { tag_code: "q" }]],
  "delete /card_tags": [["DELETE /card_tags?id[gt]=0"]],
  "patch /notes": [["PATCH /notes", [{ _id: "m", color: "red" }]]],
  "delete /notes": [["DELETE /notes?_id=o"]],
  "post /batch": [
    [
      "POST /batch",
      {
        operations: [
          { id: "b", method: "POST", path: "/boards?fields=name", body: { name: "of batch" } },
          {
            id: "c",
            method: "POST",
            path: "/cards",
            body: { title: "of batch", board_id: { $ref: "b.id" } },
          },
          { method: "PATCH", path: "/boards/{b.id}", body: { name: "patched" } },
          { method: "GET", path: "/boards/{b.id}?include=cards&fields=name" },
          { method: "GET", path: "/cards?title=of%20batch&fields=title" },
          { method: "PUT", path: "/cards/1/tags/y" },
          {
            method: "POST",
            path: "/tags?on_conflict=code",
            body: [{ code: "z", name: "zz" }, { code: "zzz" }],
          },
          { method: "DELETE", path: "/cards/{c.id}" },
        ],
      },
    ],
    [
      "POST /batch",
      {
        operations: [
          { method: "POST", path: "/boards", body: { name: "kept?" } },
          { method: "POST", path: "/cards", body: { title: "of batch", board_id: 1 } },
          { method: "PATCH", path: "/boards/99", body: { name: "none" } },
        ],
      },
    ],
  ],
  // Last: they end the writer.
  "delete /users/{id}": [["DELETE /users/2"]],
  "delete /users/me": [["DELETE /users/me"]],
}

describe("with tx=rollback", () => {
  test("each write of the API is answered as it would be, and leaves nothing", async () => {
    const { body } = await call("GET", "/openapi.json", { token: w.ann.token })
    const routes = Object.entries((body as { paths: Record<string, object> }).paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((method) => /post|put|patch|delete/.test(method))
        .map((method) => `${method} ${path}`),
    )
    const ours = routes.filter((route) => !route.startsWith("post /auth/"))
    expect(Object.keys(requests).sort()).toEqual(ours.sort())
    for (const [route, all] of Object.entries(requests))
      for (const [request, json, headers] of all) {
        const what = `${route}: ${request} ${JSON.stringify(json)}`
        const was = await everything()
        const rehearsed = await rehearse(request, json, headers)
        await settled()
        expect(await everything(), what).toEqual(was)
        expect(hooks, what).toEqual([])
        if (rehearsed.status < 300)
          expect(rehearsed.headers.get("preference-applied"), what).toMatch(/tx=rollback/)
        const { prefer, ...others } = headers ?? {}
        const minimal = prefer?.includes("minimal") ? { prefer: "return=minimal" } : {}
        const real = await send(request, json, { ...others, ...minimal })
        expect(told(rehearsed), what).toEqual(told(real))
        await settled()
        hooks = []
      }
  })

  test("what is embedded deeply, and may take long, is answered as it would be", async () => {
    const deep = "include=board.cards.tags"
    const cards = [1, 2].map((n) => ({ title: `deep ${n}`, board_id: 1 }))
    for (const [request, body] of [
      [`POST /cards?${deep}`, cards],
      [`POST /cards?on_conflict=title&${deep}`, [...cards, { title: "a", board_id: 1 }]],
      [`PATCH /cards/1?${deep}`, { title: "changed" }],
      [`PATCH /cards?${deep}`, [{ id: 1, title: "again" }]],
      ["PUT /boards/1?include=cards.tags", { name: "put" }],
      ["POST /card_tags?include=card.board.cards", { card_id: 1, tag_code: "y" }],
      ["PATCH /boards/1?from_version=1&include=cards.tags"],
      ["DELETE /cards/2"],
      [`POST /cards/2/restore?${deep}`],
      [
        "POST /batch",
        {
          operations: [
            { id: "b", method: "POST", path: "/boards", body: { name: "of batch" } },
            {
              id: "c",
              method: "POST",
              path: `/cards?${deep}`,
              body: { title: "c", board_id: { $ref: "b.id" } },
            },
            { method: "PUT", path: "/cards/{c.id}/tags/x" },
            { method: "PUT", path: "/boards/1?include=cards.tags", body: { name: "replaced" } },
            { method: "PUT", path: "/tags/new", body: { name: "new" } },
            { method: "GET", path: "/boards/{b.id}?include=cards.tags" },
          ],
        },
      ],
    ] as [string, unknown?][]) {
      const was = await everything()
      const rehearsed = await rehearse(request, body)
      expect(await everything(), request).toEqual(was)
      expect(rehearsed.status, `${request}: ${rehearsed.text}`).toBeLessThan(300)
      expect(told(rehearsed), request).toEqual(told(await send(request, body)))
    }
  })

  test("the cache keeps what it has", async () => {
    const list = () => call("GET", "/boards?limit=1")
    await list()
    const held = (await list()).headers.get("cache-status")
    expect((await rehearse("POST /boards?include=cards", { name: "new" })).status).toBe(201)
    expect((await rehearse("PATCH /boards/1?fields=name", { name: "new" })).status).toBe(200)
    const after = await list()
    expect(after.headers.get("cache-status")?.split(";")[1]).toBe(held?.split(";")[1])
    expect(after.text).toContain("first")
    expect((await call("GET", "/boards/1?fields=name")).body).toEqual({ name: "first" })
  })

  test("a check before it sees the rehearsal, and what it writes is undone with it", async () => {
    before = async (db) => {
      const handle = db as { insert(of: unknown): { values(row: object): Promise<unknown> } }
      await handle.insert(tags).values({ code: "hook" })
    }
    expect((await rehearse("POST /boards", { name: "hooked" })).status).toBe(201)
    expect((await call("GET", "/tags/hook")).status).toBe(404)
    expect((await done("POST /boards", { name: "hooked" })).status).toBe(201)
    expect((await call("GET", "/tags/hook")).status).toBe(200)
  })

  test("a check that reads what its own write returns is refused on D1 alone", async () => {
    before = async (db) => {
      const handle = db as { insert(of: unknown): { values(row: object): { returning(): Promise<unknown> } } }
      expect(await handle.insert(tags).values({ code: "hook" }).returning()).toEqual([
        { code: "hook", name: null },
      ])
    }
    const answer = await rehearse("POST /boards", { name: "hooked" })
    expect(answer.status, answer.text).toBe(w.driver === "workerd-d1" ? 422 : 201)
    if (w.driver === "workerd-d1") expect(answer.text).toContain("D1 does not tell what it has returned")
    expect((await call("GET", "/tags/hook")).status).toBe(404)
  })

  test("an Idempotency-Key is not used up, and one that was is answered for", async () => {
    const key = { "idempotency-key": "once" }
    expect((await rehearse("POST /boards", { name: "keyed" }, key)).status).toBe(201)
    const first = await done("POST /boards", { name: "keyed" }, key)
    expect(first.headers.get("idempotency-replayed")).toBeNull()
    const again = await rehearse("POST /boards", { name: "keyed" }, key)
    expect([again.text, again.headers.get("idempotency-replayed")]).toEqual([first.text, "true"])
    expect((await rehearse("POST /boards", { name: "other" }, key)).status).toBe(422)
  })

  test("rehearsals at once leave nothing, and stand in nobody's way", async () => {
    const names = Array.from({ length: 8 }, (_, i) => `at once ${i}`)
    const answers = await Promise.all(
      names.flatMap((name) => [
        rehearse("POST /boards?fields=name", { name }),
        send("POST /tags", { code: name.slice(-1) }),
      ]),
    )
    // A write between two parts of a rehearsal may send it back.
    for (const { status, text } of answers) expect([201, 503], text).toContain(status)
    expect(answers.filter((_, i) => i % 2 === 1).map(({ status }) => status)).toEqual(names.map(() => 201))
    expect((await call("GET", "/boards?name[starts_with]=at")).body).toEqual([])
  })

  test.runIf(dialectName === "postgres")("what a commit would refuse is refused", async () => {
    const [found] = await run(
      "select conname from pg_constraint where conrelid = 'cards'::regclass and contype = 'f'",
    )
    const name = String(found?.[0]?.[0])
    await run(`alter table cards alter constraint "${name}" deferrable initially deferred`)
    const card = { title: "of none", board_id: 77 }
    const rehearsed = await rehearse("POST /cards", card)
    expect(rehearsed.status, rehearsed.text).toBe(422)
    expect(told(rehearsed)).toEqual(told(await send("POST /cards", card)))
  })

  test("an array comes back in its shape", async () => {
    const sent = Array.from({ length: 250 }, (_, i) => ({ title: `many ${i}`, board_id: 1 }))
    const answer = await rehearse("POST /cards?fields=title&include=board", sent)
    expect(answer.status, answer.text).toBe(201)
    const rows = answer.body as { title: string; board: object }[]
    expect(rows.map(({ title }) => title)).toEqual(sent.map(({ title }) => title))
    expect(rows[249]?.board).toMatchObject({ name: "first" })
    expect((await call("GET", "/cards?limit=9&fields=id")).body).toHaveLength(2)
  })

  test("an answer that D1 cannot tell is refused, and others tell it", async () => {
    const sent = Array.from({ length: 30 }, (_, i) => ({ title: `${i}`.repeat(15_000), board_id: 1 }))
    const answer = await rehearse("POST /cards", sent)
    if (w.driver === "workerd-d1") {
      expect(answer.status).toBe(422)
      expect(answer.body).toMatchObject({
        errors: [
          { path: "prefer", code: "invalid_value", message: "tx=rollback: its answer is too long for D1" },
        ],
      })
    } else expect(answer.status).toBe(201)
    expect((await call("GET", "/cards?limit=9&fields=id")).body).toHaveLength(2)
  })
})

test("a misspelt tx is refused: nothing was to be written", async () => {
  for (const prefer of ["tx=roll-back", "tx", "tx=none, return=minimal"]) {
    const answer = await send("POST /boards", { name: "misspelt" }, { prefer })
    expect([prefer, answer.status]).toEqual([prefer, 422])
  }
  const { headers } = await done("POST /boards", { name: "misspelt" }, { prefer: 'TX="Rollback"' })
  expect(headers.get("preference-applied")).toBe("tx=rollback")
  expect((await call("GET", "/boards?name=misspelt")).body).toEqual([])
})

test("tx=commit is the default, and what is not understood is refused where that is asked for", async () => {
  const { headers } = await done("POST /boards", { name: "two" }, { prefer: "tx=commit" })
  expect(headers.get("preference-applied")).toBe("tx=commit")
  expect((await call("GET", "/boards?name=two")).body).toHaveLength(1)
  const strict = (value: string) => ({ prefer: `handling=strict, ${value}` })
  for (const request of [
    "POST /boards",
    "PATCH /boards/1",
    "DELETE /boards/2",
    "PUT /cards/1/tags/y",
    "POST /batch",
  ]) {
    const json =
      request === "POST /batch"
        ? { operations: [{ method: "POST", path: "/tags", body: { code: "s" } }] }
        : { name: "s" }
    const answer = await send(
      request,
      request.includes("DELETE") || request.includes("/tags/") ? undefined : json,
      strict("tx=maybe"),
    )
    expect([request, answer.status, (answer.body as { errors: object[] }).errors]).toEqual([
      request,
      422,
      [{ path: "prefer", message: "tx=maybe is not understood", code: "invalid_value" }],
    ])
  }
  const applied = await send("DELETE /boards/2", undefined, strict("tx=rollback"))
  expect(applied.status).toBe(204)
  expect(applied.headers.get("preference-applied")).toBe("tx=rollback, handling=strict")
  expect((await call("GET", "/boards/2")).status).toBe(200)
})
