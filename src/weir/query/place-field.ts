import { placeTypes } from "../fields/json-places.ts"
import { anyone } from "../resource/rules.ts"
import type { SortField } from "./query.ts"

const specs = {
  rank: { type: "integer", inferred: true },
  number: { type: "real", inferred: true },
  text: { type: "text", inferred: true },
} as const

/** What a place in JSON says of itself as a sort key and a part of a cursor, null where it says nothing. */
export const placeField = (name: string, part: keyof typeof placeTypes): SortField => ({
  name,
  spec: specs[part],
  type: placeTypes[part],
  nullable: true,
  read: anyone,
})
