import { expressions } from "../db/dialect/expressions.ts"
import { type FieldIssue, invalid } from "../http/problem.ts"
import { decodeCursor } from "./cursor.ts"
import type { ViewerKind } from "./policy.ts"
import {
  type Include,
  type ListQuery,
  type Operator,
  operatorsOf,
  type Selection,
  type SortKey,
  sortText,
  type Values,
} from "./query.ts"
import type { Field, Relation, Resource } from "./resource.ts"
import { Invalid, parseValue } from "./values.ts"
import { canSee } from "./visibility.ts"

export const maxLimit = 1000
export const defaultLimit = 100
export const maxDepth = 3
const maxFilters = 50

/** A parsed query string: what to read, the values to bind, and the text that identifies the shape. */
export interface Parsed<Q> {
  query: Q
  values: Values
  shape: string
}

type Params = Map<string, string[]>

/** Reads the query string of a list. Throws a 422 that names every wrong parameter. */
export function parseList(
  resource: Resource,
  viewer: ViewerKind,
  search: string,
  nested?: { relation: Relation; within: Resource },
): Parsed<ListQuery> {
  const reader = new ParamReader(viewer, search)
  const { params, values } = reader
  values.limit = reader.integer("limit", 1, maxLimit) ?? defaultLimit
  const skip = reader.integer("skip", 0, Number.MAX_SAFE_INTEGER)
  values.skip = skip
  const count = reader.choice("count", ["exact"]) !== undefined
  const sort = reader.sort(resource, "sort", reader.single("sort"))
  const after = reader.single("after")
  const before = reader.single("before")
  let from: ListQuery["from"] = { cursor: "start" }
  if (after !== undefined && before !== undefined)
    reader.issue("before", "cannot be used with after", "conflict")
  else if (after !== undefined || before !== undefined) {
    const cursor = after !== undefined ? "after" : "before"
    if (skip !== undefined) reader.issue("skip", `cannot be used with ${cursor}`, "conflict")
    const keys = sort.map((key) => key.field)
    const position = decodeCursor(sortText(sort), keys, (after ?? before) as string)
    if (!position) reader.issue(cursor, "is not a cursor of this list with this sort", "invalid_cursor")
    else {
      from = { cursor, nulls: position.map((value) => value === null) }
      position.forEach((value, i) => {
        values[`c${i}`] = expressions.encode((keys[i] as Field).spec, value)
      })
    }
  }
  const selection = reader.selection(resource, "", 0, () => [])
  reader.finish()
  const query: ListQuery = {
    ...selection,
    resource,
    viewer,
    sort,
    from,
    skip: skip !== undefined,
    count,
    parent: nested?.relation,
    within: nested?.within,
  }
  const start = from.cursor === "start" ? "" : `${from.cursor}:${from.nulls.map(Number).join("")}`
  const shape = `${sortText(sort)};${start};${skip === undefined ? "" : "s"}${count ? "c" : ""};${reader.shape}`
  return { query, values, shape: params.size === 0 ? "" : shape }
}

/** Reads the query string of a single read: `fields`, `include` and the options of embeds. */
export function parseOne(resource: Resource, viewer: ViewerKind, search: string): Parsed<Selection> {
  const reader = new ParamReader(viewer, search)
  const byDefault = () =>
    Object.values(resource.relations)
      .filter((r) => r.byDefault)
      .map((r) => r.name)
  const query = reader.selection(resource, "", 0, byDefault, false)
  reader.finish()
  return { query, values: reader.values, shape: reader.shape }
}

class ParamReader {
  readonly params: Params = new Map()
  readonly values: Values = {}
  shape = ""
  private readonly viewer: ViewerKind
  private readonly issues: FieldIssue[] = []
  private readonly used = new Set<string>()
  private bound = 0

  constructor(viewer: ViewerKind, search: string) {
    this.viewer = viewer
    if (search.length > 1)
      for (const [name, value] of new URLSearchParams(search)) {
        const values = this.params.get(name)
        if (values) values.push(value)
        else this.params.set(name, [value])
      }
  }

  issue(path: string, message: string, code: string): void {
    this.issues.push({ path, message, code })
  }

  /** Throws what was found, unknown parameters included. */
  finish(): void {
    for (const name of this.params.keys())
      if (!this.used.has(name) && this.issues.length < 20)
        this.issue(name, "is not a parameter of this route", "unknown_parameter")
    if (this.issues.length) throw invalid("The query string is not valid", this.issues)
  }

  single(name: string): string | undefined {
    const found = this.params.get(name)
    if (!found) return undefined
    this.used.add(name)
    if (found.length > 1) this.issue(name, "must be given once", "repeated")
    return found[0]
  }

  choice(name: string, allowed: string[]): string | undefined {
    const value = this.single(name)
    if (value !== undefined && !allowed.includes(value))
      this.issue(name, `must be ${allowed.join(" or ")}`, "invalid_value")
    return value
  }

  integer(name: string, min: number, max: number): number | undefined {
    const text = this.single(name)
    if (text === undefined) return undefined
    const value = /^\d{1,17}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    this.issue(name, `must be a whole number from ${min} to ${max}`, "out_of_range")
    return undefined
  }

  /** The sort keys; the primary key is always the last, so that the order is total. */
  sort(resource: Resource, name: string, text: string | undefined): SortKey[] {
    const keys: SortKey[] = []
    for (const part of text?.split(",") ?? []) {
      const descending = part.startsWith("-")
      const field = this.field(resource, descending ? part.slice(1) : part)
      if (!field || field.spec.type === "json")
        this.issue(name, `cannot sort by "${part.slice(0, 80)}"`, "unknown_field")
      else if (keys.some((key) => key.field === field))
        this.issue(name, `names ${field.name} twice`, "repeated")
      else keys.push({ field, descending })
      // A row's place is settled at its primary key; what would follow changes nothing.
      if (field?.name === resource.key) return keys
    }
    const key = resource.fields[resource.key] as Field
    return [...keys, { field: key, descending: false }]
  }

  /** `fields`, filters and `include`, of the resource itself or behind an embed's prefix. */
  selection(
    resource: Resource,
    prefix: string,
    depth: number,
    byDefault: () => string[],
    filtered = true,
    children?: Map<string, Tree>,
  ): Selection {
    const fields = this.fields(resource, `${prefix}fields`)
    this.shape += fields ? `f:${[...fields].join(",")};` : ""
    const filters = filtered ? this.filters(resource, prefix) : []
    const tree = depth === 0 ? this.includeTree(resource, byDefault) : (children ?? new Map<string, Tree>())
    const includes = [...tree.values()].map((node) => this.include(node, prefix, depth + 1))
    return { fields, filters, includes }
  }

  private include({ relation, children }: Tree, parentPrefix: string, depth: number): Include {
    const prefix = `${parentPrefix || "include."}${relation.name}.`
    const many = relation.kind === "many"
    const n = this.bound++
    this.shape += `i:${relation.name}(`
    let sort: SortKey[] = []
    let skip: number | undefined
    if (many) {
      this.values[`l${n}`] = this.integer(`${prefix}limit`, 0, relation.limit) ?? relation.limit
      skip = this.integer(`${prefix}skip`, 0, Number.MAX_SAFE_INTEGER)
      this.values[`s${n}`] = skip
      sort = this.sort(relation.target, `${prefix}sort`, this.single(`${prefix}sort`) ?? relation.sort)
      this.shape += `${sortText(sort)};${skip === undefined ? "" : "s"};`
    }
    const selection = this.selection(relation.target, prefix, depth, () => [], many, children)
    this.shape += ")"
    return { ...selection, relation, sort, limit: `l${n}`, skip: skip === undefined ? undefined : `s${n}` }
  }

  private includeTree(resource: Resource, byDefault: () => string[]): Map<string, Tree> {
    const text = this.single("include")
    const paths = text === undefined ? byDefault() : text === "" ? [] : text.split(",")
    const root: Map<string, Tree> = new Map()
    for (const path of paths) {
      const names = path.split(".")
      if (names.length > maxDepth) {
        this.issue("include", `"${path.slice(0, 80)}" is deeper than ${maxDepth}`, "too_deep")
        continue
      }
      let level = root
      let at = resource
      for (const name of names) {
        const relation = Object.hasOwn(at.relations, name) ? at.relations[name] : undefined
        if (!relation) {
          this.issue("include", `"${name.slice(0, 80)}" cannot be included in ${at.name}`, "unknown_relation")
          break
        }
        const node = level.get(name) ?? { relation, children: new Map() }
        level.set(name, node)
        level = node.children
        at = relation.target
      }
    }
    return root
  }

  private fields(resource: Resource, name: string): Set<string> | undefined {
    const text = this.single(name)
    if (text === undefined) return undefined
    const asked = new Set<string>()
    for (const part of text.split(",")) {
      const field = this.field(resource, part)
      if (field) asked.add(field.name)
      else
        this.issue(
          name,
          `"${part.slice(0, 80)}" is not a field of ${resource.name} that you can read`,
          "unknown_field",
        )
    }
    // In the table's order: two spellings of one wish are one statement.
    return new Set(Object.keys(resource.fields).filter((field) => asked.has(field)))
  }

  private field(resource: Resource, name: string): Field | undefined {
    const field = Object.hasOwn(resource.fields, name) ? resource.fields[name] : undefined
    return field && canSee(field, this.viewer) ? field : undefined
  }

  private filters(resource: Resource, prefix: string): Selection["filters"] {
    const filters: Selection["filters"] = []
    for (const [name, texts] of this.params) {
      if (this.used.has(name) || !name.startsWith(prefix)) continue
      const match = /^((?:\w+\.)*)(\w+)(?:\[(\w+)\])?$/.exec(name.slice(prefix.length))
      if (!match) continue
      const [, path, fieldName, op = "eq"] = match as unknown as [string, string, string, string | undefined]
      const steps = path.split(".").filter(Boolean)
      const through: Relation[] = []
      let at: Resource | undefined = resource
      for (const step of steps) {
        const relation: Relation | undefined =
          at && Object.hasOwn(at.relations, step) ? at.relations[step] : undefined
        if (relation) through.push(relation)
        at = relation?.target
      }
      const field = at && through.length <= maxDepth ? this.field(at, fieldName) : undefined
      if (!field) continue
      this.used.add(name)
      if (!(operatorsOf(field) as string[]).includes(op)) {
        this.issue(name, `${field.name} has no operator "${op}"`, "unknown_operator")
        continue
      }
      for (const text of texts) {
        const value = operand(field, op as Operator, text)
        if (value instanceof Invalid) this.issue(name, value.message, value.code)
        else if (filters.length >= maxFilters)
          this.issue(name, `is one filter too many; ${maxFilters} is the most`, "too_many")
        else {
          const param = `p${this.bound++}`
          const spelled = op === "is_null" ? `${op}:${value}` : op
          this.shape += `${path}${field.name}[${spelled}];`
          if (op === "is_null") this.values[param] = value
          else
            this.values[param] = op === "in" || op === "nin" ? value : expressions.encode(field.spec, value)
          filters.push({
            through,
            field,
            operator: op as Operator,
            param,
            ...(op === "is_null" ? { isNull: value === true } : {}),
          })
        }
      }
    }
    return filters
  }
}

interface Tree {
  relation: Relation
  children: Map<string, Tree>
}

function operand(field: Field, operator: Operator, text: string): string | number | boolean | Invalid {
  if (operator === "is_null") return parseValue({ type: "boolean" }, text)
  if (operator === "contains" || operator === "starts_with") return parseValue({ type: "text" }, text)
  if (operator !== "in" && operator !== "nin") return parseValue(field.spec, text)
  const values = listParts(text).map((part) => parseValue(field.spec, part))
  const wrong = values.find((value) => value instanceof Invalid)
  return wrong ?? JSON.stringify(values.map((value) => expressions.encode(field.spec, value)))
}

/** Splits `a,b,"c,d"`; quotes are doubled inside quotes (RFC 4180). */
function listParts(text: string): string[] {
  if (!text.includes('"')) return text.split(",")
  return [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    (m) => m[1]?.replaceAll('""', '"') ?? m[2] ?? "",
  )
}
