import type { FieldSpec } from "../db/dialect/field.ts"
import type { Field } from "./resource.ts"

/** Whether a field takes every value that another field may hold, so that nobody need see the value. */
export function isAssignable(to: Field, from: Field): boolean {
  if (to === from) return true
  const [target, source] = [to.spec, from.spec]
  return formOf(target) === formOf(source) && keepsRules(target, source) && isWithin(target, source)
}

/** How values are stored, as text: alike for two columns between which a statement can copy them. */
function formOf(spec: FieldSpec): string {
  const { type, sqlType, isEnum, inferred, unit, storage, zone, precision, scale, rounds } = spec
  const { element, dimensions, document, mayHoldText } = spec
  const form = [
    isEnum,
    inferred,
    unit,
    storage,
    zone,
    precision,
    scale,
    rounds,
    dimensions,
    document,
    mayHoldText,
  ]
  return JSON.stringify([type === "id" ? "integer" : type, sqlType, element && formOf(element), ...form])
}

/** Whether what is asked of the form of a value is asked of the other field's as well. */
function keepsRules(to: FieldSpec, from: FieldSpec): boolean {
  const { pattern, format, schema, values } = to
  if (pattern !== undefined && pattern !== from.pattern) return false
  if (format !== undefined && format !== from.format) return false
  if (schema !== undefined && schema !== from.schema) return false
  return !values || (from.values?.every((value) => values.includes(value)) ?? false)
}

/** Whether the bounds of a field hold for all within those of another: of texts, their lengths. */
function isWithin(to: FieldSpec, from: FieldSpec): boolean {
  const [least, most] = boundsOf(to)
  const [ownLeast, ownMost] = from.values ? lengthsOf(from.values) : boundsOf(from)
  return to.values !== undefined || (ownLeast >= least && ownMost <= most)
}

const boundsOf = ({ type, min, max, length }: FieldSpec): [number, number] => [
  min ?? (type === "text" ? 0 : Number.NEGATIVE_INFINITY),
  max ?? length ?? Number.POSITIVE_INFINITY,
]

const lengthsOf = (values: readonly string[]): [number, number] => {
  const lengths = values.map((value) => [...value].length)
  return [Math.min(...lengths), Math.max(...lengths)]
}
