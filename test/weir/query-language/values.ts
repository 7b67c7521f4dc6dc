/** JSON as `JSON.parse` has it; `undefined` stands for a path that is not there. */
export type Json = string | number | boolean | null | Json[] | { [member: string]: Json }

/** The kinds of JSON values in the order in which they are sorted. */
const kinds = ["number", "text", "boolean", "array", "object"] as const
export type Kind = (typeof kinds)[number]

/** The kind of a value; undefined for null and for what is not there. */
export function kindOf(value: Json | undefined): Kind | undefined {
  if (value === null || value === undefined) return undefined
  if (Array.isArray(value)) return "array"
  if (typeof value === "string") return "text"
  return typeof value as "number" | "boolean" | "object"
}

/** Text by code point, which is the order of UTF-8's bytes. */
export const compareText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** Two values of one kind. Arrays are ties, and so are objects. */
function compareAlike(a: Json, b: Json): number {
  if (typeof a === "string") return compareText(a, b as string)
  if (typeof a === "object") return 0
  return Number(a) - Number(b) || 0
}

/** The order of a sort by a path: by kind, then by value; null and what is not there are the largest. */
export function compareJson(a: Json | undefined, b: Json | undefined): number {
  const [one, other] = [kindOf(a), kindOf(b)]
  if (!one || !other) return Number(!one) - Number(!other)
  if (one !== other) return kinds.indexOf(one) - kinds.indexOf(other)
  // Infinity less infinity is none.
  return a === b ? 0 : compareAlike(a as Json, b as Json)
}

/** Whether two values are of one kind that has an order or equality: no array or object equals anything. */
export const isComparable = (a: Json | undefined, b: Json | undefined): boolean => {
  const kind = kindOf(a)
  return kind === kindOf(b) && kind !== undefined && kind !== "array" && kind !== "object"
}

export const equals = (a: Json | undefined, b: Json | undefined): boolean =>
  isComparable(a, b) && compareJson(a, b) === 0

const isIndex = (segment: string): boolean => /^\d{1,6}$/.test(segment)

/** The value at a path. A segment of digits is an index of an array, never a member. */
export function at(value: Json | undefined, segments: string[]): Json | undefined {
  let here = value
  for (const segment of segments) {
    if (isIndex(segment)) here = Array.isArray(here) ? here[Number(segment)] : undefined
    else
      here =
        kindOf(here) === "object" && Object.hasOwn(here as object, segment)
          ? (here as never)[segment]
          : undefined
  }
  return here
}

/** Folds A to Z alone. */
export const folded = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

/** Whether a text matches a pattern: `%` is any text, `_` one character, `\` escapes. */
export function isLike(text: string, pattern: string): boolean {
  const source = folded(pattern).replace(
    /\\([\s\S])|([\s\S])/gu,
    (_all, escaped?: string, plain?: string) => {
      if (plain === "%") return "[\\s\\S]*"
      if (plain === "_") return "[\\s\\S]"
      return (escaped ?? (plain as string)).replace(/[\\^$.*+?()[\]{}|/]/, "\\$&")
    },
  )
  return new RegExp(`^(?:${source})$`, "u").test(folded(text))
}

/** A JSON text whose numbers a double does not keep, by the double that stands for it. */
const spellings = new Map<number, string[]>([
  [Number.POSITIVE_INFINITY, ["1e400", "1E+999"]],
  [Number.NEGATIVE_INFINITY, ["-1e400"]],
  [9007199254740992, ["9007199254740993", "9007199254740992", "9.007199254740993e15"]],
  [1e21, ["1000000000000000000000", "1e21", "1E+21"]],
  [0, ["0", "-0", "0.0", "0e9", "1e-400"]],
  [1, ["1", "1.0", "1e0", "10e-1", "1.00000000000000000001"]],
  [10, ["10", "1e1", "10.000"]],
])

/** A number as JSON has it, in one of its spellings. */
export function numberText(value: number, choose: (spellings: string[]) => string): string {
  const known = spellings.get(value)
  return known ? choose(known) : JSON.stringify(value)
}

/** A value as JSON text, its numbers in spellings of all kinds. */
export function jsonText(value: unknown, choose: (spellings: string[]) => string): string {
  if (typeof value === "number") return numberText(value, choose)
  if (Array.isArray(value)) return `[${value.map((one) => jsonText(one, choose)).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(
    ([name, one]) => `${JSON.stringify(name)}:${jsonText(one, choose)}`,
  )
  return `{${members.join(",")}}`
}
