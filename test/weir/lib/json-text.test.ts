import { expect, test } from "vitest"
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
