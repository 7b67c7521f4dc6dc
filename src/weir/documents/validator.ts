import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema"
import type { JsonSchema } from "../db/dialect/collections.ts"

/** What is wrong with a document, and where. */
export interface DocumentIssue {
  path: string[]
  message: string
  code: string
}

/** Checks a document's own members. */
export type DocumentValidator = (members: unknown) => DocumentIssue[]

const maxIssues = 20

/** Keywords whose error only says that there are others, which name the place. */
const outer = new Set(
  "$ref properties patternProperties additionalProperties unevaluatedProperties prefixItems items additionalItems unevaluatedItems allOf if dependentSchemas".split(
    " ",
  ),
)
/** What is wrong with each alternative: their keyword's own error stands for them. */
const alternatives = /\/(anyOf|oneOf|not|contains)\//

/** The validator of a JSON Schema. It interprets: workerd compiles nothing at run time. */
export function validatorOf(schema: JsonSchema): DocumentValidator {
  const validator = new Validator(plain(schema) as Schema, "2020-12", false)
  return (members) => {
    const { errors } = validator.validate(plain(members))
    return errors
      .filter(({ keyword, keywordLocation }) => !outer.has(keyword) && !alternatives.test(keywordLocation))
      .slice(0, maxIssues)
      .map(issueOf)
  }
}

/** The same value of objects without a prototype: `constructor` is no member of a document that has none. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(plain)
  const copy: Record<string, unknown> = Object.create(null)
  for (const [name, member] of Object.entries(value)) copy[name] = plain(member)
  return copy
}

function issueOf({ keyword, instanceLocation, error }: OutputUnit): DocumentIssue {
  const path = segments(instanceLocation)
  const named = /"(.*)"[^"]*$/s.exec(error)?.[1] ?? ""
  switch (keyword) {
    case "required":
      return { path: [...path, named], message: "is required", code: "required" }
    case "dependentRequired": {
      const [, has = "", needed = ""] = /has "(.*)" but does not have "(.*)"\.$/s.exec(error) ?? []
      return { path: [...path, needed], message: `is required beside ${has}`, code: "required" }
    }
    case "false":
      return { path, message: "is not allowed here", code: "unknown_field" }
    case "type":
      return {
        path,
        message: `must be ${(/Expected "(.*)"/s.exec(error)?.[1] ?? "").replaceAll('", "', " or ")}`,
        code: "invalid_type",
      }
    default:
      return { path, message: words(error), code: codes[keyword] ?? "invalid_value" }
  }
}

const codes: Record<string, string> = {
  minLength: "too_small",
  minimum: "too_small",
  exclusiveMinimum: "too_small",
  minItems: "too_small",
  minProperties: "too_small",
  maxLength: "too_big",
  maximum: "too_big",
  exclusiveMaximum: "too_big",
  maxItems: "too_big",
  maxProperties: "too_big",
  pattern: "invalid_format",
  format: "invalid_format",
  multipleOf: "not_multiple_of",
}

/** An error as what the value does: the place stands before it. */
const words = (error: string): string => {
  const text = error.replace(/^(Instance|String|Array) /, "").replace(/\.$/, "")
  return text.charAt(0).toLowerCase() + text.slice(1)
}

const segments = (location: string): string[] =>
  location
    .split("/")
    .slice(1)
    .map((part) => decode(part).replaceAll("~1", "/").replaceAll("~0", "~"))

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
