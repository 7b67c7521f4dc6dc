import "#fresh"
import type { Column } from "drizzle-orm"
import { describe, expect, test } from "vitest"
import { walk } from "../support/paging.ts"
import type { Row } from "../support/samples.ts"
import { compareNullable } from "./support/compare.ts"
import { kindOf, type TableFacts } from "./support/facts.ts"
import { expectNone } from "./support/none.ts"
import { dialect, schemas, shownOf } from "./support/schemas.ts"
import { listed, type Served, serving } from "./support/served.ts"
import { keyText, normal } from "./support/wire.ts"

const sortable = (facts: TableFacts, properties: string[]): string[] =>
  properties.filter((property) => kindOf(facts.columns[property] as Column) !== "json")

/** What is wrong with a list of a sort, walked there and back in pages of three; undefined where nothing is. */
async function fault(
  served: Served,
  facts: TableFacts,
  rows: Row[],
  sort: string,
): Promise<string | undefined> {
  const path = `/${facts.name}?limit=3&sort=${sort}`
  const keys = (list: Row[]) => list.map((row) => keyText(facts, normal(facts, row)))
  const { forward, backward } = await walk(served, path)
  if (new Set(keys(forward)).size !== forward.length || forward.length !== rows.length)
    return `${forward.length} rows of ${rows.length}, ${new Set(keys(forward)).size} different`
  if (JSON.stringify(keys(backward)) !== JSON.stringify(keys(forward))) return "another order backwards"
  const whole = await listed(served, facts, `sort=${sort}`)
  if (JSON.stringify(keys(whole)) !== JSON.stringify(keys(forward))) return "another order in one page"
  const property = sort.replace("-", "")
  const column = facts.columns[property] as Column
  // Text that is a key is ordered by the database.
  if (dialect === "postgres" && facts.key.includes(property) && kindOf(column) === "text") return undefined
  const direction = sort.startsWith("-") ? -1 : 1
  const expected = rows.map((row) => row[property]).sort((a, b) => direction * compareNullable(column, a, b))
  const answered = forward.map((row) => normal(facts, row)[property])
  if (JSON.stringify(answered) === JSON.stringify(expected)) return undefined
  // Numbers that are equal may be spelled in two ways.
  const isSame = answered.every((value, i) => compareNullable(column, value, expected[i]) === 0)
  return isSame ? undefined : `${JSON.stringify(answered)} instead of ${JSON.stringify(expected)}`
}

describe.each(schemas)("$name", (schema) => {
  const served = serving(schema)

  test.each(schema.tables)(
    "$name: sorts by every comparable column, in pages there and back",
    async (facts) => {
      const rows = await served().rows(facts)
      const wrong: unknown[] = []
      for (const property of sortable(facts, shownOf(schema, facts)))
        for (const sort of [property, `-${property}`]) {
          const what = await fault(served(), facts, rows, sort).catch((error: Error) => error.message)
          if (what) wrong.push([sort, what])
        }
      expectNone(wrong)
    },
  )

  test.each(schema.tables)(
    "$name: is paged by its key where no sort is given, there and back",
    async (facts) => {
      const rows = await served().rows(facts)
      const { forward, backward } = await walk(served(), `/${facts.name}?limit=2`)
      const keys = (list: Row[]) => list.map((row) => keyText(facts, row))
      expect(keys(forward).sort()).toEqual(keys(rows).sort())
      expect(keys(backward)).toEqual(keys(forward))
    },
  )

  test.each(schema.tables)(
    "$name: does not sort by JSON, nor by a column's name that is no property",
    async (facts) => {
      const properties = Object.keys(facts.columns)
      const json = properties.filter((property) => kindOf(facts.columns[property] as Column) === "json")
      const names = Object.values(facts.columns).map(({ name }) => name)
      for (const sort of [...json, ...names.filter((name) => !properties.includes(name))]) {
        const { status, body } = await served().call("GET", `/${facts.name}?sort=${sort}`)
        expect([sort, status, (body as { errors?: { path: string }[] }).errors?.[0]?.path]).toEqual([
          sort,
          422,
          "sort",
        ])
      }
    },
  )
})
