import { type Operand, readList, readOperand } from "../fields/operand.ts"
import type { Operator } from "../fields/operators.ts"
import { Invalid } from "../fields/type.ts"
import { listParts } from "../lib/list-parts.ts"
import { stepsOf } from "../resource/junction.ts"
import type { Field, Relation, Resource } from "../resource/resource.ts"
import { type Filter, maxDepth, operatorsOf } from "./query.ts"
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
  if (operator === "is_null") {
    if (text === "true" || text === "false") return { field, operator, param: "", isNull: text === "true" }
    reader.issue(name, "must be true or false", "invalid_boolean")
    return undefined
  }
  const value = operand(field, operator, text)
  if (value instanceof Invalid) {
    reader.issue(name, value.message, value.code)
    return undefined
  }
  const param = `p${reader.nextBound()}`
  reader.values[param] = value.value
  return { field, operator: value.operator, param }
}

function operand({ type }: Field, operator: Operator, text: string): Operand | Invalid {
  if (operator !== "in" && operator !== "nin") return readOperand(type, operator, text)
  const parts = listParts(text)
  if (!parts) return new Invalid("has a quote that is not closed before a comma", "invalid_list")
  return readList(type, operator, parts)
}
