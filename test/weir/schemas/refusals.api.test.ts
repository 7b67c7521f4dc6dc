import "#fresh"
import { describe, expect, test } from "vitest"
import type { Answer } from "../support/client.ts"
import type { Row } from "../support/samples.ts"
import { bodyFor, next, valueFor } from "./support/bodies.ts"
import { holdersOf, type TableFacts } from "./support/facts.ts"
import { relatedTo } from "./support/relations.ts"
import { schemas } from "./support/schemas.ts"
import { type Served, serving } from "./support/served.ts"
import { hasPath, keyText, only, pathOf } from "./support/wire.ts"

/** What the database refuses: each is a clear answer that names the property, and never a 500. */
const paths = ({ body }: Answer): string[] =>
  ((body as { errors?: { path: string }[] } | undefined)?.errors ?? []).map((e) => e.path)
const code = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code

async function aRow(served: Served, facts: TableFacts): Promise<Row> {
  const before = new Set((await served.secretRows(facts)).map((row) => keyText(facts, row)))
  const { status, text } = await served.call("POST", `/${facts.name}`, { json: await bodyFor(served, facts) })
  expect(status, text).toBe(201)
  return (await served.secretRows(facts)).find((row) => !before.has(keyText(facts, row))) as Row
}

/** A value that no row of a target has. */
const unknownFor = (facts: TableFacts, columns: string[]): Row =>
  Object.fromEntries(
    columns.map((property) => [property, valueFor(facts.columns[property] as never, 900_000 + next())]),
  )

describe.each(schemas)("$name", (schema) => {
  const served = serving(schema)
  const unique = schema.tables.filter(({ uniques }) => uniques.length > 0)
  const referring = schema.tables.filter(({ references }) => references.length > 0)
  const held = schema.tables.filter((facts) => holdersOf(schema.tables, facts).length > 0)

  test.each(unique)("$name: what is unique is a 409 that names the property", async (facts) => {
    for (const properties of facts.uniques) {
      const rows = await served().secretRows(facts)
      const taken = rows.find((row) => properties.every((property) => row[property] !== null)) as Row
      const given = only(properties, taken)
      const body = await bodyFor(served(), facts, { given })
      const answer = await served().call("POST", `/${facts.name}`, { json: body })
      expect([answer.status, code(answer)], answer.text).toEqual([409, "duplicate"])
      expect(paths(answer).length).toBeGreaterThan(0)
      for (const path of paths(answer)) expect(properties).toContain(path)
      const other = await aRow(served(), facts)
      const patched = await served().call("PATCH", pathOf(facts, other), { json: given })
      expect([patched.status, code(patched)], patched.text).toEqual([409, "duplicate"])
      for (const path of paths(patched)) expect(properties).toContain(path)
    }
  })

  test.each(schema.tables)("$name: a key that is taken is a 409 that names it", async (facts) => {
    const [taken = {}] = await served().secretRows(facts)
    const isMade = facts.key.length === 1 && typeof taken[facts.key[0] as string] === "number"
    if (isMade) return
    const body = await bodyFor(served(), facts, { given: only(facts.key, taken) })
    const answer = await served().call("POST", `/${facts.name}`, { json: body })
    expect([answer.status, code(answer)], answer.text).toEqual([409, "duplicate"])
    for (const path of paths(answer)) expect(facts.key).toContain(path)
    expect(paths(answer).length).toBeGreaterThan(0)
  })

  test.each(referring)("$name: a reference to nothing is a 422 that names the property", async (facts) => {
    for (const { columns } of facts.references) {
      const given = unknownFor(facts, columns)
      const body = await bodyFor(served(), facts, { given })
      const answer = await served().call("POST", `/${facts.name}`, { json: body })
      expect([answer.status, columns], answer.text).toEqual([422, columns])
      expect(paths(answer).length).toBeGreaterThan(0)
      for (const path of paths(answer)) expect(columns).toContain(path)
      if (columns.some((property) => facts.key.includes(property))) continue
      const patched = await served().call("PATCH", pathOf(facts, await aRow(served(), facts)), {
        json: given,
      })
      expect([patched.status, columns], patched.text).toEqual([422, columns])
      for (const path of paths(patched)) expect(columns).toContain(path)
    }
  })

  test.each(held)("$name: a row in use is not deleted: 409, and it is still there", async (facts) => {
    for (const [holder, { columns, foreign }] of holdersOf(schema.tables, facts)) {
      const relation = { name: "", declared: undefined, kind: "many" as const, target: holder }
      const held = await served().secretRows(holder)
      const rows = await served().secretRows(facts)
      const used = rows.find(
        (row) => relatedTo({ ...relation, fields: foreign, references: columns }, row, held).length,
      )
      if (!used || !hasPath(facts, used)) throw new Error(`${facts.name}: no row is in use by ${holder.name}`)
      const answer = await served().call("DELETE", pathOf(facts, used))
      expect([answer.status, code(answer)], answer.text).toEqual([409, "still_referenced"])
      expect((await served().call("GET", pathOf(facts, used))).status).toBe(200)
    }
  })
})
