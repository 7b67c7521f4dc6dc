import { describe, expect, test } from "vitest"
import { fixedData } from "./fixed-rows.ts"
import { readFlat } from "./flat.ts"
import { isShown } from "./model.ts"
import { Oracle, pathPasses, type Tree } from "./oracle.ts"
import { flat, pages, trees } from "./queries.ts"
import { at, compareJson, isLike, type Json } from "./values.ts"

/** The oracle, held against answers that were worked out by hand. */
const oracle = new Oracle(fixedData)

/** The keys that the oracle finds for parameters as the fixed queries write them. */
function found(parameters: string): unknown[] {
  const filters: Tree[] = []
  let sort = ""
  for (const one of parameters.split("&")) {
    const [, name = "", text = ""] = /^([^=]*)=(.*)$/su.exec(one) ?? []
    if (name === "sort") sort = text
    else if (name !== "limit") filters.push(readFlat("things", name, text))
  }
  return oracle.sorted("things", sort, oracle.rows("things", { and: filters })).map(({ id }) => id)
}

test.each(flat)("%s", (parameters, keys) => {
  expect(found(parameters)).toEqual(keys)
})

test.each(trees)("%j", (tree, keys) => {
  expect(oracle.rows("things", tree as Tree).map(({ id }) => id)).toEqual(keys)
})

test.each(pages)("%s", (parameters, expected) => {
  expect(found(parameters)).toEqual(expected.flat())
})

test("what is hidden passes nothing, and the rest of the rows its complement", () => {
  const visible = fixedData.things.filter(isShown).length
  for (const [tree] of trees) {
    const passing = oracle.rows("things", tree as Tree).length
    expect(passing + oracle.rows("things", { not: tree as Tree }).length).toBe(visible)
  }
})

describe("values", () => {
  test("kinds in their order, text by code point, null and nothing last", () => {
    const inOrder: (Json | undefined)[] = [
      -1,
      0,
      10,
      "",
      "10",
      "9",
      "a",
      "\ue000",
      "😀",
      false,
      true,
      [],
      {},
      null,
    ]
    expect(inOrder.toReversed().sort(compareJson)).toEqual(inOrder)
    expect([[1], [2], []].map((value) => compareJson(value, [1]))).toEqual([0, 0, 0])
    expect(compareJson(null, undefined)).toBe(0)
  })

  test("a segment of digits is an index, never a member", () => {
    expect(at({ "0": 1, a: [[5]] }, ["0"])).toBeUndefined()
    expect(at({ a: [[5]] }, ["a", "0", "0"])).toBe(5)
    expect(at({ a: [5] }, ["a", "length"])).toBeUndefined()
    expect(at({}, ["constructor"])).toBeUndefined()
  })

  test("what is of another kind is not equal, and in no order", () => {
    const outcomes = ["eq", "ne", "gt", "lte"].map((operator) => pathPasses("5", operator, 5))
    expect(outcomes).toEqual([false, true, false, false])
    expect(pathPasses([], "ne", "a")).toBe(true)
    expect(pathPasses(null, "exists", true)).toBe(true)
  })

  test.each<[text: string, pattern: string, matches: boolean]>([
    ["Red", "rED", true],
    ["É", "é", false],
    ["a😀b", "a_b", true],
    ["a%b", "a\\%B", true],
    ["axb", "a\\%b", false],
    ["a\nb", "%b", true],
    ["a.b", "a.b", true],
    ["axb", "a.b", false],
    ["ab", "a", false],
    ["a-b/c", "A-B/C", true],
    ["(a|b)", "(A|B)", true],
    ["{1,2}?*+^$[x]", "{1,2}?*+^$[X]", true],
    ["", "%", true],
    ["\\", "\\\\", true],
  ])("%j is like %j: %j", (text, pattern, matches) => {
    expect(isLike(text, pattern)).toBe(matches)
  })
})
