import { expect, test } from "vitest"
import { type MemberNames, onlyMembers } from "../../../src/weir/lib/json-members.ts"
import { JsonText, jsonWithText, keepText } from "../../../src/weir/lib/json-text.ts"

/** Numbers from 0 up to `below`, the same in each run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % below
  }
}
const random = randomNumbers(8259)
const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T

const scalars = ["0", "-0", "1.0", "1e2", "1E-7", "123456789012345678901", "true", "false", "null"]
const strings = [
  '""',
  '"a b"',
  '"\\""',
  '"\\\\"',
  '"\\\\\\""',
  '"[{,:}]"',
  '"\\u00e9é"',
  '"__proto__"',
  '"\\n\\/"',
]
const spaces = ["", "", "", " ", "\n", "\t\r\n  "]

/** A value as tokens: joined, it has no whitespace; with spaces between, it is the same value. */
function tokens(depth: number): string[] {
  const kind = depth > 3 ? random(2) : random(4)
  if (kind === 0) return [pick(scalars)]
  if (kind === 1) return [pick(strings)]
  const isObject = kind === 2
  const parts = Array.from({ length: random(4) }, () => [
    ...(isObject ? [pick(strings), ":"] : []),
    ...tokens(depth + 1),
  ])
  const inner = parts.flatMap((part, i) => (i === 0 ? part : [",", ...part]))
  return isObject ? ["{", ...inner, "}"] : ["[", ...inner, "]"]
}
const spaced = (list: string[]) => list.map((token) => pick(spaces) + token).join("") + pick(spaces)

test("a value keeps its text, whitespace between tokens aside", () => {
  for (let i = 0; i < 3_000; i++) {
    const list = tokens(0)
    const text = spaced(list)
    expect(new JsonText(text).text, text).toBe(list.join(""))
    expect(new JsonText(text).issues).toEqual([])
  }
})

test("members that are named keep their text, others their value", () => {
  for (let i = 0; i < 500; i++) {
    const kept = tokens(1)
    const other = tokens(1)
    const row = ["{", '"other"', ":", ...other, ",", '"d\\u0061ta"', ":", ...kept, "}"]
    const one = spaced(row)
    const value = keepText(JSON.parse(one) as Record<string, unknown>, one, new Set(["data"]))
    expect(value.other).toEqual(JSON.parse(other.join("")))
    expect(value.data === null ? "null" : (value.data as JsonText).text).toBe(kept.join(""))
    const many = spaced(["[", ...row, ",", ...tokens(0), ",", ...row, "]"])
    const rows = keepText(JSON.parse(many) as (typeof value)[], many, new Set(["data"]))
    expect(rows[2]).toEqual(value)
    expect(jsonWithText(rows[2])).toContain(`"data":${kept.join("")}`)
  }
})

test("some members are kept as they are written, and others left out with all that is in them", () => {
  const names = (tree: Record<string, object>): MemberNames =>
    new Map(Object.entries(tree).map(([name, inner]) => [name, names(inner as typeof tree)]))
  const only = (text: string, tree: Record<string, object>, stays?: (name: string) => boolean) =>
    onlyMembers(text, names(tree), stays)
  const text =
    '{ "a" : 1.50,"b\\"":[{"a":2}, 1e2],"c":{"d":{"e":12345678901234567890},"f":null},"a":2.0,"g":"}" }'
  expect(only(text, { g: {}, a: {}, none: {} })).toBe('{"g":"}","a":2.0}')
  expect(only(text, { 'b"': {} })).toBe('{"b\\"":[{"a":2}, 1e2]}')
  expect(only(text, { c: { d: { e: {} }, f: {} } })).toBe('{"c":{"d":{"e":12345678901234567890},"f":null}}')
  // Nothing of an object that has no such member, nor of what is no object.
  expect(only(text, { c: { x: {} }, g: { x: {} } })).toBe("{}")
  expect(only(text, { c: { d: { x: {} } }, g: { x: {} } }, (name) => name === "c")).toBe('{"c":{}}')
  expect(only('{"a":{}}', { a: {} })).toBe('{"a":{}}')
  expect([only("{}", { a: {} }), only("[1]", { a: {} }), only("null", { a: {} })]).toEqual(["{}", "{}", "{}"])
  expect(only('{"__proto__":{"a":1}}', { __proto__: {} })).toBe("{}")
  expect(onlyMembers('{"__proto__":{"a":1}}', new Map([["__proto__", new Map()]]))).toBe(
    '{"__proto__":{"a":1}}',
  )

  for (let i = 0; i < 500; i++) {
    const members = Array.from({ length: random(5) }, (_, n) => [`m${n}`, tokens(2)] as const)
    const list = members.flatMap(([name, value], n) => [...(n ? [","] : []), `"${name}"`, ":", ...value])
    const kept = members.filter(() => random(2) === 0)
    const asked = new Map(kept.map(([name]) => [name, new Map()]))
    const cut = JSON.parse(onlyMembers(spaced(["{", ...list, "}"]), asked))
    expect(cut).toEqual(JSON.parse(`{${kept.map(([name, value]) => `"${name}":${value.join("")}`).join()}}`))
  }
})

test("an issue has its path, and a value may nest 199 levels", () => {
  const { issues } = new JsonText('{"a":[1,{"":[1e999]}],"b":"\\udead","c":{"d":-1e309}}')
  expect(issues.map(({ path, code }) => [path.join("."), code])).toEqual([
    ["a.1..0", "out_of_range"],
    ["b", "invalid_text"],
    ["c.d", "out_of_range"],
  ])
  const nested = (levels: number) => new JsonText("[".repeat(levels) + "]".repeat(levels)).issues
  expect(nested(199)).toEqual([])
  expect(nested(200).map(({ code }) => code)).toEqual(["too_deep"])
  expect(nested(1_000_000)).toHaveLength(1)
})
