import "#fresh"
import { describe, expect, test } from "vitest"
import * as weir from "../../../src/weir/index.ts"
import { caller } from "../support/client.ts"
import { appOver } from "../support/fresh.ts"
import { rowsOf } from "../support/samples.ts"
import { filled } from "./support/database.ts"
import { type PeoplesSchema, schemas } from "./support/schemas.ts"
import type { Served } from "./support/served.ts"

type Options = Record<string, unknown>
const { anyone, defineApi, resource, resourcesOf } = weir as unknown as {
  anyone: unknown
  defineApi(options: Options): Served["api"]
  resource(table: unknown, options: Options): weir.Resource
  resourcesOf(module: object, options: Record<string, Options>): weir.Resource[]
}

/** What a team declares over people's tables, and the one line that it is told where that is wrong. */
const apiFrom = ({ module, casing }: PeoplesSchema, resources: weir.Resource[]) =>
  defineApi({
    title: "Theirs",
    version: "1",
    accounts: false,
    schema: module,
    ...(casing ? { casing } : {}),
    resources,
  })

async function answering(schema: PeoplesSchema, resources: weir.Resource[]) {
  const api = apiFrom(schema, resources)
  const made = await filled(schema)
  const subject = { api, migrations: new URL("file:///none/") }
  return { ...made, call: caller(appOver(made.database, { subject }).app) }
}

describe.each(schemas)("$name", (schema) => {
  const [first, second] = schema.tables as [PeoplesSchema["tables"][0], PeoplesSchema["tables"][0]]

  test("what is not named is not served, and what has no rule is closed", async () => {
    const { call, close } = await answering(
      schema,
      resourcesOf(schema.module, { [first.name]: {}, [second.name]: { read: anyone } }),
    )
    const statusOf = async (method: string, path: string) => (await call(method, path)).status
    expect(await statusOf("GET", `/${second.name}`)).toBe(200)
    expect([404, 405]).toContain(await statusOf("POST", `/${second.name}`))
    expect(await statusOf("GET", `/${first.name}`)).toBe(404)
    for (const { name } of schema.tables.slice(2)) expect(await statusOf("GET", `/${name}`), name).toBe(404)
    const { text } = await call("GET", "/openapi.json")
    for (const { name } of schema.tables.slice(2)) expect(text).not.toContain(`"/${name}"`)
    await close()
  })

  test("embed: true offers no relation to what is not served", async () => {
    const open = { read: anyone, embed: true }
    for (const facts of schema.tables) {
      const [one] = apiFrom(schema, resourcesOf(schema.module, { [facts.name]: open })).resources
      const targets = Object.values(one?.relations ?? {}).map(({ target }) => target.name)
      expect(targets.filter((target) => target !== facts.name)).toEqual([])
    }
  })

  test("a table alone is served under its own name, or another that it is given", async () => {
    const { call, close } = await answering(schema, [
      resource(first.table, { read: anyone }),
      resource(second.table, { read: anyone, name: "elsewhere" }),
    ])
    const config = Object.getOwnPropertySymbols(first.table).find(
      (symbol) => symbol.description === "drizzle:Name",
    )
    const own = (first.table as unknown as Record<symbol, string>)[config as symbol]
    expect(rowsOf(await call("GET", `/${own}`)).length).toBeGreaterThan(0)
    expect(rowsOf(await call("GET", "/elsewhere")).length).toBeGreaterThan(0)
    await close()
  })

  const column = Object.keys(first.columns).find((property) => first.columns[property]?.name !== property)
  test.each<[string, Record<string, Options>, string]>([
    ["an export that is not there", { nothing: {} }, "nothing"],
    ["a field that is no property", { [first.name]: { fields: { no_such: { read: anyone } } } }, "no_such"],
    [
      "a column's name for its property",
      { [first.name]: { fields: { [`${column}_x`]: {} } } },
      `${column}_x`,
    ],
    [
      "a type that there is not",
      { [first.name]: { fields: { [`${Object.keys(first.columns)[0]}`]: { type: "numeric" as never } } } },
      `${first.name}.${Object.keys(first.columns)[0]}: there is no type "numeric" but id, text, integer,`,
    ],
    ["an embed that is no relation", { [first.name]: { read: anyone, embed: { nobody: {} } } }, "nobody"],
    ["a sort that is no property", { [first.name]: { read: anyone, sort: "-no_such" } }, "no_such"],
  ])("%s is one line that names it", (_, options, culprit) => {
    const declare = () => apiFrom(schema, resourcesOf(schema.module, options))
    expect(declare).toThrow(culprit)
    try {
      declare()
    } catch (error) {
      expect((error as Error).message.split("\n")).toHaveLength(1)
    }
  })

  test("an export that is no table is named, too", () => {
    const other = Object.keys(schema.module).find(
      (name) => !schema.tables.some((facts) => facts.name === name),
    )
    if (other === undefined) return
    expect(() => resourcesOf(schema.module, { [other]: {} })).toThrow(other)
  })

  test("declaring it twice is declaring it the same", () => {
    const names = () => {
      const resources = resourcesOf(schema.module, { [first.name]: { read: anyone, embed: true } })
      return apiFrom(schema, resources).resources.map(({ name, fields }) => [name, Object.keys(fields)])
    }
    expect(names()).toEqual(names())
    expect(names()).toEqual([[first.name, Object.keys(first.columns)]])
  })
})
