import { dereference, type OutputUnit, type Schema, validate } from "@cfworker/json-schema"
import type { JsonSchema } from "../db/dialect/collections.ts"
import { isAlternative, nothing, plain, prepared } from "./schema-parts.ts"

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
/**
 * Most references that are followed to say whether a document is valid, beside three for each of its values, and to name all
 * that is wrong with it. Of nested alternatives, each level could double them.
 */
const [maxReferences, maxNamed] = [20_000, 10_000]
/** So many errors are enough: the rest is not looked for. */
const manyErrors = 1_000

/** The validator of a JSON Schema. It interprets: workerd compiles nothing at run time. */
export function validatorOf(schema: JsonSchema): DocumentValidator {
  const whole = prepared(schema) as Schema | boolean
  let left = 0
  const lookup = new Proxy(dereference(whole), {
    get(known, uri) {
      if (--left < 0) throw new RangeError("too many references")
      return known[uri as string]
    },
  })
  /** Undefined where it takes too long to say. The library ends in a RangeError as well, of very many errors. */
  const errorsOf = (members: unknown, isFirstEnough: boolean, most: number): OutputUnit[] | undefined => {
    left = most
    try {
      return validate(members, whole, "2020-12", lookup, isFirstEnough).errors
    } catch (error) {
      if (error instanceof RangeError) return undefined
      throw error
    }
  }
  return (sent) => {
    const members = plain(sent)
    const first = errorsOf(members, true, maxReferences + 3 * countOf(members))
    if (first?.length === 0) return []
    const isFew = first && first.length < manyErrors
    const errors = (isFew && errorsOf(members, false, maxNamed)) || first
    if (!errors) return [{ path: [], message: "takes too long to check by the schema", code: "too_many" }]
    const issues = errors
      .filter(({ keyword, keywordLocation }) => !outer.has(keyword) && !isAlternative(keywordLocation))
      .slice(0, maxIssues)
      .map(issueOf)
    return issues.length
      ? issues
      : [{ path: [], message: "is not as the schema says", code: "invalid_value" }]
  }
}

/** How many values there are in one, itself included. */
const countOf = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? Object.values(value).reduce((sum: number, one) => sum + countOf(one), 1)
    : 1

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
    case "enum":
      return error.endsWith(` ${nothing}.`)
        ? { path, message: "is not allowed here", code: "unknown_field" }
        : { path, message: words(error), code: "invalid_value" }
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
