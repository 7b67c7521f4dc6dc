import { expect, test } from "vitest"
import { parseArray } from "../../../src/weir/lib/postgres-array.ts"

test.each<[string, unknown]>([
  ["{}", []],
  ["{a}", ["a"]],
  ["{a,b c,NULL}", ["a", "b c", null]],
  [
    '{"NULL","","a,b","{x}","say \\"no\\"","back\\\\slash"}',
    ["NULL", "", "a,b", "{x}", 'say "no"', "back\\slash"],
  ],
  [
    "{{1,2},{3,NULL}}",
    [
      ["1", "2"],
      ["3", null],
    ],
  ],
  ["{{{1}},{{2}}}", [[["1"]], [["2"]]]],
  ["[0:1]={a,b}", ["a", "b"]],
  ['{"{\\"a\\": [1, 2]}"}', ['{"a": [1, 2]}']],
  ["{😀,ä}", ["😀", "ä"]],
])("%s", (text, list) => {
  expect(parseArray(text)).toEqual(list)
})

test("each element is parsed, but for null", () => {
  expect(parseArray("{1,NULL,2}", Number)).toEqual([1, null, 2])
})
