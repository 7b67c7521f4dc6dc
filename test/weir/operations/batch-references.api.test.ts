// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { relations } from "drizzle-orm"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { hashPassword, verifyPassword } from "../../../src/weir/auth/password.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { admin, anyone, nobody, owner, self, signedIn } from "../../../src/weir/resource/rules.ts"
import {
  bytes,
  collection,
  decimal,
  id,
  integer,
  oneOf,
  references,
  table,
  text,
  timestamp,
  uuid,
  uuidKey,
} from "../../../src/weir/schema.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type Person, type World, world } from "../support/world.ts"

const papers = table("papers", {
  id: uuidKey(),
  owner_id: references(() => users.users.id).notNull(),
  title: text({ max: 40 }),
})
const doctags = table("doctags", {
  id: id(),
  paper_id: references(() => papers.id).notNull(),
  tag: text({ max: 20 }),
})
const papersRelations = relations(papers, ({ many }) => ({ doctags: many(doctags) }))
const doctagsRelations = relations(doctags, ({ one }) => ({
  paper: one(papers, { fields: [doctags.paper_id], references: [papers.id] }),
}))
const kinds = table("kinds", {
  id: id(),
  u: uuid(),
  i: integer(),
  small: integer({ min: 1, max: 9 }),
  long: text({ max: 200 }),
  short: text({ min: 2, max: 20 }),
  code: text({ pattern: "^[a-z]+$", max: 20 }),
  color: oneOf(["red", "green"]),
  size: oneOf(["red", "green", "blue"]),
  mail: text({ format: "email", max: 100 }),
  by: bytes({ max: 100 }),
  cost: decimal({ precision: 8, scale: 2 }),
  rate: decimal({ precision: 8, scale: 3 }),
  at: timestamp(),
})
const notes = collection("notes", { references: { paper_id: { to: papers, required: true } } })

let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { papers, doctags, kinds, notes }, { foreignKeys: true })
  const open = { read: anyone, create: signedIn, update: signedIn, delete: signedIn }
  call = appOf(
    w,
    resource(users, {
      read: anyone,
      create: anyone,
      update: self,
      fields: {
        role: { write: admin },
        hashed_password: {
          read: nobody,
          secret: {
            as: "password",
            confirm: "current_password",
            min: 8,
            max: 200,
            hash: hashPassword,
            verify: verifyPassword,
          },
        },
      },
    }),
    resource(
      { papers, papersRelations },
      {
        read: owner,
        create: signedIn,
        update: owner,
        fields: { owner_id: { initially: (viewer) => viewer.id } },
        embed: { doctags: {} },
      },
    ),
    resource({ doctags, doctagsRelations }, { ...open, embed: { paper: {} } }),
    resource(kinds, open),
    resource(notes, open),
  )
})
afterEach(async () => {
  for (const name of ["notes", "doctags", "kinds", "papers"]) await run(`drop table ${name}`)
  await w.close()
})

async function run(text: string): Promise<unknown[][]> {
  const client = w.database.connect()
  const [rows = []] = await client.batch([{ text, params: [] }])
  await client.close?.()
  return rows
}
const count = async (name: string) => Number((await run(`select count(*) from ${name}`))[0]?.[0])
const post = (path: string, body: object, name?: string) => ({
  method: "POST",
  path,
  body,
  ...(name && { id: name }),
})
const batch = (who: Person, ...operations: object[]) =>
  call("POST", "/batch", { token: who.token, json: { operations } })
const results = ({ body, status, text }: Answer) => {
  expect(status, text).toBe(200)
  return (body as { results: { status: number; body: Record<string, unknown> }[] }).results
}
const fault = ({ body, status }: Answer) => {
  const { operation, errors = [] } = body as { operation?: string; errors?: { path: string; code: string }[] }
  return [status, operation, ...errors.map(({ path, code }) => `${path} ${code}`)]
}
const ref = (reference: string) => ({ $ref: reference })
const paperOf = async (who: Person) => {
  const made = await call("POST", "/papers", { token: who.token, json: { title: "Hidden" } })
  expect(made.status, made.text).toBe(201)
  return (made.body as { id: string }).id
}

describe("a reference to a row that its writer may not see", () => {
  const absent = "00000000-0000-4000-8000-000000000000"

  test("is no way to name it: it is as if the row were not there", async () => {
    const hidden = await paperOf(w.ann)
    for (const u of [hidden, absent])
      for (const [second, path] of [
        [post("/doctags", { paper_id: ref("a.u"), tag: "x" }), "operations.1.paper_id"],
        [post("/notes", { paper_id: ref("a.u"), text: "x" }), "operations.1.paper_id"],
        [post("/papers/{a.u}/doctags", { tag: "x" }), "operations.1.paper_id"],
        [{ method: "PUT", path: "/notes/new", body: { paper_id: ref("a.u") } }, "operations.1.paper_id"],
      ] as const) {
        const answer = await batch(w.bob, post("/kinds", { u }, "a"), second)
        expect(fault(answer), answer.text).toEqual([422, "1", `${path} unknown_reference`])
      }
    expect([await count("doctags"), await count("notes"), await count("kinds")]).toEqual([0, 0, 0])
    // Nor by a change.
    const bobs = await paperOf(w.bob)
    const [tag, note] = results(
      await batch(w.bob, post("/doctags", { paper_id: bobs }), post("/notes", { paper_id: bobs, text: "x" })),
    )
    for (const u of [hidden, absent])
      for (const path of [`/doctags/${tag?.body.id}`, `/notes/${note?.body._id}`])
        for (const method of path.startsWith("/notes") ? ["PATCH", "PUT"] : ["PATCH"]) {
          const change = { method, path, body: { paper_id: ref("a.u") } }
          const answer = await batch(w.bob, post("/kinds", { u }, "a"), change)
          expect([method, path, ...fault(answer)], answer.text).toEqual([
            method,
            path,
            422,
            "1",
            "operations.1.paper_id unknown_reference",
          ])
        }
    expect(await count("kinds")).toBe(0)
    // Whose it is may name it so.
    const own = await batch(
      w.ann,
      post("/kinds", { u: hidden }, "a"),
      post("/doctags", { paper_id: ref("a.u"), tag: "x" }),
      post("/papers/{a.u}/doctags", { tag: "y" }),
      post("/notes", { paper_id: ref("a.u"), text: "x" }),
    )
    expect(results(own).map(({ status }) => status)).toEqual([201, 201, 201, 201])
  })

  test("does name what its writer has made, though it is to be seen by others only", async () => {
    const made = await batch(
      w.bob,
      post("/papers", { title: "New", owner_id: w.ann.id }, "p"),
      post("/doctags", { paper_id: ref("p.id"), tag: "x" }),
      post("/notes", { paper_id: ref("p.id"), text: "x" }),
    )
    const [paper, tag, note] = results(made)
    expect([tag?.body.paper_id, note?.body.paper_id]).toEqual([paper?.body.id, paper?.body.id])
  })
})

describe("a value that nobody has seen", () => {
  const source = {
    long: "A b <c>",
    i: 500,
    size: "blue",
    mail: "A@Example.com",
    code: "abc",
    short: "ab",
    color: "red",
    small: 3,
    rate: "1.234",
    cost: "1.20",
  }
  test.for([
    ["short", "long"],
    ["code", "long"],
    ["code", "short"],
    ["mail", "long"],
    ["color", "size"],
    ["color", "long"],
    ["small", "i"],
    ["small", "id"],
    ["cost", "rate"],
    ["at", "long"],
    ["i", "long"],
    ["short", "mail"],
    ["short", "code"],
    ["u", "long"],
  ])("fills %s by %s in no write, since it may break what is asked of it", async ([to, from]) => {
    const first = post("/kinds", source, "a")
    const change = { [to as string]: ref(`a.${from}`) }
    const made = await batch(w.ann, first, post("/kinds", change))
    expect(fault(made), made.text).toEqual([422, "1", `operations.1.body.${to} unknown_reference`])
    const patched = await batch(w.ann, first, { method: "PATCH", path: "/kinds/{a.id}", body: change })
    expect(fault(patched), patched.text).toEqual([422, "1", `operations.1.body.${to} unknown_reference`])
    expect(await count("kinds")).toBe(0)
  })

  test.for([
    ["long", "short", "ab"],
    ["long", "code", "abc"],
    ["long", "mail", "a@example.com"],
    ["long", "color", "red"],
    ["size", "color", "red"],
    ["i", "small", 3],
    ["code", "code", "abc"],
    ["mail", "mail", "a@example.com"],
    ["cost", "cost", "1.20"],
    ["by", "by", "/+8="],
  ] as const)("fills %s by %s, whose rules are as strict", async ([to, from, value]) => {
    const [, made, patched] = results(
      await batch(
        w.ann,
        post("/kinds", { ...source, by: "/+8=" }, "a"),
        post("/kinds", { [to]: ref(`a.${from}`) }, "b"),
        { method: "PATCH", path: "/kinds/{b.id}", body: { [to]: ref(`a.${from}`) } },
      ),
    )
    expect([made?.body[to], patched?.body[to]]).toEqual([value, value])
  })

  test("is no secret, new or present", async () => {
    const first = post("/kinds", { long: "correct horse battery", mail: "new@example.com" }, "a")
    const account = { email: ref("a.mail"), username: "newest", password: "correct horse battery" }
    const made = await batch(w.ann, first, post("/users", { ...account, password: ref("a.long") }))
    expect(fault(made), made.text).toEqual([422, "1", "operations.1.body.password unknown_reference"])
    const change = { password: "another horse battery", current_password: ref("a.long") }
    const patched = await batch(w.ann, first, { method: "PATCH", path: `/users/${w.ann.id}`, body: change })
    expect(fault(patched), patched.text).toEqual([
      422,
      "1",
      "operations.1.body.current_password unknown_reference",
    ])
    const named = await batch(w.ann, first, post("/users", { ...account, username: ref("a.long") }))
    expect(fault(named), named.text).toEqual([422, "1", "operations.1.body.username unknown_reference"])
  })

  test("is of a row that the array has", async () => {
    const answer = await batch(
      w.ann,
      { id: "two", method: "POST", path: "/kinds", body: [{ i: 1 }, { i: 2 }] },
      post("/kinds", { i: ref("two.2.i") }),
    )
    expect(fault(answer), answer.text).toEqual([422, "1", "operations.1.body.i unknown_reference"])
    const inPath = await batch(
      w.ann,
      { id: "two", method: "POST", path: "/kinds", body: [{ i: 1 }, { i: 2 }] },
      { method: "PATCH", path: "/kinds/{two.7.id}", body: { i: 1 } },
    )
    expect(fault(inPath), inPath.text).toEqual([422, "1", "operations.1.path unknown_reference"])
  })

  test("may be null, where a read has found that", async () => {
    await call("POST", "/kinds", { token: w.ann.token, json: { long: "x" } })
    const [, made] = results(
      await batch(
        w.ann,
        { id: "found", method: "GET", path: "/kinds?limit=1" },
        post("/kinds", { long: ref("found.0.short") }),
      ),
    )
    expect(made?.body.long).toBeNull()
  })
})
