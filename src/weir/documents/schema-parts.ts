import type { JsonSchema } from "../db/dialect/collections.ts"

/** Where schemas stand within a schema. */
const one = new Set(
  "additionalProperties unevaluatedProperties propertyNames additionalItems unevaluatedItems items contains not if then else".split(
    " ",
  ),
)
const listed = new Set(["allOf", "anyOf", "oneOf", "prefixItems", "items"])
const named = new Set(["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"])
/** Keywords that say nothing of what is valid. */
const notes = new Set(
  "$schema $comment title description default example examples deprecated readOnly writeOnly contentEncoding contentMediaType".split(
    " ",
  ),
)

/** Most elements of an array that must be unique: each is compared with every other. */
const maxUnique = 1_000

type Members = Record<string, unknown>

/** What the validator says that a value is none of where nothing is valid. */
export const nothing = "[]"

/** The text of a step of a JSON pointer. */
export const pointerStep = (name: string): string =>
  encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"))

/** The schemas directly within one, each with the pointer from there to it, by the keyword that holds it. */
export function schemasWithin(schema: JsonSchema): [keyword: string, pointer: string, schema: JsonSchema][] {
  if (typeof schema === "boolean") return []
  return Object.entries(schema).flatMap(([keyword, value]): [string, string, JsonSchema][] => {
    if (listed.has(keyword) && Array.isArray(value))
      return value.map((each, i) => [keyword, `/${keyword}/${i}`, each as JsonSchema])
    if (one.has(keyword)) return [[keyword, `/${keyword}`, value as JsonSchema]]
    if (!named.has(keyword)) return []
    return Object.entries(value as Members).map(([name, each]) => [
      keyword,
      `/${keyword}/${pointerStep(name)}`,
      each as JsonSchema,
    ])
  })
}

/**
 * The same schema for the validator: of objects without a prototype, as `constructor` is no member of a document that has
 * none; with what is never valid as a keyword that says its place; and without an array of any length that must be unique.
 */
export function prepared(schema: JsonSchema): JsonSchema {
  if (schema === true) return Object.create(null)
  const copy: Members = Object.create(null)
  if (schema === false) {
    copy.enum = []
    return copy
  }
  for (const [keyword, value] of Object.entries(schema)) {
    if (notes.has(keyword) || keyword.startsWith("x-")) continue
    copy[keyword] = ofSchemas(keyword, value)
  }
  if (copy.uniqueItems !== true) return copy
  delete copy.uniqueItems
  const unique = prepared({
    if: { maxItems: maxUnique },
    // biome-ignore lint/suspicious/noThenProperty: it is a keyword
    then: {},
    else: { maxItems: maxUnique },
  }) as Members
  ;(unique.then as Members).uniqueItems = true
  copy.allOf = [...((copy.allOf as unknown[] | undefined) ?? []), unique]
  return copy
}

function ofSchemas(keyword: string, value: unknown): unknown {
  if (listed.has(keyword) && Array.isArray(value)) return value.map(prepared)
  if (one.has(keyword)) return prepared(value as JsonSchema)
  if (!named.has(keyword)) return plain(value)
  const copy: Members = Object.create(null)
  for (const [name, each] of Object.entries(value as Members)) copy[name] = prepared(each as JsonSchema)
  return copy
}

/** The same value of objects without a prototype. */
export function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(plain)
  const copy: Members = Object.create(null)
  for (const [name, member] of Object.entries(value)) copy[name] = plain(member)
  return copy
}

/** Keywords of which one alternative may hold, where another does not. */
const alternatives = new Set(["anyOf", "oneOf", "not", "contains"])

/** Whether a place in a schema is within an alternative. Names of members are no keywords. */
export function isAlternative(location: string): boolean {
  const steps = location.split("/").slice(1, -1)
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as string
    if (alternatives.has(step)) return true
    if (named.has(step)) i++
  }
  return false
}
