import "#fresh"
import type { Column } from "drizzle-orm"
import { describe, expect, test } from "vitest"
import { kindOf } from "./support/facts.ts"
import { expectNone } from "./support/none.ts"
import { schemas, shownOf } from "./support/schemas.ts"
import { listed, serving } from "./support/served.ts"
import { hasPath, keyText, normal, pathOf } from "./support/wire.ts"

/** A value of a key that no row has. */
function another(column: Column, value: unknown): unknown {
  const text = String(value)
  switch (kindOf(column)) {
    case "instant":
      return text.replace(/^\d{4}/, "2033")
    case "number":
      return 77_777
    case "uuid":
      return text.replace(/[0-9a-f]/g, "f")
    default:
      return `${text}~`
  }
}

/** Reads of people's own tables, held against what Drizzle reads from the same database. */
describe.each(schemas)("$name", (schema) => {
  const served = serving(schema)

  test.each(schema.tables)("$name: is listed whole, by properties, every value exact", async (facts) => {
    const expected = await served().rows(facts)
    const rows = await listed(served(), facts)
    expect(rows.map((row) => keyText(facts, row)).sort()).toEqual(
      expected.map((row) => keyText(facts, row)).sort(),
    )
    const byKey = new Map(expected.map((row) => [keyText(facts, row), row]))
    // As text: the order of members counts, in rows and in values of JSON alike.
    for (const row of rows) expect(JSON.stringify(row)).toBe(JSON.stringify(byKey.get(keyText(facts, row))))
  })

  test.each(schema.tables)("$name: counts its rows", async (facts) => {
    const { headers } = await served().call("GET", `/${facts.name}?count=exact&limit=1`)
    expect(headers.get("x-total-count")).toBe(String((await served().rows(facts)).length))
  })

  test.each(schema.tables)("$name: gives each row by its key, whatever is in it", async (facts) => {
    const expected = (await served().rows(facts)).filter((row) => hasPath(facts, row))
    const wrong: unknown[] = []
    for (const row of expected) {
      const { status, body, text } = await served().call("GET", pathOf(facts, row))
      const same = status === 200 && JSON.stringify(normal(facts, body as never)) === JSON.stringify(row)
      if (!same) wrong.push([pathOf(facts, row), status, text.slice(0, 300), row])
    }
    expectNone(wrong)
  })

  test.each(schema.tables)("$name: shows single members, each by its property", async (facts) => {
    const rows = await served().rows(facts)
    for (const property of shownOf(schema, facts)) {
      const answered = await listed(served(), facts, `fields=${property}`)
      const values = (list: Record<string, unknown>[]) => list.map((row) => JSON.stringify(row)).sort()
      expect(values(answered), property).toEqual(values(rows.map((row) => ({ [property]: row[property] }))))
    }
  })

  test.each(schema.tables)("$name: has no row of a key that is not there", async (facts) => {
    const rows = await served().rows(facts)
    const absent: Record<string, unknown> = { ...rows[0] }
    for (const property of facts.key)
      absent[property] = another(facts.columns[property] as Column, absent[property])
    expect(rows.map((row) => keyText(facts, row))).not.toContain(keyText(facts, absent))
    const path = pathOf(facts, absent)
    for (const method of ["GET", "DELETE"])
      expect((await served().call(method, path)).status, `${method} ${path}`).toBe(404)
  })
})
