import { expect, test } from "vitest"
import { uuid7 } from "../../../src/weir/lib/uuid7.ts"

test("UUIDs of version 7 ascend within a millisecond, and when the clock is set back", () => {
  const now = Date.now()
  const made = [
    ...Array.from({ length: 10_000 }, () => uuid7(now)),
    uuid7(now - 5000),
    uuid7(now - 1),
    uuid7(now + 1),
    uuid7(now + 2),
  ]
  expect([...made].sort()).toEqual(made)
  expect(new Set(made).size).toBe(made.length)
  for (const one of made)
    expect(one).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  expect(Number.parseInt((made[0] as string).replace("-", "").slice(0, 12), 16)).toBe(now)
})
