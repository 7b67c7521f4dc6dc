import type { Operator } from "../fields/operators.ts"
import { parsePart } from "../fields/text.ts"
import { Between, Invalid, type Scalar } from "../fields/type.ts"
import { listParts } from "../lib/list-parts.ts"
import { stepsOf } from "../resource/junction.ts"
import type { Field, Relation, Resource } from "../resource/resource.ts"
import { type Filter, maxDepth, operatorsOf, type Values } from "./query.ts"
import { maxFilters, maxSteps, type ParamReader } from "./reader.ts"

const filterName = /^((?:\w+\.)*)(\w+)(?:\[(\w+)\])?$/

/**
 * The filters behind a prefix: `price[gte]=10`, and through relations `owner.username=ann`. Parameters that are no
 * filters stay unused, and so do those behind the longer prefixes of `lists`, the lists that are embedded within.
 */
export function readFilters(
  reader: ParamReader,
  resource: Resource,
  prefix: string,
  lists: string[] = [],
): Filter[] {
  const filters: Filter[] = []
  for (const [name, texts] of reader.params) {
    if (reader.isUsed(name) || !name.startsWith(prefix)) continue
    const [, path, fieldName, operator = "eq"] = filterName.exec(name.slice(prefix.length)) ?? []
    if (path === undefined || fieldName === undefined) continue
    if (lists.some((list) => path.startsWith(list))) continue
    const { through, end, depth } = walk(resource, path)
    const field = end && depth <= maxDepth ? reader.field(end, fieldName) : undefined
    if (!field) continue
    reader.use(name)
    if (!(operatorsOf(field) as string[]).includes(operator)) {
      reader.issue(name, `${field.name} has no operator "${operator}"`, "unknown_operator")
      continue
    }
    for (const text of texts) {
      const filter = readFilter(reader, name, field, operator as Operator, text)
      if (!filter) continue
      if (!reader.countFilter(through.length)) {
        const message = `is too much: a request has at most ${maxFilters} filters, through ${maxSteps} relations`
        reader.issue(name, message, "too_many")
        return filters
      }
      filters.push({ ...filter, through })
      reader.shape += `${path}${field.name}[${filter.operator}${filter.isNull === false ? ":not" : ""}];`
    }
  }
  return filters
}

/** The relations along a path such as `owner.`, the resource at its end, and how many names it has. */
function walk(
  resource: Resource,
  path: string,
): { through: Relation[]; end: Resource | undefined; depth: number } {
  const through: Relation[] = []
  let end: Resource | undefined = resource
  const steps = path.split(".").filter(Boolean)
  for (const step of steps) {
    const relation: Relation | undefined =
      end && Object.hasOwn(end.relations, step) ? end.relations[step] : undefined
    if (relation) through.push(...stepsOf(relation))
    end = relation?.target
  }
  return { through, end, depth: steps.length }
}

function readFilter(
  reader: ParamReader,
  name: string,
  field: Field,
  operator: Operator,
  text: string,
): Omit<Filter, "through"> | undefined {
  const value = operand(field, operator, text)
  if (value instanceof Invalid) {
    reader.issue(name, value.message, value.code)
    return undefined
  }
  if (value instanceof Between) return readBetween(reader, field, operator, value)
  if (operator === "is_null") return { field, operator, param: "", isNull: value === "true" }
  const isList = operator === "in" || operator === "nin"
  const param = bind(reader, isList ? value : field.type.sql.encode(value))
  return { field, operator, param }
}

function bind(reader: ParamReader, value: Values[string]): string {
  const param = `p${reader.nextBound()}`
  reader.values[param] = value
  return param
}

/** The operators by which an operand between two values is compared with the one below; no value equals it. */
const betweens: Partial<Record<Operator, Operator>> = {
  eq: "in",
  ne: "nin",
  gte: "gt",
  lt: "lte",
}

function readBetween(
  reader: ParamReader,
  field: Field,
  asked: Operator,
  { below }: Between,
): Omit<Filter, "through"> {
  const operator = betweens[asked] ?? asked
  const isList = operator === "in" || operator === "nin"
  return { field, operator, param: bind(reader, isList ? noValues : field.type.sql.encode(below)) }
}

/** An empty list, as it is bound. */
const noValues = "[]"

function operand({ type }: Field, operator: Operator, text: string): Scalar | Between | Invalid {
  if (operator === "is_null")
    return text === "true" || text === "false"
      ? text
      : new Invalid("must be true or false", "invalid_boolean")
  const own = type.parseOperand?.(operator, text)
  if (own !== undefined) return own
  if (operator === "contains" || operator === "starts_with") return parsePart(text)
  if (operator !== "in" && operator !== "nin") return type.parse(text)
  const parts = listParts(text)
  if (!parts) return new Invalid("has a quote that is not closed before a comma", "invalid_list")
  const values = parts.map((part) => type.parse(part))
  const wrong = values.find((value) => value instanceof Invalid)
  if (wrong) return wrong
  const comparable = values.filter((value) => !(value instanceof Between))
  return JSON.stringify(comparable.map((value) => type.sql.encode(value)))
}
