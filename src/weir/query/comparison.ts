import { type PlaceOperand, readPart } from "../fields/json-places.ts"
import { type Operand, readList, readOperand } from "../fields/operand.ts"
import { type Operator, ofPlaces, partial } from "../fields/operators.ts"
import { Invalid } from "../fields/type.ts"
import { allOf, type Condition } from "./condition.ts"
import { type Place, stepsInto } from "./place.ts"
import { type Filter, operatorsOf } from "./query.ts"
import { maxFilters, maxSteps, type ParamReader } from "./reader.ts"

/** Where a comparison stands in the request: what issues name. */
type At = string

/** Whether a place has that operator; if not, that is an issue. */
export function hasOperator(reader: ParamReader, at: At, place: Place, operator: string): boolean {
  const { field, members } = place
  const known: readonly string[] = members ? ofPlaces : operatorsOf(field)
  if (known.includes(operator)) return true
  const name = members ? [field.name, ...members].join(".") : field.name
  reader.issue(at, `${name} has no operator "${operator.slice(0, 40)}"`, "unknown_operator")
  return false
}

/** Counts a comparison; if there are too many, that is an issue. */
function counts(reader: ParamReader, at: At, { through, members }: Place): boolean {
  // What is bound more than once counts so: see `maxFilters`.
  const bound = (members ?? []).some((member) => typeof member === "string" && !/^\w+$/.test(member))
  if (reader.countFilter(through.length) && (!bound || reader.countFilter(0))) return true
  reader.issue(
    at,
    `is too much: a request has at most ${maxFilters} filters, through ${maxSteps} relations`,
    "too_many",
  )
  return false
}

/** The comparisons of a column with operands as texts: one for most operators. Undefined where one is wrong. */
export function compareColumn(
  reader: ParamReader,
  at: At,
  place: Place,
  operator: Operator,
  texts: readonly string[],
): Filter[] | undefined {
  const { field, through } = place
  if (operator === "between") {
    const [low, high, ...more] = texts
    if (low === undefined || high === undefined || more.length) {
      reader.issue(at, "must be two values", "invalid_value")
      return undefined
    }
    const bounds = [
      compareColumn(reader, at, place, "gte", [low]),
      compareColumn(reader, at, place, "lte", [high]),
    ]
    return bounds.every((bound) => bound !== undefined) ? bounds.flat() : undefined
  }
  if (!counts(reader, at, place)) return undefined
  const value = operandOf(place, operator, texts)
  if (value instanceof Invalid) {
    reader.issue(at, value.message, value.code)
    return undefined
  }
  const param = bind(reader, value.value)
  reader.shape += `${pathOf(through)}${field.name}[${value.operator}];`
  return [{ through, field, operator: value.operator, param }]
}

const operandOf = (
  { field: { type } }: Place,
  operator: Operator,
  texts: readonly string[],
): Operand | Invalid =>
  operator === "in" || operator === "nin"
    ? readList(type, operator, texts)
    : readOperand(type, operator, texts[0] ?? "")

/** Whether a column or a place is null, or whether a place has a value at all. */
export function compareNull(
  reader: ParamReader,
  at: At,
  place: Place,
  operator: "is_null" | "exists",
  isTrue: boolean,
): Filter | undefined {
  if (!counts(reader, at, place)) return undefined
  const { through, field, members } = place
  reader.shape += `${pathOf(through)}${field.name}[${operator}${isTrue ? "" : ":not"}];`
  const inJson = members && { place: { steps: stepsOf(reader, members), kind: undefined } }
  return { through, field, operator, param: "", isNull: isTrue, ...inJson }
}

/** The comparison of a place in JSON with values. Undefined where one is wrong. */
export function comparePlace(
  reader: ParamReader,
  at: At,
  place: Place,
  operator: Operator,
  operands: readonly (PlaceOperand | Invalid)[],
): Condition | undefined {
  const wrong = operands.find((operand) => operand instanceof Invalid)
  if (wrong instanceof Invalid) {
    reader.issue(at, wrong.message, wrong.code)
    return undefined
  }
  const values = operands as readonly PlaceOperand[]
  const [first, second] = values
  const one = (operator: Operator, operand = first) =>
    operand && comparison(reader, at, place, operator, operand)
  const negated = (part: Condition | undefined): Condition | undefined => {
    reader.shape += "!"
    return part && { kind: "not", part }
  }
  switch (operator) {
    case "ne":
      return negated(one("eq"))
    case "in":
      return anyOf(reader, at, place, values)
    case "nin":
      return negated(anyOf(reader, at, place, values))
    case "between": {
      if (!first || !second || values.length > 2) {
        reader.issue(at, "must be two values", "invalid_value")
        return undefined
      }
      const bounds = [one("gte"), one("lte", second)]
      return bounds.every((bound) => bound !== undefined) ? allOf(bounds) : undefined
    }
    default:
      return one(operator)
  }
}

/** One of several values, which are bound as a list for each kind. */
function anyOf(
  reader: ParamReader,
  at: At,
  place: Place,
  values: readonly PlaceOperand[],
): Condition | undefined {
  const parts = (["number", "text", "boolean"] as const).flatMap((kind) => {
    const list = values.filter((value) => value.kind === kind).map(({ value }) => value)
    return list.length ? [comparison(reader, at, place, "in", { kind, value: JSON.stringify(list) })] : []
  })
  return parts.every((part) => part !== undefined) ? { kind: "or", parts } : undefined
}

function comparison(
  reader: ParamReader,
  at: At,
  place: Place,
  operator: Operator,
  { kind, value }: PlaceOperand,
): Condition | undefined {
  if (partial.includes(operator) && !(operator === "contains" && kind !== "text")) {
    const part =
      kind === "text" ? readPart(operator, value as string) : new Invalid("must be a text", "invalid_value")
    if (part instanceof Invalid) {
      reader.issue(at, part.message, part.code)
      return undefined
    }
  }
  if (!counts(reader, at, place)) return undefined
  const { through, field, members = [] } = place
  const steps = stepsOf(reader, members)
  reader.shape += `${pathOf(through)}${field.name}[${operator}:${kind}];`
  return {
    kind: "comparison",
    filter: { through, field, operator, param: bind(reader, value), place: { steps, kind } },
  }
}

function stepsOf(reader: ParamReader, members: readonly (string | number)[]) {
  const steps = stepsInto(reader, members)
  reader.shape += JSON.stringify(members)
  return steps
}

function bind(reader: ParamReader, value: Operand["value"]): string {
  const param = `p${reader.nextBound()}`
  reader.values[param] = value as string
  return param
}

const pathOf = (through: Place["through"]): string => through.map(({ name }) => `${name}.`).join("")
