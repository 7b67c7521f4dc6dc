import { passesBy } from "../support/oracle.ts"
import {
  type Data,
  type FieldKind,
  isReadable,
  isShown,
  kindOfField,
  model,
  type Row,
  type TableName,
} from "./model.ts"
import { at, compareJson, compareText, equals, folded, isComparable, isLike, type Json } from "./values.ts"

/** What filters and sorts answer by the contract, worked out in JavaScript over all rows. */

export interface Tree {
  [member: string]: Json | Tree | Tree[]
}

/** Where a name leads: through relations to a field, and on into its JSON; or to a relation. */
export interface Place {
  relations: string[]
  table: TableName
  field?: string
  path: string[]
}

/** Stands before a flat filter's name: a member of a document may be called as a word of trees, `and`. */
export const flatMark = "\u0001"

/** Finds what a dotted name stands for; undefined for what a viewer cannot name. */
export function placeOf(table: TableName, marked: string): Place | undefined {
  const name = marked.replace(flatMark, "")
  const relations: string[] = []
  let here = table
  const segments = name.split(".")
  for (const [i, segment] of segments.entries()) {
    const { fields, relations: own, document } = model[here]
    const path = segments.slice(i + 1)
    if (Object.hasOwn(fields, segment))
      return path.length && fields[segment] !== "json"
        ? undefined
        : { relations, table: here, field: segment, path }
    const relation = Object.hasOwn(own, segment) ? own[segment] : undefined
    if (!relation)
      return document === undefined
        ? undefined
        : { relations, table: here, field: document, path: segments.slice(i) }
    relations.push(segment)
    here = relation.target
  }
  return { relations, table: here, path: [] }
}

/** A decimal number as a whole one, of so many digits after the point. */
function scaled(text: string, digits: number): bigint {
  const [number = "", exponent = "0"] = text.toLowerCase().split("e")
  const [whole = "", fraction = ""] = number.split(".")
  return BigInt(whole + fraction + "0".repeat(digits - fraction.length + Number(exponent)))
}

function instantOf(text: string): bigint {
  const [, seconds = "", fraction = "", zone = ""] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(text) ?? []
  return BigInt(Date.parse(`${seconds}${zone}`)) * 10n ** 9n + BigInt(fraction.padEnd(12, "0"))
}

/** What is compared in a column's place. */
function comparable(kind: FieldKind, value: Json): string | number | bigint {
  if (kind === "decimal") return scaled(String(value), 18)
  if (kind === "timestamp") return instantOf(String(value))
  if (kind === "boolean") return String(value)
  return kind === "integer" ? Number(value) : String(value)
}

const compareColumn =
  (kind: FieldKind) =>
  (one: unknown, other: unknown): number => {
    const [a, b] = [comparable(kind, one as Json), comparable(kind, other as Json)]
    if (typeof a === "string" || typeof b === "string") return compareText(String(a), String(b))
    return Number(a > b) - Number(a < b)
  }

/** The operators of text, whatever holds it; undefined for others. */
function textPasses(text: string, operator: string, operand: string): boolean | undefined {
  switch (operator) {
    case "contains":
      return text.includes(operand)
    case "starts_with":
      return text.startsWith(operand)
    case "icontains":
      return folded(text).includes(folded(operand))
    case "istarts_with":
      return folded(text).startsWith(folded(operand))
    case "ilike":
      return isLike(text, operand)
  }
  return undefined
}

function columnPasses(kind: FieldKind, value: Json, operator: string, operand: Json): boolean {
  const compare = compareColumn(kind)
  if (operator === "between") {
    const [low, high] = operand as Json[]
    return value !== null && compare(value, low) >= 0 && compare(value, high) <= 0
  }
  if (kind === "text" && value !== null) {
    const outcome =
      typeof operand === "object" ? undefined : textPasses(String(value), operator, String(operand))
    if (outcome !== undefined) return outcome
  }
  if (value === null && /^i(contains|starts_with|like)$/.test(operator)) return false
  return passesBy(compare, value, operator as never, operand)
}

/** Whether what is at a path passes. Values of another kind never match, but as what is not equal. */
export function pathPasses(value: Json | undefined, operator: string, operand: Json): boolean {
  const ordered = (other: Json | undefined, holds: (order: number) => boolean) =>
    isComparable(value, other) && holds(compareJson(value, other))
  switch (operator) {
    case "exists":
      return (value !== undefined) === operand
    case "is_null":
      return ((value ?? null) === null) === operand
    case "eq":
      return equals(value, operand)
    case "ne":
      return !equals(value, operand)
    case "in":
      return (operand as Json[]).some((one) => equals(value, one))
    case "nin":
      return !(operand as Json[]).some((one) => equals(value, one))
    case "gt":
      return ordered(operand, (order) => order > 0)
    case "gte":
      return ordered(operand, (order) => order >= 0)
    case "lt":
      return ordered(operand, (order) => order < 0)
    case "lte":
      return ordered(operand, (order) => order <= 0)
    case "between": {
      const [low, high] = operand as Json[]
      return ordered(low, (order) => order >= 0) && ordered(high, (order) => order <= 0)
    }
  }
  if (operator === "contains" && Array.isArray(value)) return value.some((one) => equals(one, operand))
  if (typeof value !== "string" || typeof operand !== "string") return false
  return textPasses(value, operator, operand) ?? false
}

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export class Oracle {
  readonly data: Data

  constructor(data: Data) {
    this.data = data
  }

  /** The related rows that a viewer may see. */
  related(table: TableName, row: Row, name: string): Row[] {
    const { target, local, foreign } = model[table].relations[name] as never as Record<
      "local" | "foreign",
      string
    > & {
      target: TableName
    }
    const key = isReadable(table, row, local) ? row[local] : null
    if (key === null || key === undefined) return []
    return this.data[target].filter(
      (other) => isShown(other) && isReadable(target, other, foreign) && other[foreign] === key,
    )
  }

  /** Whether a row passes a tree. */
  holds(table: TableName, row: Row, tree: Tree): boolean {
    return Object.entries(tree).every(([name, value]) => {
      if (name === "and") return (value as Tree[]).every((one) => this.holds(table, row, one))
      if (name === "or") return (value as Tree[]).some((one) => this.holds(table, row, one))
      if (name === "not") return !this.holds(table, row, value as Tree)
      return this.named(table, row, name, value as Json | Tree)
    })
  }

  /** The rows of a table that pass, in their order there. */
  rows(table: TableName, tree: Tree, among: Row[] = this.data[table]): Row[] {
    return among.filter((row) => isShown(row) && this.holds(table, row, tree))
  }

  private named(table: TableName, row: Row, name: string, value: Json | Tree): boolean {
    const place = placeOf(table, name)
    if (!place) throw new Error(`${name} is no name`)
    const { relations, field } = place
    const [relation, ...others] = relations
    if (field !== undefined && !relation) return this.compared(place, row, value)
    const { kind, target } = model[table].relations[relation as string] as never as {
      kind: string
      target: TableName
    }
    const there = this.related(table, row, relation as string)
    if (field !== undefined) {
      const own = field === model[place.table].document ? [] : [field]
      const rest = flatMark + [...others, ...own, ...place.path].join(".")
      return there.some((other) => this.named(target, other, rest, value))
    }
    const inner = value as Tree
    const [quantifier] = Object.keys(inner)
    const passes = (tree: unknown) => (other: Row) => this.holds(target, other, tree as Tree)
    if (kind === "many" && quantifier === "none") return !there.some(passes(inner.none))
    if (kind === "many" && quantifier === "every") return there.every(passes(inner.every))
    return there.some(passes(kind === "many" && quantifier === "some" ? inner.some : inner))
  }

  /** Compares a field, or what is at a path in it; where it may not be read, nothing holds. */
  private compared({ table, field = "", path }: Place, row: Row, value: Json | Tree): boolean {
    if (!isReadable(table, row, field)) return false
    const kind = kindOfField(table, field) as FieldKind
    const stored = row[field] ?? null
    const operators = isTree(value) ? value : value === null ? { is_null: true } : { eq: value }
    return Object.entries(operators).every(([operator, operand]) =>
      path.length
        ? pathPasses(at(stored, path), operator, operand as Json)
        : columnPasses(kind, stored, operator, operand as Json),
    )
  }

  /** The rows in the order of a sort, by the key at its end. */
  sorted(table: TableName, sort: string, rows: Row[]): Row[] {
    const keys = [...sort.split(",").filter(Boolean), model[table].key]
    const ordered = rows.map((row) => ({ row, values: keys.map((key) => this.sortValue(table, key, row)) }))
    ordered.sort((a, b) => {
      for (const [i, key] of keys.entries()) {
        const order = compareKeys(a.values[i], b.values[i])
        if (order) return key.startsWith("-") ? -order : order
      }
      return 0
    })
    return ordered.map(({ row }) => row)
  }

  private sortValue(table: TableName, key: string, row: Row): Json | bigint | undefined {
    const { field = "", path } = placeOf(table, key.replace(/^-/, "")) as Place
    if (!isReadable(table, row, field)) return null
    const stored = row[field] ?? null
    if (path.length) return at(stored, path)
    if (stored === null) return null
    return comparable(kindOfField(table, field) as FieldKind, stored)
  }
}

const compareKeys = (a: Json | bigint | undefined, b: Json | bigint | undefined): number =>
  typeof a === "bigint" && typeof b === "bigint"
    ? Number(a > b) - Number(a < b)
    : compareJson(a as Json | undefined, b as Json | undefined)
