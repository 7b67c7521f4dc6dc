import type { JsonSchema } from "../db/dialect/collections.ts"
import type { Resource } from "../resource/resource.ts"
import { validatorFor } from "./input.ts"
import { localized } from "./schema-references.ts"

type Members = Record<string, unknown>

const usual: Members = { title: "Example", color: "red", size: { width: 10 }, tags: ["new"] }

/** Most levels that are made of a schema: it may refer to itself. */
const deepest = 6

/** A document for the documentation: valid by the collection's schema, or nothing where none is found. */
export function documentExample(resource: Resource): Members | undefined {
  const declared = resource.collection?.schema
  if (declared === undefined || declared === true) return usual
  if (declared === false) return undefined
  const schema = localized(declared) as Members
  const validator = validatorFor(resource)
  const candidates = [schema.example, ...list(schema.examples), sampleOf(schema, schema, deepest, true)]
  return candidates.find(
    (one): one is Members =>
      typeof one === "object" && one !== null && !Array.isArray(one) && validator?.(one).length === 0,
  )
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

const texts: Record<string, string> = {
  email: "ann@example.com",
  date: "2026-01-31",
  time: "12:00:00Z",
  "date-time": "2026-01-31T12:00:00Z",
  uri: "https://example.com",
  uuid: "0190a5c4-7d1e-7cc0-8f6a-0a1b2c3d4e5f",
}

function sampleOf(schema: JsonSchema, root: Members, levels: number, isWhole = false): unknown {
  if (typeof schema === "boolean") return null
  const given = [schema.const, schema.example, ...list(schema.examples), schema.default, ...list(schema.enum)]
  const first = isWhole ? undefined : given.find((one) => one !== undefined)
  if (first !== undefined) return first
  const target = typeof schema.$ref === "string" ? resolved(schema.$ref, root) : undefined
  if (target !== undefined) return levels > 0 ? sampleOf(target, root, levels - 1) : null
  const [type = "properties" in schema ? "object" : "string"] = [schema.type].flat() as (string | undefined)[]
  const { minimum = 1, minLength = 0, maxLength = 100, minItems = 0 } = schema as Record<string, number>
  switch (type) {
    case "object":
      return membersOf(schema, root, levels)
    case "array":
      return Array.from({ length: Math.max(minItems, 1) }, () =>
        sampleOf((schema.items ?? true) as JsonSchema, root, levels - 1),
      )
    case "number":
    case "integer":
      return minimum
    case "boolean":
      return true
    case "null":
      return null
    default:
      return texts[String(schema.format)] ?? "example".padEnd(minLength, "x").slice(0, maxLength)
  }
}

/** The members that must be there, and those beside them, as far as the levels reach. */
function membersOf(schema: Members, root: Members, levels: number): Members {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
  const required = list(schema.required)
  return Object.fromEntries(
    properties
      .filter(([name]) => required.includes(name) || levels > deepest - 2)
      .map(([name, one]) => [name, sampleOf(one, root, levels - 1)]),
  )
}

function resolved(reference: string, root: Members): JsonSchema | undefined {
  let here: unknown = root
  for (const part of reference.split("/").slice(1))
    here = (here as Members | undefined)?.[
      decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")
    ]
  return here as JsonSchema | undefined
}
