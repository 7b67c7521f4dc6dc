import type { FieldSpec, FieldTypeName } from "../db/dialect/field.ts"
import { array } from "./array.ts"
import { bigint } from "./bigint.ts"
import { boolean } from "./boolean.ts"
import { bytes } from "./bytes.ts"
import { constrained } from "./constrained.ts"
import { date } from "./date.ts"
import { decimal } from "./decimal.ts"
import { float } from "./float.ts"
import { instant } from "./instant.ts"
import { interval } from "./interval.ts"
import { json } from "./json.ts"
import { id, integer, real } from "./numbers.ts"
import { opaque } from "./opaque.ts"
import { enumerated, plainText } from "./plain-text.ts"
import { text } from "./text.ts"
import { time } from "./time.ts"
import { timestamp } from "./timestamp.ts"
import type { FieldType, MakeType } from "./type.ts"
import { uuid } from "./uuid.ts"
import { vector } from "./vector.ts"

const types: Record<FieldTypeName, MakeType> = {
  id,
  text: (spec) => (spec.inferred ? (spec.isEnum ? enumerated : plainText) : text)(spec),
  integer,
  real: (spec) => (spec.inferred ? float : real)(spec),
  boolean,
  // Text of a column of SQLite has the form of the vocabulary's.
  timestamp: (spec) => (spec.unit || spec.sqlType ? instant : timestamp)(spec),
  json,
  uuid,
  bigint,
  decimal,
  date,
  time,
  interval,
  local_timestamp: instant,
  bytes,
  vector,
  array: (spec) => array(fieldType)(spec),
  opaque,
}

/** Throws where there is no type that a team gives a field, with those that there are. */
export function requireType(field: string, type: string | undefined): void {
  if (type !== undefined && !Object.hasOwn(types, type))
    throw new Error(`${field}: there is no type "${type}" but ${Object.keys(types).join(", ")}`)
}

/** The type of a described column. */
export const fieldType = (spec: FieldSpec): FieldType => {
  const type = types[spec.type](spec)
  return spec.schema ? constrained(type, spec.schema) : type
}
