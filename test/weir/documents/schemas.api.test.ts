// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import type { Table } from "drizzle-orm"
import { afterAll, beforeAll, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone } from "../../../src/weir/resource/rules.ts"
import { collection } from "../../../src/weir/schema.ts"
import { Random } from "../query-language/random.ts"
import { appOf } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { validatorOf } from "../support/openapi.ts"
import { type World, world } from "../support/world.ts"
import { hardSchemas } from "./hard-schemas.ts"
import { deepDocument, randomObject } from "./random-documents.ts"

/** Collections with hard schemas: whatever is sent is stored or refused. */
const count = Number(process.env.WEIR_TEST_DOCUMENTS ?? 20)
const seed = Number(process.env.WEIR_TEST_SEED ?? 15)

const tables = Object.fromEntries(
  Object.entries(hardSchemas).map(([name, schema]) => [name, collection(`hard_${name}`, { schema })]),
)

let w: World
let call: Call
beforeAll(async () => {
  w = await world()
  await createTables(w.database, tables)
  const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
  call = appOf(w, ...Object.entries(tables).map(([name, table]) => resource(table, { ...open, name })))
})
afterAll(async () => {
  const drops = Object.keys(tables).map((name) => ({ text: `drop table "hard_${name}"`, params: [] }))
  await w.database.connect().batch(drops)
  await w.close()
})

test("random documents are stored as they are, or refused with what is wrong", async () => {
  const random = new Random(seed)
  const wrong: unknown[] = []
  for (const name of Object.keys(tables))
    for (let i = 0; i < count; i++) {
      const json = random.chance(0.15) ? deepDocument(random) : randomObject(random)
      const made = await call("POST", `/${name}`, { json })
      const { errors = [] } = (made.body ?? {}) as { errors?: { path: string; message: string }[] }
      const isRight =
        made.status === 201 || (made.status === 422 && errors.length > 0 && errors.every(({ path }) => path))
      if (!isRight) wrong.push([name, json, made.status, made.text])
      if (made.status !== 201) continue
      const { _id, _created_at, _updated_at, ...stored } = made.body as Record<string, unknown>
      expect(JSON.parse(JSON.stringify(stored)), name).toEqual(JSON.parse(JSON.stringify(json)))
      const patched = await call("PATCH", `/${name}/${_id}`, { json: { ...randomObject(random, 2), z: 1 } })
      if (patched.status !== 200 && patched.status !== 422)
        wrong.push([name, json, patched.status, patched.text])
    }
  expect(wrong).toEqual([])
})

const closed = collection("closed", {
  schema: {
    $ref: "#/$defs/whole",
    $defs: {
      whole: { type: "object", properties: { a: { type: "number" } }, additionalProperties: false },
    },
  },
  references: { of_id: (): Table => closed },
})

test("a schema that rules out other members by a reference rules out none of the engine's", async () => {
  await createTables(w.database, { closed })
  const own = appOf(w, resource(closed, { read: anyone, create: anyone }))
  const { text: document } = await own("GET", "/openapi.json")
  const validator = validatorOf(document)
  const sent = { _id: "one", a: 1 }
  const made = await own("POST", "/closed", { json: sent })
  expect(made.status, made.text).toBe(201)
  expect(validator("components", "schemas", "Closed")(made.body)).toBe(true)
  expect(validator("components", "schemas", "ClosedCreate")({ ...sent, of_id: "one" })).toBe(true)
  expect((await own("POST", "/closed", { json: { b: 1 } })).status).toBe(422)
  await w.database.connect().batch([{ text: "drop table closed", params: [] }])
})

test("the documents' references lead to something", async () => {
  const document = (await call("GET", "/openapi.json")).body as Record<string, unknown>
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(
    ([, one]) => one as string,
  )
  expect(references.some((one) => one.includes("/$defs/") || one.includes("%24defs"))).toBe(true)
  for (const reference of references) {
    expect(reference).toMatch(/^#\//)
    const steps = reference.split("/").slice(1)
    const names = steps.map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"))
    const led = names.reduce(
      (here, name) => here?.[name] as never,
      document as Record<string, unknown> | undefined,
    )
    expect(led, reference).toBeTypeOf("object")
  }
})

test("many elements, many errors and nested alternatives are answered", async () => {
  const many = Array(60_000).fill(1)
  const large = { headers: { "content-type": "application/json" } }
  for (const [name, document] of [
    ["anchors", { b: many }],
    ["anchors", { b: many.map((_, i) => i) }],
    ["tuples", { a: many, c: many }],
    ["patterns", Object.fromEntries(many.slice(0, 20_000).map((_, i) => [`m${i}`, 1]))],
    ["unevaluated", Object.fromEntries(many.slice(0, 20_000).map((_, i) => [`m${i}`, 1]))],
    ["names", Object.fromEntries(many.slice(0, 20_000).map((_, i) => [`m${i}`, 1]))],
    ["tree", { b: many.map(() => ({})) }],
  ] as const) {
    const made = await call("POST", `/${name}`, { body: JSON.stringify(document), ...large })
    expect([201, 422], `${name}: ${made.text.slice(0, 300)}`).toContain(made.status)
  }
})
