// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { relations } from "drizzle-orm"
import { afterEach, beforeEach, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone, nobody, signedIn, viewerIs } from "../../../src/weir/resource/rules.ts"
import { through } from "../../../src/weir/resource/through.ts"
import { id, json, oneOf, references, table, text, uuidKey } from "../../../src/weir/schema.ts"
import * as users from "../fixture/src/schema/users.ts"
import { apiOf, appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const organizations = table("organizations", { id: id(), name: text({ max: 40 }).notNull().unique() })
const memberships = table("memberships", {
  id: uuidKey(),
  organization_id: references(() => organizations.id).notNull(),
  user_id: references(() => users.users.id).notNull(),
  role: oneOf(["admin", "member"]).notNull(),
  facts: json(),
})
const duties = table("duties", {
  id: id(),
  membership_id: references(() => memberships.id).notNull(),
  title: text({ min: 1, max: 40 }).notNull(),
})
const organizationsRelations = relations(organizations, ({ many }) => ({ memberships: many(memberships) }))
const membershipsRelations = relations(memberships, ({ one, many }) => ({
  organization: one(organizations, { fields: [memberships.organization_id], references: [organizations.id] }),
  duties: many(duties),
}))
const dutiesRelations = relations(duties, ({ one }) => ({
  membership: one(memberships, { fields: [duties.membership_id], references: [memberships.id] }),
}))

let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { organizations, memberships, duties }, { foreignKeys: true })
  call = appOf(
    w,
    resource(users, { read: anyone, fields: { hashed_password: { read: nobody } } }),
    resource(
      { organizations, organizationsRelations },
      {
        read: through("memberships", viewerIs("user_id")),
        create: signedIn,
        embed: { memberships: { create: true } },
      },
    ),
    resource(
      { memberships, membershipsRelations },
      {
        read: anyone,
        create: viewerIs("user_id"),
        embed: { duties: { create: true }, organization: {} },
      },
    ),
    resource({ duties, dutiesRelations }, { read: anyone, create: signedIn, embed: { membership: {} } }),
  )
})
afterEach(async () => {
  for (const name of ["duties", "memberships", "organizations"]) await run(`drop table ${name}`)
  await w.close()
})

async function run(statement: string): Promise<unknown[][]> {
  const client = w.database.connect()
  const [rows = []] = await client.batch([{ text: statement, params: [] }])
  await client.close?.()
  return rows
}
const counts = async () =>
  Promise.all(
    ["organizations", "memberships", "duties"].map(async (name) =>
      Number((await run(`select count(*) from ${name}`))[0]?.[0]),
    ),
  )
const post = (json: unknown, headers: Record<string, string> = {}, path = "/organizations") =>
  call("POST", path, { token: w.ann.token, headers, json })
const faults = ({ body }: Answer) =>
  (body as { errors?: { path: string; code: string }[] }).errors?.map(({ path, code }) => `${path} ${code}`)
const acme = (more: object = {}) => ({
  name: "Acme",
  memberships: [{ user_id: "me", role: "admin", facts: { big: 1 }, ...more }],
})

test("a maker sees what it makes, three levels in one commit", async () => {
  const made = await post(acme({ duties: [{ title: "Keys" }, { title: "Coffee" }] }))
  expect(made.status, made.text).toBe(201)
  expect(made.body).toMatchObject({
    name: "Acme",
    memberships: [
      {
        user_id: w.ann.id,
        role: "admin",
        facts: { big: 1 },
        duties: expect.arrayContaining([expect.objectContaining({ title: "Keys" })]),
      },
    ],
  })
  expect(made.headers.get("location")).toBe(`/organizations/${(made.body as { id: number }).id}`)
  expect(await counts()).toEqual([1, 1, 2])
  expect((await run("select count(*) from weir_write_records")).flat().map(Number)).toEqual([0])
})

test("a rehearsal is answered as the create, three levels deep", async () => {
  const json = [acme({ duties: [{ title: "Keys" }] }), { name: "Beta" }]
  const rehearsed = await post(json, { prefer: "tx=rollback" })
  expect(await counts()).toEqual([0, 0, 0])
  const made = await post(json)
  const plain = ({ text }: Answer) => text.replace(/"(\w*id|_version)":("[^"]*"|\d+)/g, "")
  expect([rehearsed.status, plain(rehearsed)]).toEqual([201, plain(made)])
})

test("arrays, and retries with a key", async () => {
  const json = [acme(), { ...acme(), name: "Beta" }, { name: "Gamma" }]
  const first = await post(json, { "idempotency-key": "k" })
  expect(first.status, first.text).toBe(201)
  const second = await post(json, { "idempotency-key": "k" })
  expect(second.headers.get("idempotency-replayed")).toBe("true")
  expect(second.text).toBe(first.text)
  expect(await counts()).toEqual([3, 2, 0])
})

test("arrays whose rows have rows within them or not, in their order; what is taken is named", async () => {
  const names = ["Acme", "Beta", "Gamma", "Delta"]
  const json = names.map((name, i) => (i === 0 ? { ...acme(), name } : { name }))
  const made = await post(json)
  expect(made.status, made.text).toBe(201)
  const rows = made.body as { id: number; name: string }[]
  expect(rows.map(({ name }) => name)).toEqual(names)
  const ids = rows.map(({ id }) => id)
  expect(ids).toEqual([...ids].sort((a, b) => a - b))
  const again = await post([
    { ...acme(), name: "New" },
    { name: "One" },
    { name: "Two" },
    { name: "Gamma" },
    { name: "Five" },
  ])
  expect([again.status, faults(again)]).toEqual([409, ["3.name taken"]])
  const odd = await post([{ ...acme(), name: "New" }, { name: "One" }, { name: 2 }, { name: "Three" }])
  expect([odd.status, faults(odd)]).toEqual([422, ["2.name invalid_type"]])
  expect(await counts()).toEqual([4, 1, 0])
})

test("what is wrong within is named by its place, and nothing is left", async () => {
  const cases: [unknown, number, string[] | undefined][] = [
    [acme({ role: "king" }), 422, ["memberships.0.role invalid_value"]],
    [acme({ duties: [{ title: "a" }, { title: "" }] }), 422, ["memberships.0.duties.1.title too_small"]],
    [{ name: "Acme", memberships: { role: "admin" } }, 422, ["memberships invalid_type"]],
    [acme({ user_id: w.bob.id }), 403, ["memberships.0.user_id forbidden_value"]],
    [acme({ organization_id: 7 }), 422, undefined],
    [acme({ more: 1 }), 422, ["memberships.0.more unknown_field"]],
  ]
  for (const [json, status, expected] of cases) {
    const answer = await post(json)
    expect(answer.status, answer.text).toBe(status)
    if (expected) expect(faults(answer), answer.text).toEqual(expected)
  }
  expect(await counts()).toEqual([0, 0, 0])
  await post(acme())
  const taken = await post(acme())
  expect(taken.status).toBe(409)
  expect(await counts()).toEqual([1, 1, 0])
})

test("who is not signed in makes nothing", async () => {
  expect((await call("POST", "/organizations", { json: acme() })).status).toBe(401)
  expect(await counts()).toEqual([0, 0, 0])
})

test("an embed that cannot have create is a line at load", () => {
  expect(() =>
    apiOf(
      resource(users, {}),
      resource({ duties, dutiesRelations }, { embed: { membership: { create: true } } }),
      resource({ memberships, membershipsRelations }, {}),
    ),
  ).toThrow('duties: embed "membership" has create, which is for lists of rows')
})
