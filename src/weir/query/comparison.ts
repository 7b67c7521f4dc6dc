import { type PlaceOperand, readPart } from "../fields/json-places.ts"
import { type Operand, readList, readOperand } from "../fields/operand.ts"
import { type Operator, ofPlaces, partial } from "../fields/operators.ts"
import { Invalid } from "../fields/type.ts"
import { hasBound, type Place, placeText, stepsInto } from "./place.ts"
import { type Filter, operatorsOf } from "./query.ts"
import { maxFilters, maxSteps, type ParamReader } from "./reader.ts"

/** Where a comparison stands in the request: what issues name. */
type At = string

/** Whether a place has that operator; if not, that is an issue. */
export function hasOperator(reader: ParamReader, at: At, place: Place, operator: string): boolean {
  const { field, members } = place
  const known: readonly string[] = members ? ofPlaces : operatorsOf(field)
  if (known.includes(operator)) return true
  const name = placeText(field, members ?? [])
  reader.issue(at, `${name} has no operator "${operator.slice(0, 40)}"`, "unknown_operator")
  return false
}

/** Counts a comparison; if there are too many, that is an issue. */
function counts(reader: ParamReader, at: At, place: Place): boolean {
  // What is bound more than once counts so: see `maxFilters`.
  if (reader.countFilter(place.through.length) && (!hasBound(place) || reader.countFilter(0))) return true
  reader.issue(
    at,
    `is too much: a request has at most ${maxFilters} filters, through ${maxSteps} relations`,
    "too_many",
  )
  return false
}

/** The comparison of a column with operands as texts. Undefined where one is wrong. */
export function compareColumn(
  reader: ParamReader,
  at: At,
  place: Place,
  operator: Operator,
  texts: readonly string[],
): Filter | undefined {
  const { field, through } = place
  if (operator === "between") return compareBetween(reader, at, place, texts)
  if (!counts(reader, at, place)) return undefined
  const value = operandOf(place, operator, texts)
  if (value instanceof Invalid) {
    reader.issue(at, value.message, value.code)
    return undefined
  }
  const param = bind(reader, value.value)
  reader.shape += `${pathOf(through)}${field.name}[${value.operator}];`
  return { through, field, operator: value.operator, param }
}

/** Two bounds of one column, which a single row must be within where the column is another table's. */
function compareBetween(
  reader: ParamReader,
  at: At,
  place: Place,
  [low, high, ...more]: readonly string[],
): Filter | undefined {
  if (low === undefined || high === undefined || more.length) {
    reader.issue(at, "must be two values", "invalid_value")
    return undefined
  }
  const least = compareColumn(reader, at, place, "gte", [low])
  const most = compareColumn(reader, at, place, "lte", [high])
  reader.shape += "&;"
  return least && most && { ...least, also: { operator: most.operator, param: most.param } }
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
  const inJson = members && {
    place: { steps: stepsOf(reader, members), terms: [], isAny: false, isNegated: false },
  }
  return { through, field, operator, param: "", isNull: isTrue, ...inJson }
}

/** The comparison of a place in JSON with values. Undefined where one is wrong. */
export function comparePlace(
  reader: ParamReader,
  at: At,
  place: Place,
  operator: Operator,
  operands: readonly (PlaceOperand | Invalid)[],
): Filter | undefined {
  const wrong = operands.map((operand) => fault(operator, operand)).find((one) => one !== undefined)
  if (wrong) {
    reader.issue(at, wrong.message, wrong.code)
    return undefined
  }
  const values = operands as readonly PlaceOperand[]
  if (operator === "between" && values.length !== 2) {
    reader.issue(at, "must be two values", "invalid_value")
    return undefined
  }
  if (!counts(reader, at, place)) return undefined
  const { through, field, members = [] } = place
  const isList = operator === "in" || operator === "nin"
  const terms = (isList ? listsOf(values) : values).map(({ kind, value }, i) => ({
    operator: termOf(operator, i),
    kind,
    param: bind(reader, value),
  }))
  const kinds = terms.map(({ kind }) => kind).join()
  reader.shape += `${pathOf(through)}${field.name}[${operator}:${kinds}]`
  const isNegated = operator === "ne" || operator === "nin"
  const steps = stepsOf(reader, members)
  return { through, field, operator, param: "", place: { steps, terms, isAny: isList, isNegated } }
}

/** By which operator an operand is compared, of those that are made of others. */
function termOf(operator: Operator, i: number): Operator {
  if (operator === "between") return i === 0 ? "gte" : "lte"
  if (operator === "ne") return "eq"
  return operator === "nin" ? "in" : operator
}

/** What is wrong with an operand. */
function fault(operator: Operator, operand: PlaceOperand | Invalid): Invalid | undefined {
  if (operand instanceof Invalid) return operand
  if (!partial.includes(operator) || (operator === "contains" && operand.kind !== "text")) return undefined
  if (operand.kind !== "text") return new Invalid("must be a text", "invalid_value")
  const part = readPart(operator, operand.value as string)
  return part instanceof Invalid ? part : undefined
}

/** Values as a list for each kind. */
const listsOf = (values: readonly PlaceOperand[]): PlaceOperand[] =>
  (["number", "text", "boolean"] as const).flatMap((kind) => {
    const list = values.filter((value) => value.kind === kind).map(({ value }) => value)
    return list.length ? [{ kind, value: JSON.stringify(list) }] : []
  })

function stepsOf(reader: ParamReader, members: readonly (string | number)[]) {
  const steps = stepsInto(reader, members)
  reader.shape += JSON.stringify(members)
  return steps
}

function bind(reader: ParamReader, value: Operand["value"]): string {
  const param = `@p${reader.nextBound()}`
  reader.values[param] = value as string
  return param
}

const pathOf = (through: Place["through"]): string => through.map(({ name }) => `${name}.`).join("")
