import type { Comparison } from "./filters.ts"
import { randomComparison, randomSort, randomTree } from "./filters.ts"
import { parameterOf, readFlat, spelledPart, spelledPath } from "./flat.ts"
import { isShown, model, type Row, type TableName } from "./model.ts"
import type { Oracle, Tree } from "./oracle.ts"
import { listParameters } from "./pools.ts"
import type { Random } from "./random.ts"
import { type Json, jsonText, numberText } from "./values.ts"

/** A request for a list. */
export interface Request {
  table: TableName
  /** The maker whose things or documents are listed. */
  maker?: number
  /** Filters of the query string: parameters and their texts. */
  flat: [parameter: string, text: string][]
  tree?: Tree
  /** Whether the tree is the body of a QUERY. */
  isBody: boolean
  sort: string
  isCounted: boolean
  /** The filter of the embedded list. */
  embedded?: Tree
}

/** The lists that rows embed, and those below a maker. */
export const embeddedLists: Partial<Record<TableName, "parts" | "papers">> = {
  things: "parts",
  makers: "papers",
}
const ofMakers: TableName[] = ["things", "papers"]

const flatNames = ({ name, operator }: Comparison) => (operator === "eq" ? name : `${name}[${operator}]`)

/** A comparison as the query string has it. */
export function flatOf(random: Random, comparison: Comparison): [string, string] {
  const { kind, operand, operator } = comparison
  const isPath = kind === "path"
  const numberOf = (value: number) => numberText(value, (spellings) => random.pick(spellings))
  const text = (value: Json) => (isPath && typeof value === "number" ? numberOf(value) : String(value))
  if (Array.isArray(operand)) {
    const parts = operand.map((one) => (typeof one === "string" ? spelledPart(one, isPath) : text(one)))
    return [flatNames(comparison), parts.join(",")]
  }
  const isTyped = isPath && operator !== "is_null" && operator !== "exists"
  const quoted = random.chance(0.2)
  return [flatNames(comparison), isTyped ? spelledPath(operand, numberOf, quoted) : text(operand)]
}

/** A list of one of the tables. */
export function randomRequest(random: Random, { data }: Oracle, tables: TableName[]): Request {
  const table = random.pick<TableName>(tables)
  const makers = data.makers.filter(isShown)
  const roll = random.below(10)
  const count = roll < 4 ? 1 + random.below(3) : random.below(5) ? 0 : 1
  const isTree = roll >= 4
  const list = embeddedLists[table]
  const isEmbedding = list !== undefined && random.chance(0.1)
  const steps = isTree || count > 1 ? 1 : 3
  const flat = Array.from({ length: count }, () =>
    flatOf(random, randomComparison(random, data, table, steps)),
  )
  // All trees of a request count together.
  const budget = isEmbedding ? { comparisons: 18, steps: 4 } : { comparisons: 28, steps: 7 }
  const embedded = { comparisons: 8, steps: 2 }
  return {
    table,
    flat,
    ...(ofMakers.includes(table) && random.chance(0.12) ? { maker: random.pick(makers)?.id as number } : {}),
    ...(isTree ? { tree: randomTree(random, data, table, 4, budget) } : {}),
    isBody: isTree && random.chance(0.25),
    sort: random.chance(0.5) ? randomSort(random, data, table) : "",
    isCounted: random.chance(0.15),
    ...(isEmbedding ? { embedded: randomTree(random, data, list, 2, embedded) } : {}),
  }
}

/** The request as HTTP has it. Numbers in trees have the first of their spellings, which is the strangest. */
export function sent(request: Request): { method: string; path: string; body?: string } {
  const { table, maker, flat, tree, isBody, sort, isCounted, embedded } = request
  const text = (one: Tree) => jsonText(one, ([first]) => first as string)
  const parameters = flat.map(([name, value]) => {
    const [, field = "", operator = "eq"] = /^(.*?)(?:\[(\w+)\])?$/s.exec(name) ?? []
    // A member of a document that is called as a parameter of lists.
    const isTaken = listParameters.includes(field) || field.startsWith("include.")
    const isParameter = table === "papers" && operator === "eq" && isTaken
    return isParameter ? `${field}[eq]=${encodeURIComponent(value)}` : parameterOf(field, operator, value)
  })
  if (tree && !isBody) parameters.push(parameterOf("filter", "eq", text(tree)))
  if (sort) parameters.push(parameterOf("sort", "eq", sort))
  if (isCounted) parameters.push("count=exact")
  const inner = embeddedLists[table]
  if (embedded)
    parameters.push(`include=${inner}`, parameterOf(`include.${inner}.filter`, "eq", text(embedded)))
  const list = maker === undefined ? `/${table}` : `/makers/${maker}/${table}`
  // More than any table has rows, and few enough to embed lists.
  const path = `${list}?${["limit=150", ...parameters].join("&")}`
  return isBody && tree ? { method: "QUERY", path, body: text(tree) } : { method: "GET", path }
}

/** What a list answers with: its keys in order, with those of the embedded parts, and the count. */
export type Outcome = { keys: unknown[]; total?: number }

/** What the request must be answered with. */
export function expected(oracle: Oracle, request: Request): Outcome {
  const { table, maker, flat, tree = {}, sort, isCounted, embedded } = request
  const whole: Tree = { and: [...flat.map(([name, text]) => readFlat(table, name, text)), tree] }
  const of = maker === undefined ? undefined : (oracle.data.makers.find(({ id }) => id === maker) as Row)
  const rows = oracle.rows(table, whole, of ? oracle.related("makers", of, table) : undefined)
  const sorted = oracle.sorted(table, sort, rows)
  const list = embeddedLists[table] as TableName
  const listed = (row: Row) => oracle.rows(list, embedded as Tree, oracle.related(table, row, list))
  const keys = sorted.map((row) => {
    const key = row[model[table].key]
    return embedded ? [key, oracle.sorted(list, "", listed(row)).map((one) => one[model[list].key])] : key
  })
  return { keys, ...(isCounted ? { total: rows.length } : {}) }
}
