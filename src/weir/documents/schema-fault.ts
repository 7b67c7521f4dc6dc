import type { JsonSchema } from "../db/dialect/collections.ts"

/** Why a keyword's value is not valid; undefined where it is. `at` is the place of the value, for what lies within. */
type Check = (value: unknown, at: string) => string | undefined

type Members = Record<string, unknown>

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const says = (test: (value: unknown) => boolean, what: string): Check => {
  return (value, at) => (test(value) ? undefined : `${at} must be ${what}`)
}
const isText = (value: unknown): boolean => typeof value === "string"
const text = says(isText, "text")
const flag = says((value) => typeof value === "boolean", "true or false")
const count = says((value) => Number.isInteger(value) && (value as number) >= 0, "a whole number from 0 on")
const number = says((value) => typeof value === "number", "a number")
const positive = says((value) => typeof value === "number" && value > 0, "a number above 0")
const anything: Check = () => undefined
const names = says((value) => Array.isArray(value) && value.every(isText), "an array of names")

const types = ["object", "array", "string", "number", "integer", "boolean", "null"]
const type = says(
  (value) => {
    const all = [value].flat()
    return all.length > 0 && all.every((one) => types.includes(one as string))
  },
  `one of ${types.join(", ")}, or an array of them`,
)

const pattern: Check = (value, at) => {
  if (typeof value !== "string") return `${at} must be text`
  try {
    new RegExp(value, "u")
    return undefined
  } catch (error) {
    return `${at} is no regular expression: ${(error as Error).message}`
  }
}

/** The validator's "url" takes minutes for a text of forty letters. */
const format: Check = (value, at) =>
  value === "url" ? `${at} is "url", which there is not: use "uri"` : text(value, at)

const each =
  (check: Check): Check =>
  (value, at) =>
    Array.isArray(value) && value.length
      ? firstOf(value.map((one, i) => () => check(one, `${at}.${i}`)))
      : `${at} must be an array, not empty`

const mapOf =
  (check: Check, name: Check = anything): Check =>
  (value, at) =>
    isObject(value)
      ? firstOf(
          Object.entries(value).map(
            ([key, one]) =>
              () =>
                name(key, `${at}.${key}`) ?? check(one, `${at}.${key}`),
          ),
        )
      : `${at} must be an object`

function firstOf(checks: (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const fault = check()
    if (fault !== undefined) return fault
  }
  return undefined
}

const schema: Check = (value, at) => {
  if (typeof value === "boolean") return undefined
  if (!isObject(value)) return `${at} must be a schema: an object, true or false`
  return firstOf(
    Object.entries(value).map(([keyword, one]) => () => {
      if (keyword.startsWith("x-")) return undefined
      const check = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined
      if (check) return check(one, `${at}.${keyword}`)
      return Object.hasOwn(others, keyword)
        ? `${at} has the keyword "${keyword}", which is not understood: ${others[keyword]}`
        : `${at} has a keyword "${keyword}", which there is not`
    }),
  )
}

const schemaOrList: Check = (value, at) => (Array.isArray(value) ? each(schema) : schema)(value, at)
const nameList = each(anything)

/** A URI, or one that is relative to where it stands. */
const uri = says((value) => isText(value) && URL.canParse(value as string, "https://localhost"), "a URI")
const anchor = says(
  (value) => /^[A-Za-z_][\w.-]*$/.test(String(value)),
  "a letter or _, then letters, digits, _ - or .",
)
/** Keywords of the drafts that are not understood, and what says the same. */
const others: Record<string, string> = {
  $dynamicRef: "name the place by $ref",
  $dynamicAnchor: "use $anchor",
  $recursiveRef: "name the place by $ref",
  $recursiveAnchor: "use $anchor",
  $vocabulary: "leave it out",
  dependencies: "use dependentRequired or dependentSchemas",
  id: "use $id",
}

const keywords: Record<string, Check> = {
  ...all(text, "$schema", "$comment", "title", "description"),
  ...all(text, "contentEncoding", "contentMediaType"),
  ...all(anything, "default", "const", "example"),
  ...all(flag, "uniqueItems", "deprecated", "readOnly", "writeOnly"),
  ...all(count, "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
  ...all(count, "minContains", "maxContains"),
  ...all(number, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
  ...all(schema, "additionalProperties", "unevaluatedProperties", "propertyNames", "additionalItems"),
  ...all(schema, "unevaluatedItems", "contains", "not", "if", "then", "else"),
  ...all(each(schema), "allOf", "anyOf", "oneOf", "prefixItems"),
  ...all(mapOf(schema), "properties", "dependentSchemas", "$defs", "definitions"),
  ...all(nameList, "enum", "examples"),
  multipleOf: positive,
  pattern,
  format,
  type,
  required: names,
  $ref: uri,
  $id: uri,
  $anchor: anchor,
  items: schemaOrList,
  patternProperties: mapOf(schema, pattern),
  dependentRequired: mapOf(names),
}

function all(check: Check, ...called: string[]): Record<string, Check> {
  return Object.fromEntries(called.map((name) => [name, check]))
}

/** Why a JSON Schema is not one, with the place; undefined where it is. */
export const schemaFault = (value: JsonSchema): string | undefined => schema(value, "schema")
