// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { admin, anyone, nobody, owner, signedIn } from "../../../src/weir/resource/rules.ts"
import {
  collection,
  id,
  integer,
  references,
  rowHistory,
  table,
  text,
  timestamp,
} from "../../../src/weir/schema.ts"
import * as items from "../fixture/src/schema/items.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const labels = table("labels", {
  id: id(),
  label: text({ max: 40 }).notNull().unique(),
  uses: integer().notNull().default(0),
  deleted_at: timestamp(),
})
const boxes = table("boxes", { id: id(), name: text({ max: 40 }).notNull().unique() })
const parts = table("parts", {
  id: id(),
  box_id: references(() => boxes.id),
  name: text({ max: 40 }).notNull(),
})
const notes = collection("notes", {})

let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { rowHistory, labels, boxes, parts, notes })
  const unique = `create unique index history_row on weir_row_history (table_name, row_key, version)`
  await w.database.connect().batch([{ text: unique, params: [] }])
  const open = { read: anyone, create: signedIn, update: signedIn, delete: signedIn }
  call = appOf(
    w,
    resource(users, { read: anyone, fields: { hashed_password: { read: nobody } } }),
    resource(items, {
      read: anyone,
      create: signedIn,
      update: owner,
      delete: owner,
      fields: { owner_id: { write: admin, initially: (viewer) => viewer.id } },
      quota: { rows: 1_000, per: owner },
    }),
    resource(labels, {
      ...open,
      upsert: ["label"],
      bulk: true,
      history: true,
      softDelete: "deleted_at",
      restore: signedIn,
    }),
    resource(boxes, { ...open, upsert: ["name"], embed: { parts: { create: true } } }),
    resource(parts, open),
    resource(notes, { ...open, replace: true }),
  )
  const made = await call("POST", "/labels", {
    token: w.ann.token,
    json: ["a", "b", "c"].map((label) => ({ label })),
  })
  expect(made.status, made.text).toBe(201)
})
afterEach(async () => {
  const drop = (name: string) => ({ text: `drop table ${name}`, params: [] })
  const names = ["labels", "parts", "boxes", "notes", "weir_row_history"]
  await w.database.connect().batch(names.map(drop))
  await w.close()
})

type Operation = { method: string; path: string; body?: unknown }

const count = 16
/** Sends `operations` as batches at once, every other one in the other order. */
const inBothOrders = (operations: (n: number) => Operation[], token = w.ann.token): Promise<Answer[]> =>
  Promise.all(
    Array.from({ length: count }, (_, n) => {
      const list = operations(n).map((one, i) => ({ id: `o${i}`, ...one }))
      return call("POST", "/batch", { token, json: { operations: n % 2 ? list.reverse() : list } })
    }),
  )
const statuses = (answers: Answer[]): number[] => [...new Set(answers.map(({ status }) => status))].sort()
const patch = (path: string, uses: number): Operation => ({ method: "PATCH", path, body: { uses } })

describe("batches that lock the same rows in another order", () => {
  test("of changes are all carried out, each as a whole", async () => {
    const answers = await inBothOrders((n) => [patch("/labels/1", n), patch("/labels/2", n)])
    expect(statuses(answers), answers.map(({ text: one }) => one).join("\n")).toEqual([200])
    const { body } = await call("GET", "/labels?fields=uses&id[lt]=3")
    const [one, two] = body as { uses: number }[]
    expect(one).toEqual(two)
    const { body: versions } = await call("GET", `/labels/1/history?limit=100`, { token: w.root.token })
    expect(versions).toHaveLength(count + 1)
  })

  test("of changes of another form: by key, by a unique column, and by a filter", async () => {
    const token = w.ann.token
    const answers = await Promise.all(
      Array.from({ length: count }, (_, n) => {
        const operations = [
          { id: "a", method: "POST", path: "/labels?on_conflict=label", body: { label: "b", uses: n } },
          { id: "b", ...patch("/labels/1", n) },
        ]
        if (n % 4 === 0) return call("POST", "/batch", { token, json: { operations } })
        if (n % 4 === 1) return call("PATCH", "/labels?uses[gte]=0", { token, json: { uses: n } })
        if (n % 4 === 2)
          return call("PATCH", "/labels", { token, json: [2, 1].map((key) => ({ id: key, uses: n })) })
        return call("POST", "/labels?on_conflict=label", {
          token,
          headers: { prefer: "resolution=merge-duplicates" },
          json: ["b", "a", "c"].map((label) => ({ label, uses: n })),
        })
      }),
    )
    for (const { status, text: answer } of answers) expect(status, answer).toBeOneOf([200, 201])
  })

  test("of upserts", async () => {
    const upsert = (name: string): Operation => ({
      method: "POST",
      path: "/boxes?on_conflict=name",
      body: { name },
    })
    const answers = await inBothOrders(() => [upsert("x"), upsert("y")])
    expect(statuses(answers), answers.map(({ text: one }) => one).join("\n")).toEqual([200])
  })

  test("of deletes are carried out once, and the others find nothing", async () => {
    const answers = await inBothOrders(() =>
      [1, 2].map((key) => ({ method: "DELETE", path: `/labels/${key}` })),
    )
    expect(statuses(answers), answers.map(({ text: one }) => one).join("\n")).toEqual([200, 404])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const restored = await inBothOrders(() =>
      [1, 2].map((key) => ({ method: "POST", path: `/labels/${key}/restore` })),
    )
    expect(restored.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const { status, text: answer } of restored) expect(status, answer).toBeLessThan(500)
  })

  test("of creates with the same unique values: one makes them, and the others are told so", async () => {
    const answers = await inBothOrders(() =>
      ["x", "y"].map((label) => ({ method: "POST", path: "/labels", body: { label } })),
    )
    expect(statuses(answers), answers.map(({ text: one }) => one).join("\n")).toEqual([200, 409])
    for (const { status, body } of answers)
      if (status === 409) expect(body).toMatchObject({ code: "duplicate", errors: [{ code: "taken" }] })
    const nested = await Promise.all(
      Array.from({ length: count }, (_, n) => {
        const rows = ["p", "q"].map((name) => ({ name, parts: [{ name }] }))
        return call("POST", "/boxes", { token: w.ann.token, json: n % 2 ? rows.reverse() : rows })
      }),
    )
    expect(statuses(nested), nested.map(({ text: one }) => one).join("\n")).toEqual([201, 409])
  })

  test("of creates under quotas of two owners", async () => {
    const answers = await inBothOrders(
      (n) =>
        [w.ann, w.bob].map((person) => ({
          method: "POST",
          path: "/items",
          body: { title: `${n}`, price: 1, owner_id: person.id },
        })),
      w.root.token,
    )
    expect(statuses(answers), answers.map(({ text: one }) => one).join("\n")).toEqual([200])
  })

  test("of documents", async () => {
    for (const key of ["n1", "n2"])
      expect((await call("PUT", `/notes/${key}`, { token: w.ann.token, json: { n: -1 } })).status).toBe(201)
    const answers = await inBothOrders((n) =>
      ["n1", "n2"].map((key, i) => ({ method: i ? "PUT" : "PATCH", path: `/notes/${key}`, body: { n } })),
    )
    expect(statuses(answers), answers.map(({ text: one }) => one).join("\n")).toEqual([200])
  })

  test("that are rehearsed beside those that are carried out", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => {
        const list = [patch("/labels/1", n), patch("/labels/2", n)].map((one, i) => ({ id: `o${i}`, ...one }))
        return call("POST", "/batch", {
          token: w.ann.token,
          headers: n % 4 < 2 ? { prefer: "tx=rollback" } : {},
          json: { operations: n % 2 ? list.reverse() : list },
        })
      }),
    )
    for (const { status, text: answer } of answers) expect(status, answer).toBe(200)
  })

  test("of statements that do not say what they write", async () => {
    const of = 12
    const statements = [1, 2].map((key) => ({
      text: `update labels set uses = uses + 1 where id = ${key}`,
      params: [],
    }))
    await Promise.all(
      Array.from({ length: of }, async (_, n) => {
        const client = w.database.connect()
        await client.batch(n % 2 ? [...statements].reverse() : statements)
        await client.close?.()
      }),
    )
    const { body } = await call("GET", "/labels?fields=uses&id[lt]=3")
    expect(body).toEqual([{ uses: of }, { uses: of }])
  })
})

describe.runIf(dialectName === "postgres")("a write that Postgres undoes for the sake of others", () => {
  const run = (...texts: string[]) =>
    w.database.connect().batch(texts.map((one) => ({ text: one, params: [] })))
  /** Has changes of labels fail as where two transactions do not go together, as long as the condition holds. */
  const failWhile = (condition: string) =>
    run(
      "create sequence tries",
      `create function fail() returns trigger language plpgsql as $$ begin
        if ${condition} then raise exception 'not in one order' using errcode = '40001'; end if;
        return new;
      end $$`,
      "create trigger failing before update on labels for each row execute function fail()",
    )
  afterEach(() => run("drop function fail cascade", "drop sequence tries"))

  const change = (path = "/labels/1") => call("PATCH", path, { token: w.ann.token, json: { uses: 5 } })

  test("is sent again", async () => {
    await failWhile("nextval('tries') < 3")
    const { status, text: answer, body } = await change()
    expect(status, answer).toBe(200)
    expect(body).toMatchObject({ uses: 5 })
    const many = await change("/labels?id[gt]=0")
    expect(many.status, many.text).toBe(200)
    await run("alter sequence tries restart")
    const [rows] = await run("update labels set uses = 6 where id = 1 returning uses")
    expect(Number(rows?.[0]?.[0])).toBe(6)
    await run("alter sequence tries restart")
    const client = w.database.connect()
    const query = { text: "update labels set uses = 7 where id = 1 returning uses", params: [] }
    expect(Number((await client.query(query))[0]?.[0])).toBe(7)
    await client.close?.()
  })

  test("is sent again where it is rehearsed", async () => {
    await failWhile("nextval('tries') < 3")
    const headers = { prefer: "tx=rollback" }
    const answer = await call("PATCH", "/labels/1", { token: w.ann.token, headers, json: { uses: 5 } })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.body).toMatchObject({ uses: 5 })
  })

  test("is told after many tries that others change the row, and nothing is written", async () => {
    await failWhile("true")
    const { status, body, headers } = await change()
    expect([status, headers.get("retry-after")]).toEqual([409, "1"])
    expect(body).toMatchObject({
      code: "conflict",
      detail: "Others are changing the same rows now: try again",
    })
    const [rows] = await run("select uses from labels where id = 1")
    expect(Number(rows?.[0]?.[0])).toBe(0)
  })
})
