import type { Column } from "drizzle-orm"
import type { Row } from "../../support/samples.ts"
import { inSeconds, isRequired, kindOf, type ReferenceFacts, type TableFacts } from "./facts.ts"
import type { Served } from "./served.ts"

/** Bodies of creates that no unique column and no foreign key refuses. */

const text = (n: number): string => `  "${n}"\té🎻\\ `

let count = 0
/** A number that was not used before. */
export const next = (): number => ++count

/** A value of a column that no row has, and that is hard to keep: spaces, quotes, microseconds, nesting. */
export function valueFor(column: Column, n: number): unknown {
  switch (kindOf(column)) {
    case "enum":
      return column.enumValues?.[n % column.enumValues.length]
    case "text":
      return text(n)
    case "number":
      return 100_000 + n
    case "numeric":
      return `${n}.50`
    case "boolean":
      return n % 2 === 0
    case "uuid":
      return `0f0f0f0f-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
    case "json":
      return { z: n, a: [null, "é", { "": 1.5e-7, deep: [[]] }], "with space": '\u0001"' }
    case "instant":
      return instantFor(column, n)
  }
}

function instantFor(column: Column, n: number): string {
  const second = `2031-02-03T04:05:${String(n % 60).padStart(2, "0")}`
  if (inSeconds(column)) return `${second}Z`
  return `${second}.${column.columnType === "PgTimestamp" ? "007001" : "007"}Z`
}

/** Integers that the database makes: a client need not give them. */
const isMade = (facts: TableFacts, property: string): boolean => {
  const column = facts.columns[property] as Column
  return facts.key.includes(property) && kindOf(column) === "number" && column.hasDefault
}

export interface BodyOptions {
  /** All columns, or those alone that must be given. */
  full?: boolean
  /** Values that the body is to have. */
  given?: Row
}

/** A body that creates a row: references name rows that are there, and what is unique is new. */
export async function bodyFor(
  served: Served,
  facts: TableFacts,
  { full = false, given = {} }: BodyOptions = {},
) {
  const rows = await served.secretRows(facts)
  const wanted = Object.keys(facts.columns).filter((property) => {
    const refers = facts.references.some(({ columns }) => columns.includes(property))
    if (isMade(facts, property) && !refers) return false
    if (facts.columns[property]?.generated) return false
    return full || isRequired(facts.columns[property] as Column) || (facts.key.includes(property) && refers)
  })
  const n = next()
  const body: Row = {}
  for (const property of wanted) body[property] = valueFor(facts.columns[property] as Column, n)
  const references = facts.references.filter(({ columns }) =>
    columns.some((property) => wanted.includes(property)),
  )
  const targets = await Promise.all(references.map((reference) => targetsOf(served, reference)))
  for (const combination of combinations(targets)) {
    const candidate = { ...body }
    for (const part of combination) Object.assign(candidate, part)
    const whole = { ...candidate, ...given }
    if (isNew(facts, rows, whole)) return whole
  }
  // What is given may be taken on purpose.
  return { ...body, ...Object.assign({}, ...targets.map((list) => list[0])), ...given } as Row
}

/** The values that a reference may have. */
async function targetsOf(served: Served, { target, columns, foreign }: ReferenceFacts): Promise<Row[]> {
  const facts = served.schema.tables.find(({ table }) => table === target) as TableFacts
  const rows = await served.secretRows(facts)
  return rows.map((row) =>
    Object.fromEntries(columns.map((column, i) => [column, row[foreign[i] as string]])),
  )
}

function* combinations(lists: Row[][]): Generator<Row[]> {
  const [first, ...rest] = lists
  if (!first) return yield []
  for (const one of first) for (const others of combinations(rest)) yield [one, ...others]
}

const isNew = ({ key, uniques }: TableFacts, rows: Row[], row: Row): boolean =>
  [key, ...uniques].every(
    (properties) =>
      properties.some((property) => row[property] === undefined || row[property] === null) ||
      !rows.some((other) => properties.every((property) => other[property] === row[property])),
  )
