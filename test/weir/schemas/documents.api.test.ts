import "#fresh"
import { describe, expect, test } from "vitest"
import { caller } from "../support/client.ts"
import { conformance, type OpenApi, type Operation, parsed, validatorOf } from "../support/openapi.ts"
import { rowOf } from "../support/samples.ts"
import { bodyFor } from "./support/bodies.ts"
import type { TableFacts } from "./support/facts.ts"
import { relationsOf } from "./support/relations.ts"
import { schemas, shownOf } from "./support/schemas.ts"
import { apiOf, type Served, serve, serving } from "./support/served.ts"
import { hasPath, normal, pathOf } from "./support/wire.ts"

type Json = Record<string, unknown>

async function documentOf({ call }: Pick<Served, "call">): Promise<{ text: string; document: OpenApi }> {
  const { status, text } = await call("GET", "/openapi.json")
  expect(status, text).toBe(200)
  return { text, document: parsed(text) }
}

const operationsOf = ({ paths }: OpenApi): Operation[] =>
  Object.values(paths).flatMap((methods) => Object.values(methods))

/** The object that a schema is, through references, lists and unions. */
function objectOf(document: OpenApi, schema: unknown): Json {
  const { $ref, items, allOf, anyOf } = schema as {
    $ref?: string
    items?: unknown
    allOf?: unknown[]
    anyOf?: unknown[]
  }
  if ($ref) return objectOf(document, document.components.schemas[$ref.split("/").at(-1) as string])
  const inner = items ?? allOf?.[0] ?? anyOf?.[0]
  return inner ? objectOf(document, inner) : (schema as Json)
}

const membersOf = (document: OpenApi, schema: unknown): string[] =>
  Object.keys((objectOf(document, schema).properties ?? {}) as Json)

describe.each(schemas)("$name", (schema) => {
  const served = serving(schema)
  const relations = relationsOf(schema)

  test.each(schema.tables)(
    "$name: is described by its properties, and by no column's name",
    async (facts) => {
      const { document } = await documentOf(served())
      const list = document.paths[`/${facts.name}`]?.get as Operation
      const shown = shownOf(schema, facts)
      const embeds = (relations.get(facts) ?? []).map(({ name }) => name)
      const members = membersOf(document, list.responses[200]?.content?.["application/json"]?.schema)
      expect(members.filter((member) => shown.includes(member))).toEqual(shown)
      expect(embeds.filter((name) => !members.includes(name))).toEqual([])
      const names = Object.values(facts.columns).map(({ name }) => name)
      const alien = names.filter((name) => !(name in facts.columns) && !embeds.includes(name))
      const hidden = schema.hidden[facts.name] ?? []
      expect(members.filter((member) => [...alien, ...hidden].includes(member))).toEqual([])
      const filters = (list.parameters ?? []).map(({ name }) => name.split("[")[0] as string)
      expect(filters.filter((name) => [...alien, ...hidden].includes(name))).toEqual([])
      expect(shown.filter((name) => !filters.includes(name) && !isJson(facts, name))).toEqual([])
      const body = document.paths[`/${facts.name}`]?.post?.requestBody?.content["application/json"]?.schema
      expect(membersOf(document, body).filter((member) => alien.includes(member))).toEqual([])
    },
  )

  test("has the path of each key, and a name for each operation and schema", async () => {
    const { document } = await documentOf(served())
    for (const { name, key } of schema.tables) {
      const single = Object.keys(document.paths).filter((path) =>
        new RegExp(`^/${name}/\\{[^/]*\\}$`).test(path),
      )
      expect(single, name).toHaveLength(1)
      expect(single[0]?.match(/\{\w+\}/g)?.length, single[0]).toBe(key.length)
    }
    const ids = operationsOf(document).map(({ operationId }) => operationId)
    expect(ids).not.toContain(undefined)
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([])
    const names = Object.keys(document.components.schemas).map((name) => name.toLowerCase())
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
    for (const name of Object.keys(document.components.schemas)) expect(name).toMatch(/^[A-Za-z]\w*$/)
    for (const id of ids) expect(id).toMatch(/^[A-Za-z]\w*$/)
  })

  test("is the same when it is made again, and every schema in it is one", async () => {
    const { text, document } = await documentOf(served())
    const again = await serve(schema)
    expect((await documentOf(again)).text).toBe(text)
    await again.close()
    const validator = validatorOf(text)
    for (const name of Object.keys(document.components.schemas)) validator("components", "schemas", name)
    expect(apiOf(schema).resources.map(({ name }) => name)).toEqual(schema.tables.map(({ name }) => name))
  })

  test.each(schema.tables)("$name: every answer is as documented", async (facts) => {
    const { text } = await documentOf(served())
    const call = caller(served().app, conformance(text))
    const rows = await served().rows(facts)
    const row = rows.find((one) => hasPath(facts, one)) as Json
    const includes = (relations.get(facts) ?? []).map(({ name }) => name)
    await call("GET", `/${facts.name}`)
    await call("GET", `/${facts.name}?include=${includes.join(",")}`)
    await call("GET", `/${facts.name}?nothing=1`)
    for (const one of rows.filter((each) => hasPath(facts, each))) await call("GET", pathOf(facts, one))
    await call("HEAD", pathOf(facts, row))
    const body = await bodyFor(served(), facts, { full: true })
    const created = await call("POST", `/${facts.name}`, { json: body })
    expect(created.status, created.text).toBe(201)
    const path = pathOf(facts, normal(facts, rowOf(created)))
    await call("POST", `/${facts.name}`, { json: body })
    await call("POST", `/${facts.name}`, { json: {} })
    await call("PATCH", path, { json: {} })
    const writable = Object.keys(body).find((property) => !facts.key.includes(property))
    if (writable) await call("PATCH", path, { json: { [writable]: body[writable] } })
    for (const method of ["DELETE", "GET", "PATCH"])
      await call(method, path, method === "PATCH" ? { json: {} } : {})
  })
})

const isJson = ({ columns }: TableFacts, property: string): boolean =>
  /Json$/.test(columns[property]?.columnType ?? "")
