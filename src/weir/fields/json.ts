import { columnSql } from "../db/dialect/expressions.ts"
import { JsonText } from "../lib/json-text.ts"
import { notStorable, unstorablePath } from "../lib/storable.ts"
import * as z from "../lib/zod.ts"
import { Invalid, type MakeType } from "./type.ts"

/** Any JSON in the document: spelled out, so that typed clients may send and read members and elements. */
const anyValue = {
  type: ["object", "array", "string", "number", "boolean", "null"] as (
    | "object"
    | "array"
    | "string"
    | "number"
    | "boolean"
    | "null"
  )[],
  additionalProperties: true,
  items: {},
}
const values = z.json()
/** The code of zod for a check that is none of its own. */
const custom = "custom"

/** Any JSON value. Its document is spelled out: the generator recurses without end on `z.json()`. */
const anyJson = (): z.ZodType => values.openapi(anyValue)

/** A value that was sent, which was valid JSON, or one that a program made. Each issue is at its place in the value. */
const input = (isBinary: boolean): z.ZodType =>
  z
    .unknown()
    .superRefine((value, context) => {
      if (!(value instanceof JsonText)) {
        const { error } = values.safeParse(value)
        for (const issue of error?.issues ?? []) context.addIssue({ ...issue })
        if (error) return
      }
      const { issues, text } = value instanceof JsonText ? value : new JsonText(JSON.stringify(value))
      if (isBinary && issues.length === 0 && text.includes(nul)) {
        const path = unstorablePath(JSON.parse(text))
        if (path)
          context.addIssue({ code: custom, path, message: notStorable, params: { code: "invalid_text" } })
      }
      for (const { path, message, code } of issues)
        context.addIssue({ code: custom, path, message, params: { code } })
    })
    .openapi(anyValue)

/** How JSON writes the character that `jsonb` of Postgres cannot hold. */
const nul = "\\u0000"

const notJson = new Invalid("is not JSON", "invalid_json")

function parseCell(text: string): unknown {
  try {
    return JSON.parse(text) === null ? null : new JsonText(text)
  } catch {
    return notJson
  }
}

/** Reads a cell of JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return notJson
  }
}

export const json: MakeType = (spec) => ({
  operators: [],
  parse: () => new Invalid("cannot be compared", "not_comparable"),
  parseCell,
  toCell: JsonText.of,
  accepts: () => false,
  input: () => input(spec.sqlType === "jsonb"),
  output: anyJson,
  example: () => null,
  ordered: (expression) => expression,
  minBytes: 1,
  maxBytes: Number.POSITIVE_INFINITY,
  measured: true,
  multiline: true,
  generated: false,
  heavy: false,
  sql: columnSql(spec),
})
