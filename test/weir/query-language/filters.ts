import { type Data, type FieldKind, kindOfField, model, required, type TableName } from "./model.ts"
import type { Tree } from "./oracle.ts"
import { columnTexts, names, numbers, scalar, strangeNames, texts } from "./pools.ts"
import type { Random } from "./random.ts"
import { at, type Json, kindOf } from "./values.ts"

/** Random filters that are valid by the contract. */

export interface Comparison {
  name: string
  operator: string
  operand: Json
  /** What the name ends at. A path has a kind of its own. */
  kind: FieldKind | "path"
  /** Whether it goes through a relation to many, where one row must pass. */
  throughMany: boolean
}

const ordered = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "between"]
const ofText = ["contains", "starts_with", "icontains", "istarts_with", "ilike"]
const operators: Record<Comparison["kind"], string[]> = {
  text: [...ordered, ...ofText],
  integer: ordered,
  decimal: ordered,
  timestamp: ordered,
  boolean: ["eq", "ne"],
  json: [],
  path: [...ordered, ...ofText, "contains", "is_null", "exists"],
}

const operandPools: Partial<Record<FieldKind, Json[]>> = {
  text: columnTexts,
  integer: [0, 1, 2, 3, 5, 10, -3, 100, 9007199254740991, -9007199254740991],
  decimal: [
    "0",
    "0.10",
    "1.5",
    "19.50",
    "19.505",
    "-2.25",
    "-2.251",
    "9999999999.99",
    "10.00",
    "0.0001",
    "100000000000000000000",
  ],
  timestamp: [
    "1970-01-01T00:00:00Z",
    "1970-01-01T00:00:00.001Z",
    "1970-01-01T00:00:00.0010000001Z",
    "1970-01-01T00:00:00.9985Z",
    "2026-01-31T12:00:00Z",
    "2026-01-31T13:00:00+01:00",
    "2026-01-31T12:00:00.001Z",
    "9999-12-31T23:59:59.999Z",
    "1969-12-31T23:59:59.999Z",
    "0001-01-01T00:00:00Z",
  ],
  boolean: [true, false],
}

/** A text that finds some of the texts: a part of one, often in other letters. */
function part(random: Random, pool: readonly string[]): string {
  const letters = [...random.pick(pool)]
  const start = random.below(letters.length + 1)
  const text = letters.slice(start, start + 1 + random.below(3)).join("")
  const roll = random.below(4)
  return roll === 0 ? text.toUpperCase() : roll === 1 ? text.toLowerCase() : text
}

const escaped = (text: string): string => text.replace(/[%_\\]/g, "\\$&")

function pattern(random: Random, pool: readonly string[]): string {
  const roll = random.below(6)
  const text = part(random, pool)
  if (roll === 0) return random.pick(["%", "_", "__", "", "\\%", "\\_", "%\\\\%", "_%", "%_", "\\a%", "%%%"])
  if (roll === 1) return text.replace(/%|\\$/g, "")
  return random.pick(["%*%", "*%", "%*", "_*%", "%*_", "*"]).replace("*", () => escaped(text))
}

/** Values at a path in the rows. */
const valuesAt = (data: Data, table: TableName, field: string, path: string[]): Json[] =>
  data[table].flatMap((row) => at(row[field], path) ?? [])

function pathOperand(random: Random, operator: string, values: Json[]): Json {
  const stored = values.flatMap((value) => (Array.isArray(value) ? value : [value]))
  const scalars = stored.filter((value) => value !== null && typeof value !== "object")
  const one = (): Json => {
    if (scalars.length && random.chance(0.7)) return random.pick(scalars)
    return scalar(random) ?? random.pick(numbers)
  }
  const storedTexts = scalars.filter((value) => typeof value === "string")
  const pool = storedTexts.length ? storedTexts : texts
  switch (operator) {
    case "in":
    case "nin":
      return Array.from({ length: 1 + random.below(4) }, one)
    case "between": {
      const low = one()
      return [low, random.chance(0.8) ? sameKind(random, low, one) : one()]
    }
    case "is_null":
    case "exists":
      return random.chance(0.5)
    case "contains":
      return random.chance(0.5) ? one() : part(random, pool)
    case "starts_with":
    case "icontains":
    case "istarts_with":
      return part(random, pool)
    case "ilike":
      return pattern(random, pool)
  }
  return one()
}

function sameKind(random: Random, low: Json, one: () => Json): Json {
  for (let i = 0; i < 5; i++) {
    const high = one()
    if (kindOf(high) === kindOf(low)) return high
  }
  return kindOf(low) === "number" ? random.pick(numbers) : random.pick(texts)
}

function columnOperand(random: Random, kind: FieldKind, operator: string, values: Json[]): Json {
  const pool = values.length && random.chance(0.7) ? values : (operandPools[kind] as Json[])
  switch (operator) {
    case "in":
    case "nin":
      return random.some(pool, 1 + random.below(3))
    case "between":
      return random.some(pool, 2)
    case "is_null":
      return random.chance(0.5)
    case "ilike":
      return pattern(random, columnTexts)
  }
  return ofText.includes(operator) ? part(random, columnTexts) : random.pick(pool)
}

/** A path that some row has, or one that leads nowhere. */
export function randomPath(random: Random, data: Data, table: TableName, field: string): string[] {
  let here: Json | undefined = random.pick(data[table])[field]
  const path: string[] = []
  while (path.length < 4) {
    const members = here && typeof here === "object" ? Object.keys(here) : []
    const next =
      members.length && random.chance(0.9) ? random.pick(members) : random.pick([...names, ...strangeNames])
    path.push(next)
    here = at(here, [next])
    if (random.chance(0.45)) break
  }
  return path
}

/** A field, through relations now and then. */
function randomPlace(
  random: Random,
  table: TableName,
  steps: number,
): { relations: string[]; end: TableName } {
  const relations: string[] = []
  let end = table
  while (relations.length < Math.min(steps, 3) && random.chance(0.2)) {
    const name = random.pick(Object.keys(model[end].relations))
    relations.push(name)
    end = model[end].relations[name]?.target as TableName
  }
  return { relations, end }
}

const isMany = (table: TableName, relations: string[]): boolean => {
  let here = table
  return relations.some((name) => {
    const { kind, target } = model[here].relations[name] as { kind: string; target: TableName }
    here = target
    return kind === "many"
  })
}

/** All that a table's rows have, the document of a collection among it. */
export const fieldsOf = (table: TableName): string[] => {
  const { fields, document } = model[table]
  return [...Object.keys(fields), ...(document ? [document] : [])]
}

/** How a name says the field: a document's members stand alone. */
export const namedBy = (table: TableName, field: string): string[] =>
  field === model[table].document ? [] : [field]

/** Members that a tree cannot say alone: they are words of it. */
const treeWords = ["and", "or", "not", "some", "none", "every"]

export function randomComparison(random: Random, data: Data, table: TableName, steps: number): Comparison {
  const { relations, end } = randomPlace(random, table, steps)
  const isJson = random.chance(0.55)
  const field = random.pick(fieldsOf(end).filter((name) => (kindOfField(end, name) === "json") === isJson))
  const kind = kindOfField(end, field) as FieldKind
  const { document } = model[end]
  const path = isJson && (document || random.chance(0.95)) ? randomPath(random, data, end, field) : []
  const name = [...relations, ...namedBy(end, field), ...path].join(".")
  const throughMany = isMany(table, relations)
  if (path.length) {
    const operator = random.pick(operators.path)
    const operand = pathOperand(random, operator, valuesAt(data, end, field, path))
    return { name, operator, operand, kind: "path", throughMany }
  }
  const nullable = required.includes(field) ? [] : ["is_null"]
  const operator = random.pick([...operators[kind], ...nullable])
  // Keys of documents are like no other text.
  const keys = field === "_id" ? data[end].map((row) => row._id as Json) : []
  return { name, operator, operand: columnOperand(random, kind, operator, keys), kind, throughMany }
}

/** What a tree may still have. */
interface Budget {
  comparisons: number
  steps: number
}

const stepsOf = (table: TableName, name: string): number => {
  let here = table
  let steps = 0
  for (const segment of name.split(".")) {
    const relation = Object.hasOwn(model[here].relations, segment)
      ? model[here].relations[segment]
      : undefined
    if (!relation) break
    steps++
    here = relation.target
  }
  return steps
}

/** As how many comparisons one may count: lists have one for each kind of value. */
export const partsOf = ({ operator, kind }: Comparison): number =>
  operator === "between" ? 2 : kind === "path" && (operator === "in" || operator === "nin") ? 3 : 1

/** A tree within the limits of the contract. */
export function randomTree(
  random: Random,
  data: Data,
  table: TableName,
  depth = 4,
  budget: Budget = { comparisons: 30, steps: 8 },
  deep = 0,
): Tree {
  const inner = (of: TableName = table, further = deep) =>
    randomTree(random, data, of, depth - 1, budget, further)
  const roll = depth > 0 ? random.below(100) : 99
  if (roll < 14) return { and: Array.from({ length: random.below(4) }, () => inner()) }
  if (roll < 36)
    return { or: Array.from({ length: random.below(40) ? 1 + random.below(3) : 0 }, () => inner()) }
  if (roll < 50) return { not: inner() }
  if (roll < 70 && budget.steps > 0 && deep < 3) {
    budget.steps--
    const name = random.pick(Object.keys(model[table].relations))
    const { kind, target } = model[table].relations[name] as { kind: string; target: TableName }
    const tree = inner(target, deep + 1)
    if (kind === "one") return { [name]: tree }
    const quantifier = random.pick(["some", "none", "every", ""])
    return { [name]: quantifier ? { [quantifier]: tree } : tree }
  }
  if (roll < 76) return { ...inner(), ...leaves(random, data, table, budget, deep) }
  return random.below(60) ? leaves(random, data, table, budget, deep) : {}
}

function leaves(random: Random, data: Data, table: TableName, budget: Budget, deep: number): Tree {
  const tree: Tree = {}
  const count = random.pick([1, 1, 1, 2, 3])
  for (let i = 0; i < count && budget.comparisons > 6; i++) {
    const comparison = randomComparison(random, data, table, Math.min(Math.floor(budget.steps / 3), 3 - deep))
    if (treeWords.includes(comparison.name)) continue
    const parts = partsOf(comparison)
    budget.steps -= stepsOf(table, comparison.name) * parts
    budget.comparisons -= 2 * parts
    tree[comparison.name] = treeValue(random, comparison)
    if (comparison.throughMany || random.chance(0.8)) continue
    // A second operator of the same field.
    const operator = random.pick(["ne", "nin"])
    const { operand } = comparison
    if (comparison.operator === operator || typeof operand === "boolean" || Array.isArray(operand)) continue
    if (comparison.kind === "boolean") continue
    tree[comparison.name] = {
      [comparison.operator]: operand,
      [operator]: operator === "nin" ? [operand] : operand,
    }
  }
  return tree
}

/** A comparison as a tree has it: a column's operand as a number or as text. */
function treeValue(random: Random, { operator, operand, kind }: Comparison): Json | Tree {
  if (operator === "is_null" && operand === true && random.chance(0.5)) return null
  const typed = (one: Json): Json => {
    if (typeof one === "boolean") return one
    if (kind === "integer" && random.chance(0.3)) return String(one)
    if (kind === "decimal" && random.chance(0.4) && /^-?[\d.]{1,12}$/.test(String(one))) return Number(one)
    return one
  }
  const value = Array.isArray(operand) ? operand.map(typed) : typed(operand)
  return operator === "eq" && random.chance(0.7) ? value : { [operator]: value }
}

/** A sort of columns and of paths, each once. */
export function randomSort(random: Random, data: Data, table: TableName, most = 2): string {
  const keys = new Map<string, string>()
  for (let i = 1 + random.below(most); i > 0; i--) {
    const field = random.pick(fieldsOf(table))
    const isJson = kindOfField(table, field) === "json"
    const path = isJson ? randomPath(random, data, table, field) : []
    const name = [...namedBy(table, field), ...path].join(".")
    // A sign before a name is the direction.
    if (name.startsWith("-") || path.some((segment) => segment.includes(","))) continue
    keys.set(name, random.chance(0.5) ? `-${name}` : name)
    // What follows the key changes nothing.
    if (field === model[table].key) break
  }
  return [...keys.values()].join(",")
}
