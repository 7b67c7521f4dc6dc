// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { anyone, nobody } from "../../../src/weir/index.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { table, text } from "../../../src/weir/schema.ts"
import { users } from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const slots = table("slots", { id: text({ max: 40 }).primaryKey(), name: text({ max: 40 }) })

let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { slots })
  call = appOf(
    w,
    resource(users, { read: anyone, fields: { hashed_password: { read: nobody } } }),
    resource(slots, { read: anyone, create: anyone, update: anyone, delete: anyone, replace: true }),
  )
})
afterEach(async () => {
  const client = w.database.connect()
  await client.batch([{ text: "drop table slots", params: [] }])
  await client.close?.()
  await w.close()
})

const batch = (...operations: object[]) => call("POST", "/batch", { json: { operations } })
const statuses = ({ body, text }: Answer) =>
  (body as { results?: { status: number }[] }).results?.map(({ status }) => status) ?? text
const problem = ({ status, body }: Answer) => {
  const { code, operation, errors } = body as Record<string, unknown> & { errors?: { path: string }[] }
  return { status, code, operation, at: errors?.map(({ path }) => path) }
}
const rows = async (path: string) => (await call("GET", path)).body as Record<string, unknown>[]
const put = (path: string, body: object, headers?: object) => ({ method: "PUT", path, body, headers })

describe("of several operations that fail", () => {
  test("the first is named, whether it is known before the transaction or within", async () => {
    await call("PUT", "/slots/a", { json: {} })
    const taken = { method: "POST", path: "/slots", body: { id: "a" } }
    const free = { method: "POST", path: "/slots", body: { id: "b" } }
    const stale = put("/slots/a", {}, { "If-Match": '"old"' })
    const wrong = put("/slots/a", { odd: 1 })
    for (const late of [stale, wrong]) {
      expect(problem(await batch(taken, late))).toMatchObject({
        status: 409,
        code: "duplicate",
        operation: "0",
      })
      expect(problem(await batch(free, taken, late))).toMatchObject({
        status: 409,
        code: "duplicate",
        operation: "1",
      })
      expect(problem(await batch(late, taken))).toMatchObject({ status: late === stale ? 412 : 422 })
    }
    const headers = { prefer: "tx=rollback" }
    const rehearsed = await call("POST", "/batch", { json: { operations: [free, taken, stale] }, headers })
    expect(problem(rehearsed)).toMatchObject({ status: 409, code: "duplicate", operation: "1" })
    expect(problem(await batch(free, stale))).toMatchObject({
      status: 412,
      code: "precondition_failed",
      operation: "1",
    })
    expect(await rows("/slots?fields=id")).toEqual([{ id: "a" }])
  })

  test("an id that is the name of an operation without one is at fault itself", async () => {
    const read = { method: "GET", path: "/slots" }
    expect(problem(await batch({ ...read, id: "1" }, read))).toMatchObject({
      status: 422,
      code: "invalid_request",
      operation: undefined,
      at: ["operations.0.id"],
    })
    expect(problem(await batch(read, { ...read, id: "0" }))).toMatchObject({
      status: 422,
      at: ["operations.1.id"],
    })
    expect(problem(await batch({ ...read, id: "a" }, { ...read, id: "a" })).at).toEqual(["operations.1.id"])
    expect(statuses(await batch({ ...read, id: "0" }, { ...read, id: "2" }))).toEqual([200, 200])
  })
})
