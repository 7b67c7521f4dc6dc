// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import { admin, anyone, nobody, signedIn, viewerIs } from "../../../src/weir/resource/rules.ts"
import { decimal, id, integer, json, references, table, text, timestamps } from "../../../src/weir/schema.ts"
import * as users from "../fixture/src/schema/users.ts"
import { apiOf, appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

/** Rows whose key clients give. */
const countries = table("countries", {
  code: text({ min: 2, max: 2 }).primaryKey(),
  name: text({ max: 40 }).notNull(),
  area: decimal({ precision: 12, scale: 2 }).notNull().default("1.50"),
  people: integer({ min: 0 }),
  facts: json(),
  rank: integer().notNull().default(7),
  maker_id: references(() => users.users.id),
  ...timestamps(),
})
/** Rows whose key the database makes. */
const cities = table("cities", { id: id(), name: text({ max: 40 }).notNull().unique(), size: integer() })

let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { countries, cities })
  call = appOf(
    w,
    resource(users.users, { read: anyone, fields: { hashed_password: { read: nobody } } }),
    resource(countries, {
      read: anyone,
      create: signedIn,
      update: viewerIs("maker_id"),
      delete: admin,
      replace: true,
      fields: {
        rank: { write: admin },
        maker_id: { write: admin, initially: (viewer) => viewer.id },
      },
    }),
    resource(cities, { read: anyone, create: anyone, update: anyone, replace: true }),
  )
})
afterEach(async () => {
  const drop = (name: string) => ({ text: `drop table ${name}`, params: [] })
  await w.database.connect().batch(["countries", "cities"].map(drop))
  await w.close()
})

const put = (path: string, json: unknown, headers: Record<string, string> = {}, token = w.ann.token) =>
  call("PUT", path, { token, headers, json })
const faults = ({ body }: Answer) =>
  (body as { errors?: { path: string; code: string }[] }).errors?.map(({ path, code }) => `${path} ${code}`)

test("a row is created at its key, then replaced: what the body leaves out gets its default, or null", async () => {
  const made = await put("/countries/de", {
    name: "Germany",
    area: "357022.00",
    people: 84,
    facts: { big: 12345678901234567890n.toString() },
  })
  expect(made.status, made.text).toBe(201)
  expect(made.headers.get("location")).toBe("/countries/de")
  expect(made.body).toMatchObject({ code: "de", name: "Germany", people: 84, rank: 7, maker_id: w.ann.id })
  const replaced = await put("/countries/de", { name: "Deutschland" })
  expect(replaced.status, replaced.text).toBe(200)
  expect(replaced.body).toMatchObject({
    code: "de",
    name: "Deutschland",
    area: "1.50",
    people: null,
    facts: null,
    rank: 7,
    maker_id: w.ann.id,
  })
  expect((await call("GET", "/countries/de")).body).toEqual(replaced.body)
  const same = await put("/countries/de", { code: "de", name: "again" })
  expect(same.status, same.text).toBe(200)
})

test("what is not the viewer's to set stays as it is", async () => {
  await put("/countries/de", { name: "Germany" })
  const byAdmin = await call("PATCH", "/countries/de", { token: w.root.token, json: { rank: 1 } })
  expect([200, 403]).toContain(byAdmin.status)
  const refused = await put("/countries/de", { name: "x", rank: 2 })
  expect(refused.status).toBe(403)
  expect(faults(refused)).toEqual(["rank forbidden_field"])
  const { rank } = (await call("GET", "/countries/de")).body as { rank: number }
  expect((await put("/countries/de", { name: "y" })).body).toMatchObject({ name: "y", rank })
})

describe("what is wrong is said, and nothing is written", () => {
  test.each([
    ["no name", {}, 422, "name invalid_type"],
    ["another key", { code: "fr", name: "x" }, 422, "code conflict"],
    ["an unknown member", { name: "x", odd: 1 }, 422, "odd unknown_field"],
    ["a wrong type", { name: "x", people: "many" }, 422, "people invalid_type"],
    ["no object", [], 422, "body invalid_type"],
  ])("%s", async (_, json, status, fault) => {
    await put("/countries/de", { name: "Germany" })
    for (const code of ["de", "it"]) {
      const answer = await put(`/countries/${code}`, json)
      expect(answer.status, answer.text).toBe(status)
      expect(faults(answer)?.[0]?.split(" ")[0]).toBe(fault.split(" ")[0])
    }
    expect((await call("GET", "/countries?fields=code,name")).body).toEqual([{ code: "de", name: "Germany" }])
  })

  test("a key that no row may have, and a row that is another's", async () => {
    await put("/countries/de", { name: "Germany" })
    expect((await put("/countries/germany", { name: "x" })).status).toBe(422)
    const blank = await put("/countries/%20xy", { name: "x" })
    expect([blank.status, faults(blank)]).toEqual([422, ["code invalid_format"]])
    expect((await call("GET", "/countries/xy")).status).toBe(404)
    const foreign = await put("/countries/de", { name: "mine" }, {}, w.bob.token)
    expect(foreign.status).toBe(403)
    expect((await call("PUT", "/countries/de", { json: { name: "x" } })).status).toBe(401)
  })
})

test("where the database makes the key, there is no row to create", async () => {
  expect((await put("/cities/1", { name: "Rome" })).status).toBe(404)
  await call("POST", "/cities", { json: { name: "Rome", size: 3 } })
  const replaced = await put("/cities/1", { name: "Roma" })
  expect(replaced.body, replaced.text).toEqual({ id: 1, name: "Roma", size: null })
  await call("POST", "/cities", { json: { name: "Bari" } })
  const taken = await put("/cities/2", { name: "Roma" })
  expect(taken.status).toBe(409)
  expect(faults(taken)).toEqual(["name taken"])
})

test("with conditions: replaced while it is as it was, created while it is not there", async () => {
  const first = await put("/countries/de", { name: "one" }, { "if-none-match": "*" })
  expect(first.status, first.text).toBe(201)
  expect((await put("/countries/de", { name: "two" }, { "if-none-match": "*" })).status).toBe(412)
  const tag = first.headers.get("etag") as string
  expect((await put("/countries/de", { name: "two" }, { "if-match": tag })).status).toBe(200)
  const late = await put("/countries/de", { name: "three" }, { "if-match": tag })
  expect(late.status).toBe(412)
  expect(late.body).toMatchObject({ current: { name: "two" } })
  expect((await put("/countries/it", { name: "x" }, { "if-match": "*" })).status).toBe(412)
  expect((await put("/cities/9", { name: "x" }, { "if-none-match": "*" })).status).toBe(404)
})

test("of replacements that race for a key, one creates, and all others replace", async () => {
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => put("/countries/de", { name: `${n}` })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(11).fill(200), 201])
})

test("the document has the operation, whose body is without the key", async () => {
  const { paths, components } = (await call("GET", "/openapi.json")).body as {
    paths: Record<string, { put?: { operationId: string } }>
    components: { schemas: Record<string, { properties: object; required: string[] }> }
  }
  expect(paths["/countries/{code}"]?.put?.operationId).toBe("replaceCountry")
  expect(paths["/users/{id}"]?.put).toBeUndefined()
  const { properties, required } = components.schemas.CountryReplace ?? { properties: {}, required: [] }
  expect(Object.keys(properties)).toEqual(["name", "area", "people", "facts", "rank", "maker_id"])
  expect(required).toEqual(["name"])
})

test("a resource that does not say so has no PUT, and one that cannot is refused", async () => {
  expect((await call("PUT", "/users/1", { token: w.ann.token, json: {} })).status).toBe(405)
  const secret = {
    as: "password",
    confirm: "current",
    min: 8,
    max: 20,
    hash: async () => "",
    verify: async () => true,
  }
  expect(() =>
    apiOf(resource(users.users, { replace: true, fields: { hashed_password: { read: nobody, secret } } })),
  ).toThrow(/users: replace would need a secret/)
})
