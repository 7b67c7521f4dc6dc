// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, expect, test } from "vitest"
import { handleOf } from "../../../src/weir/db/handle.ts"
import { resource } from "../../../src/weir/resource/define.ts"
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

/** JSON as a client may write it: each comes back as the same text, without the whitespace between its parts. */
const verbatim = [
  "12345678901234567890",
  "-12345678901234567890123456789012345678901234567890.5e-7",
  "1.0",
  "1e2",
  "1E+2",
  "-0",
  "0.1000000000000000055511151231257827",
  "1e-400",
  "1.7976931348623157e308",
  '{"b":1,"a":2,"10":3,"9":4}',
  '{"__proto__":{"x":1.0},"constructor":1,"toString":2}',
  '{"":1,"a":{"":[1.50,{"":2}]}}',
  '{"a":1,"a":2.0}',
  '["\\u00e9","\\/","\\ud83d\\ude00","\\n","\\u0041"]',
  '"a\\u0000b\u2028"',
  '"a \\"quoted\\" , : [ { text \\\\"',
  '{"\\u0061\\"b":" , "}',
  "[[],{},[{}],null,true,false]",
]
const spaced = ' { "n" : [ 1.0 ,\n\t-0 , "a  b\\t " ] ,\r\n"o" : { } , "__proto__" : 1e2 } '
const unspaced = '{"n":[1.0,-0,"a  b\\t "],"o":{},"__proto__":1e2}'
const raw = (method: string, path: string, body: string) =>
  call(method, path, { body, headers: { "content-type": "application/json" } })

test("a value's text is kept: digits, members, escapes", async () => {
  for (const [sent, kept] of [...verbatim.map((text) => [text, text]), [spaced, unspaced]] as const) {
    const made = await raw("POST", "/json_things", `{ "data" : ${sent} }`)
    expect(made.status, made.text).toBe(201)
    expect(made.text.replace(/\s+}$/, "}")).toContain(`"data":${kept}}`)
    const path = made.headers.get("location") as string
    expect((await call("GET", path)).text).toContain(`"data":${kept}}`)
    expect((await raw("PATCH", path, '{"data":0}')).status).toBe(200)
    const patched = await raw("PATCH", path, `{"data":${sent}}`)
    expect(patched.text).toContain(`"data":${kept}}`)
  }
  const all = verbatim.map((text) => `{"data":${text}}`).join(" ,\n")
  const many = await raw("POST", "/json_things", ` [ ${all} ] `)
  expect(many.status, many.text).toBe(201)
  for (const text of verbatim) expect(many.text).toContain(`"data":${text}}`)
  const list = await call("GET", "/json_things?limit=1000")
  for (const text of verbatim) expect(list.text).toContain(`"data":${text}}`)
})

test("what cannot be read back is refused at its place", async () => {
  const wrong: [string, string, string][] = [
    ["1e400", "data", "out_of_range"],
    ["-1e309", "data", "out_of_range"],
    ["9".repeat(400), "data", "out_of_range"],
    ['{"a":[0,{"b":1e400}]}', "data.a.1.b", "out_of_range"],
    ['{"a":1e400,"a":1}', "data.a", "out_of_range"],
    ['["\\ud800"]', "data.0", "invalid_text"],
    ['{"a":{"\\udc00x":1}}', "data.a.\ufffdx", "invalid_text"],
    ['{"__proto__":{"a":"\\ud83d"}}', "data.__proto__.a", "invalid_text"],
  ]
  for (const [text, path, code] of wrong) {
    const answer = await raw("POST", "/json_things", `{"data":${text}}`)
    expect(answer.status, text).toBe(422)
    expect(answer.body, text).toMatchObject({ errors: [{ path, code }] })
    const patched = await raw("PATCH", "/json_things/1", `{"data":${text}}`)
    expect(patched.body, text).toMatchObject({ errors: [{ path, code }] })
    const many = await raw("POST", "/json_things", `[{"data":1},{"data":${text}}]`)
    expect(many.body, text).toMatchObject({ errors: [{ path: `1.${path}`, code }] })
  }
  expect((await call("GET", "/json_things")).body).toEqual([])
})

test("of a member of the body that comes twice, the last counts; others than the columns are refused", async () => {
  const last = await raw("POST", "/json_things", '{"data":1e400,"d\\u0061ta":2.0}')
  expect(last.text).toContain('"data":2.0}')
  expect((await raw("POST", "/json_things", '{"data":1,"data":null}')).body).toMatchObject({ data: null })
  expect((await raw("POST", "/json_things", '{"data":null,"data":1}')).body).toMatchObject({ data: 1 })
  const proto = await raw("POST", "/json_things", '{"__proto__":{"data":1}}')
  expect(proto.body).toMatchObject({ errors: [{ path: "__proto__", code: "unknown_field" }] })
  for (const body of ["7", '"x"', "null", "[]", "[[]]", '[{"data":1},7]'])
    expect((await raw("POST", "/json_things", body)).status, body).toBe(422)
})

test("Drizzle's own inserts are JSON, too", async () => {
  const db = handleOf(() => w.database.connect())
  for (const data of [{ a: [1] }, "text", true, [true]]) {
    await db.insert(things as never).values({ data } as never)
    const [row] = (await call("GET", "/json_things?sort=-id&limit=1")).body as { data: unknown }[]
    expect(row?.data).toEqual(data)
  }
})

test("a jsonb column of one's own refuses what it cannot hold with a 422", async () => {
  if (w.database.dialect !== "postgres") return
  await w.database.connect().batch([{ text: "alter table json_things alter data type jsonb", params: [] }])
  const made = await raw("POST", "/json_things", '{"data":{"b":12345678901234567890.50,"a":1e2}}')
  expect(made.text).toContain('"data":{"a": 100, "b": 12345678901234567890.50}')
  for (const text of ['"\\u0000"', "1e-20000"]) {
    const refused = await raw("POST", "/json_things", `{"data":${text}}`)
    expect([refused.status, refused.body], refused.text).toMatchObject([422, { code: "invalid_request" }])
  }
})
