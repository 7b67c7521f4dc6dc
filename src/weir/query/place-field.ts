import { placeTypes } from "../fields/json-places.ts"
import { anyone } from "../resource/rules.ts"
import type { SortField } from "./query.ts"

const specs = {
  rank: { type: "integer", inferred: true },
  number: { type: "real", inferred: true },
  text: { type: "text", inferred: true },
} as const

/** What a place in JSON says of itself as sort keys and parts of a cursor, null where it says nothing. */
export const placeFields = (name: string): { part: Part; field: SortField }[] =>
  parts.map((part) => ({ part, field: placeField(`${name}#${part}`, part) }))

type Part = keyof typeof placeTypes
const parts: readonly Part[] = ["rank", "number", "text"]

const placeField = (name: string, part: Part): SortField => ({
  name,
  spec: specs[part],
  type: placeTypes[part],
  nullable: true,
  read: anyone,
})
