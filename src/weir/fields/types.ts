import type { FieldSpec, FieldTypeName } from "../db/dialect/field.ts"
import { boolean } from "./boolean.ts"
import { json } from "./json.ts"
import { id, integer, real } from "./numbers.ts"
import { text } from "./text.ts"
import { timestamp } from "./timestamp.ts"
import type { FieldType, MakeType } from "./type.ts"

const types: Record<FieldTypeName, MakeType> = { id, text, integer, real, boolean, timestamp, json }

/** The type of a described column. */
export const fieldType = (spec: FieldSpec): FieldType => types[spec.type](spec)
