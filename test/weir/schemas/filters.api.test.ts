import "#fresh"
import type { Column } from "drizzle-orm"
import { describe, expect, test } from "vitest"
import type { Operator } from "../../../src/weir/fields/operators.ts"
import type { Row } from "../support/samples.ts"
import { operatorsFor, passes } from "./support/compare.ts"
import { kindOf, type TableFacts } from "./support/facts.ts"
import { expectNone } from "./support/none.ts"
import { operandsFor, spelled } from "./support/operands.ts"
import { dialect, schemas, shownOf } from "./support/schemas.ts"
import { type Served, serving } from "./support/served.ts"
import { keyText } from "./support/wire.ts"

/** Text that is a key is ordered by the database, so that its index serves: only equality is the same everywhere. */
const ordered: Operator[] = ["gt", "gte", "lt", "lte"]
const isOrderedByPostgres = ({ key }: TableFacts, property: string, column: Column): boolean =>
  dialect === "postgres" && key.includes(property) && kindOf(column) === "text"

/** Parameters of lists: a field that is called so is filtered with its operator. */
const parameters = ["limit", "skip", "sort", "count", "fields", "include", "after", "before"]

/** One filter, and the keys that it must find. */
async function tried(served: Served, facts: TableFacts, rows: Row[], filter: [string, Operator, unknown]) {
  const [property, operator, operand] = filter
  const column = facts.columns[property] as Column
  const query = `${encodeURIComponent(property)}[${operator}]=${spelled(operand)}`
  const { status, body, text } = await served.call(
    "GET",
    `/${facts.name}?${query}&fields=${facts.key.join(",")}`,
  )
  const expected = rows.filter((row) => passes(column, row[property], operator, operand))
  const answered = status === 200 ? (body as Row[]).map((row) => keyText(facts, row)).sort() : [status, text]
  return { query, answered, expected: expected.map((row) => keyText(facts, row)).sort() }
}

describe.each(schemas)("$name", (schema) => {
  const served = serving(schema)

  test.each(schema.tables)(
    "$name: filters by every comparable column, with every operator",
    async (facts) => {
      const rows = await served().rows(facts)
      const wrong: unknown[] = []
      for (const property of shownOf(schema, facts)) {
        const column = facts.columns[property] as Column
        const values = rows.map((row) => row[property])
        for (const operator of operatorsFor(column)) {
          if (ordered.includes(operator) && isOrderedByPostgres(facts, property, column)) continue
          for (const operand of operandsFor(column, operator, values)) {
            const outcome = await tried(served(), facts, rows, [property, operator, operand])
            if (JSON.stringify(outcome.answered) !== JSON.stringify(outcome.expected)) wrong.push(outcome)
          }
        }
      }
      expectNone(wrong)
    },
  )

  test.each(schema.tables)("$name: refuses what is no value of a column, by the property", async (facts) => {
    const misfits: Partial<Record<ReturnType<typeof kindOf>, string[]>> = {
      number: ["x", "", "1.5x"],
      numeric: ["x", "1,5"],
      boolean: ["2", "yes"],
      instant: ["2026-02-31T00:00:00Z", "yesterday", "2025-01-01T00:00:00"],
      uuid: ["not-a-uuid"],
    }
    // Rows may hold what an enum of text no longer has; one of Postgres holds its own alone.
    const misfitsOf = (column: Column) =>
      column.columnType === "PgEnumColumn" ? ["no such word"] : (misfits[kindOf(column)] ?? [])
    for (const property of shownOf(schema, facts))
      for (const misfit of misfitsOf(facts.columns[property] as Column)) {
        const own = parameters.includes(property) ? `${property}[eq]` : property
        const path = `/${facts.name}?${own}=${encodeURIComponent(misfit)}`
        const { status, body } = await served().call("GET", path)
        expect([status, (body as { errors?: { path: string }[] }).errors?.map((e) => e.path)], path).toEqual([
          422,
          [own],
        ])
      }
  })

  test.each(schema.tables)("$name: knows no column's name that is no property", async (facts) => {
    const properties = Object.keys(facts.columns)
    for (const { name } of Object.values(facts.columns).filter(
      (column) => !properties.includes(column.name),
    )) {
      const { status } = await served().call("GET", `/${facts.name}?${name}=1`)
      expect([name, status]).toEqual([name, 422])
    }
  })
})
