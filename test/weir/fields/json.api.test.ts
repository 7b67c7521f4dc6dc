// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/resource.ts"
import { anyone } from "../../../src/weir/resource/rules.ts"
import { id, json, table } from "../../../src/weir/schema.ts"
import { appOf } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import { type World, world } from "../support/world.ts"

const things = table("json_things", { id: id(), data: json() })

/** A column of JSON: each value comes back as it was sent, also where a driver could take it for another type. */
let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  const key = w.database.dialect === "postgres" ? "serial primary key" : "integer primary key autoincrement"
  const column = w.database.dialect === "postgres" ? "json" : "text"
  await w.database
    .connect()
    .batch([{ text: `create table json_things (id ${key}, data ${column})`, params: [] }])
  call = appOf(w, resource({ things }, { read: anyone, create: anyone, update: anyone, delete: anyone }))
})
afterEach(async () => {
  await w.database.connect().batch([{ text: "drop table json_things", params: [] }])
  await w.close()
})

const values = [
  true,
  false,
  0,
  -1.5,
  "",
  "text",
  "[1]",
  null,
  [],
  [true],
  [[true], 1],
  [1, true],
  ["a", null],
  [null],
  ["2026-01-31T00:00:00Z"],
  {},
  { a: true, b: [false], c: null, "d\u2028": "\ud83d\ude00" },
]

test("each value, alone, among others and in a patch", async () => {
  for (const data of values) {
    const made = await call("POST", "/json_things", { json: { data } })
    expect(made.status, made.text).toBe(201)
    expect(made.body).toMatchObject({ data })
    const path = made.headers.get("location") as string
    expect((await call("GET", path)).body).toMatchObject({ data })
    await call("PATCH", path, { json: { data: { other: 1 } } })
    const patched = await call("PATCH", path, { json: { data } })
    expect(patched.status, patched.text).toBe(200)
    expect(patched.body).toMatchObject({ data })
  }
  const many = await call("POST", "/json_things", { json: values.map((data) => ({ data })) })
  expect(many.status, many.text).toBe(201)
  expect((many.body as { data: unknown }[]).map(({ data }) => data)).toEqual(values)
})

test("what nests deeper than 200 levels is refused, and brackets within text are none", async () => {
  const nested = (levels: number) => `{"data":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`
  const post = (body: string) =>
    call("POST", "/json_things", { body, headers: { "content-type": "application/json" } })
  expect((await post(nested(200))).status).toBe(201)
  for (const levels of [201, 1_001, 200_000]) {
    const refused = await post(nested(levels))
    expect(refused.status).toBe(422)
    expect(refused.body).toMatchObject({ errors: [{ path: "body", code: "too_deep" }] })
  }
  const text = `\\"${"[{".repeat(500)}`
  const made = await call("POST", "/json_things", { json: { data: text } })
  expect(made.body).toMatchObject({ data: text })
})
