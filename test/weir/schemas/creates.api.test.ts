import "#fresh"
import { describe, expect, test } from "vitest"
import type { Row } from "../support/samples.ts"
import { rowOf } from "../support/samples.ts"
import { type BodyOptions, bodyFor } from "./support/bodies.ts"
import type { TableFacts } from "./support/facts.ts"
import { schemas, shownOf } from "./support/schemas.ts"
import { type Served, serving } from "./support/served.ts"
import { keyText, normal, only, pathOf } from "./support/wire.ts"

/** Creates a row, and looks at it by its Location and by Drizzle. */
async function created(served: Served, facts: TableFacts, options: BodyOptions) {
  const before = new Set((await served.secretRows(facts)).map((row) => keyText(facts, row)))
  const body = await bodyFor(served, facts, options)
  const answer = await served.call("POST", `/${facts.name}`, { json: body })
  expect(answer.status, `${JSON.stringify(body)}: ${answer.text}`).toBe(201)
  const added = (await served.secretRows(facts)).filter((row) => !before.has(keyText(facts, row)))
  expect(added).toHaveLength(1)
  const location = new URL(answer.headers.get("location") ?? "", "http://localhost").pathname
  return { body, answer: normal(facts, rowOf(answer)), kept: added[0] as Row, location }
}

/** Members as text: the order within JSON counts. */
const asText = (row: Row): Record<string, string> =>
  Object.fromEntries(Object.entries(row).map(([property, value]) => [property, JSON.stringify(value)]))

describe.each(schemas)("$name", (schema) => {
  const served = serving(schema)

  test.each(schema.tables)("$name: is created with what its defaults leave open", async (facts) => {
    const { body, answer, kept, location } = await created(served(), facts, {})
    expect(location).toBe(pathOf(facts, kept))
    expect(asText(answer)).toEqual(asText(only(shownOf(schema, facts), kept)))
    expect(asText(only(Object.keys(body), kept))).toEqual(asText(body))
    const read = await served().call("GET", location)
    expect(asText(normal(facts, rowOf(read)))).toEqual(asText(answer))
  })

  test.each(schema.tables)("$name: keeps every value that it is created with", async (facts) => {
    const { body, answer, kept } = await created(served(), facts, { full: true })
    expect(asText(only(Object.keys(body), kept))).toEqual(asText(body))
    expect(asText(answer)).toEqual(asText(only(shownOf(schema, facts), kept)))
  })

  test.each(schema.tables)("$name: is created in numbers, all or none", async (facts) => {
    const before = (await served().secretRows(facts)).length
    const first = await bodyFor(served(), facts)
    const good = await served().call("POST", `/${facts.name}`, { json: [first] })
    expect(good.status, good.text).toBe(201)
    const second = await bodyFor(served(), facts)
    const bad = await served().call("POST", `/${facts.name}`, {
      json: [second, { ...second, nothing_of_this_name: 1 }],
    })
    expect(bad.status).toBe(422)
    expect((await served().secretRows(facts)).length).toBe(before + 1)
  })

  test.each(schema.tables)("$name: takes no column's name that is no property", async (facts) => {
    const properties = Object.keys(facts.columns)
    const body = await bodyFor(served(), facts)
    for (const { name } of Object.values(facts.columns).filter(
      (column) => !properties.includes(column.name),
    )) {
      const { status, body: problem } = await served().call("POST", `/${facts.name}`, {
        json: { ...body, [name]: 1 },
      })
      expect([status, (problem as { errors: { path: string }[] }).errors.map((e) => e.path)]).toEqual([
        422,
        [name],
      ])
    }
  })

  test.each(schema.tables)("$name: asks for what is required, by the property", async (facts) => {
    const body = await bodyFor(served(), facts)
    for (const property of Object.keys(body)) {
      const column = facts.columns[property]
      if (!column?.notNull || column.hasDefault) continue
      const { [property]: _, ...rest } = body
      const { status, body: problem } = await served().call("POST", `/${facts.name}`, { json: rest })
      const paths = (problem as { errors?: { path: string }[] }).errors?.map((e) => e.path)
      expect([property, status, paths]).toEqual([property, 422, [property]])
    }
  })
})
