// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone, signedIn, viewerIs } from "../../../src/weir/resource/rules.ts"
import { collection, integer, references, table, text, timestamp } from "../../../src/weir/schema.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const badges = table("badges", {
  code: text({ max: 20 }).primaryKey(),
  label: text({ max: 40 }).notNull().unique(),
  size: integer(),
  maker_id: references(() => users.users.id),
  deleted_at: timestamp(),
})
const papers = collection("papers", { owner: users.users })

let w: World
let call: Call
let creates = 0
beforeEach(async () => {
  w = await world()
  creates = 0
  const counted = () => {
    creates++
  }
  await createTables(w.database, { badges, papers })
  call = appOf(
    w,
    resource(badges, {
      read: viewerIs("maker_id"),
      create: signedIn,
      update: viewerIs("maker_id"),
      delete: viewerIs("maker_id"),
      replace: true,
      softDelete: "deleted_at",
      fields: { maker_id: { write: anyone, initially: (viewer) => viewer.id } },
      before: { create: counted },
    }),
    resource(papers, {
      read: viewerIs("_owner_id"),
      create: signedIn,
      update: viewerIs("_owner_id"),
      delete: viewerIs("_owner_id"),
      before: { create: counted },
    }),
  )
  for (const json of [
    { code: "old", label: "taken" },
    { code: "gone", label: "gone" },
  ])
    expect((await call("POST", "/badges", { token: w.ann.token, json })).status).toBe(201)
  expect((await call("DELETE", "/badges/gone", { token: w.ann.token })).status).toBe(204)
  expect((await call("PUT", "/papers/old", { token: w.ann.token, json: {} })).status).toBe(201)
  creates = 0
})
afterEach(async () => {
  const drop = (name: string) => ({ text: `drop table ${name}`, params: [] })
  await w.database.connect().batch(["badges", "papers"].map(drop))
  await w.close()
})

const told = ({ status, body }: Answer) => {
  const { code, detail, errors } = body as { code: string; detail: string; errors: { path: string }[] }
  return { status, code, detail, errors }
}

describe("a PUT that would create what is there answers as a POST does, at the first try", () => {
  test.each([
    ["another row's value", "ann", "new", "taken", "label"],
    ["a hidden row's value", "bob", "new", "taken", "label"],
    ["a hidden row's key", "bob", "old", "free", "code"],
    ["a deleted row's key", "ann", "gone", "free", "code"],
  ] as const)("%s", async (_, name, code, label, path) => {
    const { token } = w[name]
    const posted = await call("POST", "/badges", { token, json: { code, label } })
    expect(told(posted)).toMatchObject({ status: 409, code: "duplicate", errors: [{ path, code: "taken" }] })
    creates = 0
    const put = await call("PUT", `/badges/${code}`, { token, json: { label } })
    expect(told(put)).toEqual(told(posted))
    expect(creates).toBe(1)
    const operations = [
      { id: "other", method: "PUT", path: "/badges/other", body: { label: "other" } },
      { id: "a", method: "PUT", path: `/badges/${code}`, body: { label } },
    ]
    const inBatch = await call("POST", "/batch", { token, json: { operations } })
    expect(told(inBatch)).toMatchObject({
      status: 409,
      code: "duplicate",
      detail: told(posted).detail,
      errors: [{ path: `operations.1.${path}`, code: "taken" }],
    })
    expect((await call("GET", "/badges/other", { token })).status).toBe(404)
  })

  test("a hidden document's key", async () => {
    const { token } = w.bob
    const posted = await call("POST", "/papers", { token, json: { _id: "old" } })
    expect(told(posted)).toMatchObject({ status: 409, code: "duplicate" })
    creates = 0
    const put = await call("PUT", "/papers/old", { token, json: { n: 1 } })
    expect(told(put)).toEqual(told(posted))
    expect(creates).toBe(1)
    const operations = [{ id: "a", method: "PUT", path: "/papers/old", body: { n: 1 } }]
    const inBatch = await call("POST", "/batch", { token, json: { operations } })
    expect(told(inBatch)).toMatchObject({ status: 409, code: "duplicate", detail: told(posted).detail })
  })
})

test("a PUT whose row is made meanwhile replaces it, also where both have the same unique value", async () => {
  const { token } = w.ann
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, size) =>
      call("PUT", "/badges/raced", { token, json: { label: "raced", size } }),
    ),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(11).fill(200), 201])
})

test("a PUT that others outrun each time is a conflict: its own key is not taken", async () => {
  const { token } = w.ann
  const path = "/papers/raced"
  let isOther = false
  const connect = w.database.connect.bind(w.database)
  w.database.connect = (...given) => {
    const client = connect(...given)
    const batch = client.batch.bind(client)
    client.batch = async (statements) => {
      const has = (text: RegExp) => !isOther && statements.some((one) => text.test(one.text))
      const method = has(/update "?papers/) ? "DELETE" : has(/insert into "?papers/) ? "PUT" : undefined
      if (method) {
        isOther = true
        await call(method, path, { token, json: method === "PUT" ? {} : undefined })
        isOther = false
      }
      return batch(statements)
    }
    return client
  }
  const answer = await call("PUT", path, { token, json: { mine: true } })
  expect([answer.status, answer.body], answer.text).toMatchObject([409, { code: "conflict" }])
})
