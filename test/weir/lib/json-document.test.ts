import { expect, test } from "vitest"
import { documentText, readDocument } from "../../../src/weir/lib/json-document.ts"

const textOf = (source: string) => documentText(readDocument(source)?.members ?? new Map())

test.each([
  ['{"a":1}', '{"a":1}'],
  [' { "a" : [ 1 , { "b" : null } ] , "c":true} ', '{"a":[1,{"b":null}],"c":true}'],
  [
    '{"n":[1e400,12345678901234567890.123,1.0,1.50,-1E-7]}',
    '{"n":[1e400,12345678901234567890.123,1.0,1.50,-1E-7]}',
  ],
  ['{"n":[-0,-0.0,0e99999999,-0.00e5]}', '{"n":[0,0.0,0,0.00]}'],
  ['{"a":1,"b":2,"a":{"c":3,"c":4}}', '{"a":{"c":4},"b":2}'],
  ['{"__proto__":{"x":1},"":0,"constructor":1}', '{"__proto__":{"x":1},"":0,"constructor":1}'],
  ['{"\\u0061":"\\u00e9\\/\\n","q\\"\\\\":"\\\\"}', '{"a":"é/\\n","q\\"\\\\":"\\\\"}'],
  ['{"\u2028":"\u2029","a.b":"😀"}', '{"\u2028":"\u2029","a.b":"😀"}'],
  ["{}", "{}"],
  ['{"a":[],"b":{}}', '{"a":[],"b":{}}'],
])("%s is kept as %s", (source, text) => expect(textOf(source)).toBe(text))

test("what is no object is no document", () => {
  for (const source of ["1", '"a"', "[]", "null"]) expect(readDocument(source)).toBeUndefined()
})

test("what no database keeps has its place", () => {
  const issues = (source: string) =>
    readDocument(source)?.issues.map(({ path, code }) => `${path.join(".")} ${code}`)
  expect(issues('{"a":{"b":[1,1e999999]}}')).toEqual(["a.b.1 out_of_range"])
  expect(issues('{"a":1e-20000}')).toEqual(["a out_of_range"])
  expect(issues('{"a":["\\u0000","\\ud800"],"b\\u0000":1}')).toEqual([
    "a.0 invalid_text",
    "a.1 invalid_text",
    "b\0 invalid_text",
  ])
  const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`
  expect(issues(nested(32))).toEqual([])
  expect(issues(nested(33))).toEqual([`${Array(32).fill("a").join(".")} too_deep`])
})

test("a number counts as it is written out", () => {
  expect(readDocument('{"a":1}')?.bytes).toBe(7)
  expect(readDocument('{"a":"é"}')?.bytes).toBe(10)
  expect(readDocument('{"a":1e400}')?.bytes).toBe(7 + 400)
})
