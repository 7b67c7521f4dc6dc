import { createRoute, z } from "@hono/zod-openapi"
import { blob, integer, numeric, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core"
import { expect, test } from "vitest"
import { openLibsqlFile } from "../../../src/weir/db/drivers/libsql-file.ts"
import { type HandwrittenRoute, route } from "../../../src/weir/http/route.ts"
import { anyone, defineApi, resourcesOf } from "../../../src/weir/index.ts"
import { caller } from "../support/client.ts"
import { appOver } from "../support/fresh.ts"
import { parsed, validatorOf } from "../support/openapi.ts"

/** What operations share in the document, and the names that it is shared by. */

type Json = Record<string, unknown>
interface Raw {
  paths: Record<string, Record<string, { parameters?: { $ref: string }[]; responses: Record<string, Json> }>>
  components: Record<"schemas" | "parameters" | "headers" | "responses", Record<string, Json>>
}

const open = { read: anyone, create: anyone, update: anyone, delete: anyone, embed: true as const }

/** The text of the document of tables, by the name of their export. */
async function documentOf(
  schema: Record<string, unknown>,
  { fields = {}, routes = [] }: { fields?: Record<string, Json>; routes?: HandwrittenRoute[] } = {},
): Promise<string> {
  const options = Object.fromEntries(
    Object.keys(schema).map((name) => [name, { ...open, ...(fields[name] ? { fields: fields[name] } : {}) }]),
  )
  const api = defineApi({
    title: "Shared",
    version: "1",
    accounts: false,
    schema,
    resources: resourcesOf(schema, options as never),
    routes,
  })
  const database = openLibsqlFile("file::memory:")
  const { app } = appOver(database, { subject: { api, migrations: new URL("file:///none/") } })
  const answer = await caller(app)("GET", "/openapi.json")
  database.close()
  expect(answer.status, answer.text).toBe(200)
  return answer.text
}

const raw = (text: string): Raw => JSON.parse(text) as Raw

/** So many tables with the same columns, each but the first a child of the one before it. */
function chain(length: number): Record<string, ReturnType<typeof link>> {
  const tables: Record<string, ReturnType<typeof link>> = {}
  for (let i = 0; i < length; i++) tables[`link${i}`] = link(i, () => tables[`link${Math.max(0, i - 1)}`])
  return tables
}
const link = (i: number, before: () => unknown) =>
  sqliteTable(`link_${i}`, {
    id: integer("id").primaryKey(),
    label: text("label").notNull(),
    weight: numeric("weight"),
    beforeId: integer("before_id").references(() => (before() as { id: never }).id),
  })

test("filters by columns of one name and type are one parameter, however many tables have them", async () => {
  const few = raw(await documentOf(chain(12)))
  const many = raw(await documentOf(chain(30)))
  const filters = ({ components }: Raw) =>
    Object.keys(components.parameters).filter((name) => /^(id|label|weight|beforeId)\./.test(name))
  expect(filters(few).length).toBeGreaterThan(20)
  expect(filters(many)).toEqual(filters(few))
  expect(Object.keys(many.components.responses)).toEqual(Object.keys(few.components.responses))
  expect(Object.keys(many.components.headers)).toEqual(Object.keys(few.components.headers))
})

test("columns of one name and different types have filters of their own", async () => {
  const words = sqliteTable("words", { id: integer("id").primaryKey(), size: text("size").notNull() })
  const boxes = sqliteTable("boxes", { id: integer("id").primaryKey(), size: integer("size").notNull() })
  const document = await documentOf({ words, boxes, ...chain(12) })
  const of = (path: string) =>
    parsed(document).paths[path]?.get?.parameters?.find(({ name }) => name === "size[gt]")?.schema
  expect([of("/words"), of("/boxes")]).toEqual([{ type: "string" }, { type: "integer" }])
  expect(Object.keys(raw(document).components.parameters)).toEqual(
    expect.arrayContaining(["size.gt", "Box.size.gt"]),
  )
})

test("a document of few tables has its parameters in place", async () => {
  const { paths, components } = raw(await documentOf(chain(2)))
  expect(components.parameters).toEqual({})
  const params = paths["/link1"]?.get?.parameters as unknown as { name: string; in: string }[]
  expect(params.find(({ name }) => name === "label[ne]")?.in).toBe("query")
})

test("a list below a parent has the parameters of the list itself", async () => {
  const { paths } = raw(await documentOf(chain(12)))
  const refs = (path: string) => paths[path]?.get?.parameters?.map(({ $ref }) => $ref) ?? []
  const nested = Object.keys(paths).find((path) => /^\/link0\/\{id\}\/\w*[lL]ink1\w*$/.test(path)) as string
  expect(refs(nested)).toEqual(["#/components/parameters/Link0.key", ...refs("/link1")])
  expect(refs("/link1").length).toBeGreaterThan(30)
})

test("embedded rows are one schema per table, with another name where theirs is taken", async () => {
  const parts = sqliteTable("parts", { id: integer("id").primaryKey(), name: text("name").notNull() })
  const uses = sqliteTable("uses", {
    id: integer("id").primaryKey(),
    partId: integer("part_id").references(() => parts.id),
    otherId: integer("other_id").references(() => parts.id),
  })
  const part_embedded = sqliteTable("part_embedded", { id: integer("id").primaryKey() })
  const text_ = await documentOf({ parts, uses, part_embedded })
  const { schemas } = raw(text_).components
  const use = schemas.Use as { properties: Record<string, unknown> }
  expect(use.properties.part).toEqual({
    anyOf: [{ $ref: "#/components/schemas/EmbeddedPart" }, { type: "null" }],
  })
  expect(use.properties.other).toEqual(use.properties.part)
  expect(Object.keys((schemas.EmbeddedPart as typeof use).properties)).toEqual(["id", "name"])
  const validate = validatorOf(text_)("components", "schemas", "Use")
  const row = { id: 1, partId: 1, otherId: null }
  expect(
    [{ part: { name: "bolt" } }, { part: null }, { part: 1 }].map((e) => validate({ ...row, ...e })),
  ).toEqual([true, true, false])
})

const own = (name: string, schema: z.ZodType) =>
  route(
    createRoute({
      method: "get",
      path: "/own/thing",
      responses: {
        200: {
          description: "It",
          content: { "application/json": { schema: z.array(schema.openapi(name)) } },
        },
      },
    }),
    (c) => c.json([]) as never,
  )

test("a hand-written route's schema that is called as a resource's is another one", async () => {
  const cups = sqliteTable("cups", { id: integer("id").primaryKey(), size: text("size").notNull() })
  const text_ = await documentOf({ cups }, { routes: [own("Cup", z.object({ sips: z.int() }))] })
  const { schemas } = raw(text_).components
  const members = (name: string) => Object.keys((schemas[name] as { properties: object }).properties)
  expect([members("Cup"), members("Cup2")]).toEqual([["id", "size"], ["sips"]])
  const answer = parsed(text_).paths["/own/thing"]?.get?.responses[200]?.content?.["application/json"]
  expect(answer?.schema).toEqual({ type: "array", items: { $ref: "#/components/schemas/Cup2" } })
  const other = raw(await documentOf({ cups }, { routes: [own("Mug", z.object({ sips: z.int() }))] }))
  expect(Object.keys(other.components.schemas)).not.toContain("Mug2")
})

test("a key of several columns is a parameter each, and a filter may be called as a parameter of lists", async () => {
  const marks = sqliteTable(
    "marks",
    { a: text("a").notNull(), b: integer("b").notNull(), limit: integer("limit") },
    ({ a, b }) => [primaryKey({ columns: [a, b] })],
  )
  const { paths } = parsed(await documentOf({ marks }))
  const params = (path: string) => paths[path]?.get?.parameters?.map(({ name, in: at }) => `${at} ${name}`)
  expect(params("/marks/{a},{b}")?.slice(0, 2)).toEqual(["path a", "path b"])
  expect(params("/marks")).toEqual(
    expect.arrayContaining(["query limit", "query limit[eq]", "query limit[gt]"]),
  )
})

test("null is a value wherever a column takes it, whatever its type is made of", async () => {
  const deals = sqliteTable("deals", {
    id: integer("id").primaryKey(),
    price: numeric("price"),
    big: blob("big", { mode: "bigint" }),
    terms: text("terms", { mode: "json" }),
    kind: text("kind"),
  })
  const terms = { schema: z.object({ days: z.number() }) }
  const kind = { schema: z.enum(["new", "used"]) }
  const text_ = await documentOf({ deals }, { fields: { deals: { terms, kind } } })
  const validator = validatorOf(text_)
  const row = { id: 1, price: null, big: null, terms: null, kind: null }
  for (const name of ["Deal", "DealPart"]) {
    const validate = validator("components", "schemas", name)
    expect(validate(row), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({ ...row, terms: { weeks: 1 } })).toBe(false)
    expect(validate({ ...row, kind: "lost" })).toBe(false)
  }
  const { id: _, ...body } = row
  for (const name of ["DealCreate", "DealUpdate"])
    expect(validator("components", "schemas", name)(body)).toBe(true)
})
