import type { Random } from "../query-language/random.ts"

/** Documents of the few names and values that the hard schemas speak of, so that many are valid, and many nearly. */

const names = [
  "a",
  "b",
  "c",
  "type",
  "not",
  "anyOf",
  "oneOf",
  "constructor",
  "__proto__",
  "a b",
  "x1",
  "hasOwnProperty",
  "%",
  "é/~",
]
const scalars = [
  "x",
  "y",
  "z",
  "",
  "word",
  "too long a text",
  "2026-01-31",
  "2026-01-31T12:00:00Z",
  "ann@example.com",
  "0190a5c4-7d1e-7cc0-8f6a-0a1b2c3d4e5f",
  0,
  1,
  5,
  7,
  1.5,
  0.01,
  0.07,
  -3,
  1e300,
  1e21,
  null,
  true,
  false,
]

type Value = unknown

export function randomValue(random: Random, depth: number): Value {
  const roll = random.below(10)
  if (depth === 0 || roll < 5) return random.pick(scalars)
  if (roll < 8) return randomObject(random, depth)
  return Array.from({ length: random.below(4) }, () => randomValue(random, depth - 1))
}

export function randomObject(random: Random, depth = 3): Record<string, Value> {
  const object: Record<string, Value> = {}
  const often = names.slice(0, 4)
  for (let i = random.below(5); i > 0; i--) {
    const name = random.chance(0.8) ? random.pick(often) : random.pick(names)
    const value = name === "type" ? random.pick(["x", "y", "z"]) : randomValue(random, depth - 1)
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return object
}

/** A document that goes on to the deepest level that one may have, by members, elements or both. */
export function deepDocument(random: Random, levels = 32): Record<string, Value> {
  let value: Value = random.pick(scalars)
  for (let level = 2; level <= levels; level++) {
    const isArray = random.chance(0.4) && level < levels
    value = isArray ? [value] : { type: random.pick(["x", "y", "z"]), [random.pick(["a", "b"])]: value }
  }
  return { a: value, ...(random.chance(0.3) ? { c: 1 } : {}) }
}
