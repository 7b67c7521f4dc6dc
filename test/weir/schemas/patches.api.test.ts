import "#fresh"
import type { Column } from "drizzle-orm"
import { describe, expect, test } from "vitest"
import { type Row, rowOf } from "../support/samples.ts"
import { bodyFor, next, valueFor } from "./support/bodies.ts"
import { kindOf, type TableFacts } from "./support/facts.ts"
import { expectNone } from "./support/none.ts"
import { schemas, shownOf } from "./support/schemas.ts"
import { type Served, serving } from "./support/served.ts"
import { keyText, normal, only, pathOf } from "./support/wire.ts"

/** A row of its own to change, and what Drizzle reads of it. */
async function aRow(served: Served, facts: TableFacts): Promise<Row> {
  const before = new Set((await served.secretRows(facts)).map((row) => keyText(facts, row)))
  const { status, text } = await served.call("POST", `/${facts.name}`, { json: await bodyFor(served, facts) })
  expect(status, text).toBe(201)
  return (await served.secretRows(facts)).find((row) => !before.has(keyText(facts, row))) as Row
}

/** The values that a column has elsewhere, and may have here. */
function valuesFor(facts: TableFacts, rows: Row[], property: string): unknown[] {
  const column = facts.columns[property] as Column
  const isUnique = facts.uniques.some((properties) => properties.includes(property))
  const refers = facts.references.some(({ columns }) => columns.includes(property))
  const isKept = (value: unknown) => kindOf(column) !== "enum" || column.enumValues?.includes(String(value))
  const present = [...new Map(rows.map((row) => [JSON.stringify(row[property]), row[property]])).values()]
    .filter((value) => value !== null && isKept(value))
    .slice(0, 4)
  if (isUnique && refers) return []
  return isUnique ? [valueFor(column, next())] : refers ? present : [...present, valueFor(column, next())]
}

const isComposite = ({ references }: TableFacts, property: string): boolean =>
  references.some(({ columns }) => columns.length > 1 && columns.includes(property))

/** What an update changes by itself. */
const isMoved = ({ columns }: TableFacts, property: string): boolean =>
  columns[property]?.onUpdateFn !== undefined || columns[property]?.generated !== undefined

describe.each(schemas)("$name", (schema) => {
  const served = serving(schema)

  test.each(schema.tables)(
    "$name: takes other values for every column, and leaves the rest",
    async (facts) => {
      const rows = await served().secretRows(facts)
      let kept = await aRow(served(), facts)
      const wrong: unknown[] = []
      for (const [property, column] of Object.entries(facts.columns)) {
        if (facts.key.includes(property) || isComposite(facts, property) || column.generated) continue
        const values = [...valuesFor(facts, rows, property), ...(column.notNull ? [] : [null])]
        for (const value of values) {
          const answer = await served().call("PATCH", pathOf(facts, kept), { json: { [property]: value } })
          if (answer.status !== 200) {
            wrong.push([property, value, answer.status, answer.text])
            continue
          }
          const now = (await served().secretRows(facts)).find(
            (row) => keyText(facts, row) === keyText(facts, kept),
          )
          const still = Object.keys(kept).filter((other) => other === property || !isMoved(facts, other))
          const expected = only(still, { ...kept, [property]: value })
          expect(JSON.stringify(only(still, now as Row)), `${property}: ${JSON.stringify(value)}`).toBe(
            JSON.stringify(expected),
          )
          expect(normal(facts, rowOf(answer))).toEqual(only(shownOf(schema, facts), now as Row))
          kept = now as Row
        }
      }
      expectNone(wrong)
    },
  )

  test.each(schema.tables)("$name: refuses what is no value of a column, by the property", async (facts) => {
    const misfits: Record<ReturnType<typeof kindOf>, unknown[]> = {
      text: [5, {}, "a\u0000b"],
      enum: ["no such word", 1],
      uuid: ["x", 5],
      number: ["x", "5", true, {}],
      numeric: ["x", "1e3x", "", true],
      boolean: [2, "true", null].filter((value) => value !== null),
      instant: ["2026-02-31T00:00:00Z", "yesterday", {}],
      json: [],
    }
    const kept = await aRow(served(), facts)
    const wrong: unknown[] = []
    for (const [property, column] of Object.entries(facts.columns)) {
      if (facts.key.includes(property) || column.generated) continue
      const length = (column as Column & { length?: number }).length
      const tooLong = kindOf(column) === "text" && length ? ["x".repeat(length + 1)] : []
      for (const value of [...misfits[kindOf(column)], ...tooLong, ...(column.notNull ? [null] : [])]) {
        const { status, body } = await served().call("PATCH", pathOf(facts, kept), {
          json: { [property]: value },
        })
        const paths = (body as { errors?: { path: string }[] } | undefined)?.errors?.map((e) => e.path)
        if (status !== 422 || paths?.join() !== property) wrong.push([property, value, status, paths])
      }
    }
    expectNone(wrong)
  })

  test.each(schema.tables)("$name: is deleted, and gone", async (facts) => {
    const kept = await aRow(served(), facts)
    const path = pathOf(facts, kept)
    const deleted = await served().call("DELETE", path)
    expect([deleted.status, deleted.text]).toEqual([204, ""])
    for (const method of ["GET", "DELETE"]) expect((await served().call(method, path)).status).toBe(404)
  })
})
