import { expect, test } from "vitest"
import { waitMs } from "../../../src/weir/auth/second-factor.ts"

test("the first five codes wait for nothing, the next a minute, and each twice as long, up to a day", () => {
  const minutes = Array.from({ length: 18 }, (_, failures) => waitMs(failures) / 60_000)
  expect(minutes).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440])
  expect(waitMs(1_000_000)).toBe(86_400_000)
})

test("who guesses for a year finds a code of three in a million with less than one in 800", () => {
  let [now, guesses] = [0, 0]
  for (const yearMs = 365 * 86_400_000; now < yearMs; now += waitMs(guesses)) guesses += 1
  expect((guesses * 3) / 1_000_000).toBeLessThan(1 / 800)
})
