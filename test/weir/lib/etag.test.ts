import { expect, test } from "vitest"
import { etagOf, isNoneOf } from "../../../src/weir/lib/etag.ts"

test.each([10, 1_000_000, 1_000_001, 5_000_000])(
  "of %i characters: each byte and each header counts",
  (length) => {
    const body = "é".repeat(length - 1)
    const made = { body: `${body}a`, headers: { link: "<a>" } }
    const validators = [
      made,
      { ...made, body: `${body}b` },
      { ...made, body: `a${body}` },
      { ...made, headers: { link: "<b>" } },
      { ...made, headers: {} },
    ].map((one) => etagOf(one))
    expect(new Set(validators).size).toBe(5)
    expect(etagOf({ ...made })).toBe(validators[0])
  },
)

test.each([
  ['"a"', false],
  ['W/"a"', false],
  ['"b", "a"', false],
  ["*", false],
  ['"b"', true],
  ['W/"b", "c"', true],
])("If-None-Match: %s", (header, none) => {
  expect(isNoneOf(header, '"a"')).toBe(none)
})
