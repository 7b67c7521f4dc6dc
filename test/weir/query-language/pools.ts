import type { Random } from "./random.ts"
import type { Json } from "./values.ts"

/** Values worth comparing: those that databases, JavaScript and JSON see differently. */

export const numbers = [
  0, 1, 2, 5, 9, 10, 11, 100, -1, -3.5, 1.5, 0.1, 0.30000000000000004, 0.3, 9007199254740991,
  9007199254740992, 9007199254740994, -9007199254740992, 1e21, 1.2345678901234567e-308, 5e-324,
  1.7976931348623157e308, 123456.789, 9.223372036854776e18, 1.8446744073709552e19, 8.41e21,
  2.2250738585072014e-308, 1e23, 4.35, 2.675, 0.999778, 3.5739398, 474665.453297, 7.802077814,
  402.1325986117686,
]
export const texts = [
  "",
  "a",
  "A",
  "b",
  "B",
  "aa",
  "red",
  "Red",
  "RED",
  "blue",
  "blue green",
  "9",
  "10",
  "1.0",
  "true",
  "null",
  "é",
  "é",
  "É",
  "ß",
  "ẞ",
  "😀",
  "\ue000",
  "\uffee",
  "a%b",
  "a_b",
  "a\\b",
  "%",
  "_",
  "\\",
  "it's",
  '"q"',
  "x,y",
  "[1]",
  "{}",
  "K",
  "k",
  "İ",
  "ı",
  "ſ",
  "Z",
  "z",
  "[",
  "\u007f",
  "line\nbreak",
  "tab\tend",
  "a😀b",
  "$.a",
  "NaN",
  "Infinity",
  "-0",
  "'; drop table ql_things; --",
  "$" + "{x}",
  "?",
  "$1",
  ":a",
  "@a",
  "2026-01-31T12:00:00Z",
]
/** Text as a column keeps it: trimmed. */
export const columnTexts = texts.filter((text) => text.trim() === text)

/** Names of members, and segments of paths that lead nowhere in particular. */
export const names = [
  "color",
  "size",
  "width",
  "tags",
  "deep",
  "a b",
  "ü",
  "😀",
  "it's",
  "$",
  "*",
  "-1",
  "@x",
  "#-1",
]
export const strangeNames = [
  "__proto__",
  "constructor",
  "length",
  "toString",
  "0",
  "1",
  "7",
  "999999",
  "a,b",
  "?",
  "%",
  "u",
  "ü",
  "id",
  "x\u2028",
  "') or 1=1 --",
  "NULL",
  "Color",
  "color ",
  " color",
  "'",
  "$.color",
  "{color}",
  "size,width",
  ":p1",
  "$1",
  "and",
  "or",
  "not",
  "some",
  "eq",
  "+1",
  "1e0",
  "0x1",
  "a=b",
  "a&b",
  "a+b",
  "/",
  "w".repeat(100),
]

/** Parameters of lists, which come before members of documents. */
export const listParameters = ["limit", "sort", "filter", "fields", "count", "include", "skip", "group"]

export function scalar(random: Random): Json {
  const roll = random.below(20)
  if (roll < 8) return random.chance(0.1) ? Number.POSITIVE_INFINITY : random.pick(numbers)
  if (roll < 15) return random.pick(texts)
  return roll < 18 ? random.chance(0.5) : null
}

/** Any JSON value, of mixed kinds under the same names. */
export function anyJson(random: Random, depth = 3): Json {
  const roll = random.below(10)
  if (depth === 0 || roll < 4) return scalar(random)
  if (roll < 6) return Array.from({ length: random.below(4) }, () => anyJson(random, depth - 1))
  return someObject(random, depth)
}

export function someObject(random: Random, depth = 3): Json {
  const members: { [name: string]: Json } = {}
  for (const name of names) if (random.chance(0.35)) members[name] = anyJson(random, depth - 1)
  for (const name of strangeNames)
    if (random.chance(0.03))
      Object.defineProperty(members, name, { value: anyJson(random, depth - 1), enumerable: true })
  return members
}
