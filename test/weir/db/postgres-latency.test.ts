import { expect, test } from "vitest"
import { LatencyTracker } from "../../../src/weir/db/drivers/postgres-latency.ts"

function after(...runsMs: number[]): boolean {
  const tracker = new LatencyTracker(2)
  for (const ms of runsMs) tracker.add(ms)
  return tracker.isQuick
}

test("a statement is quick if the fastest of its first runs was", () => {
  expect(after(1, 1, 1)).toBe(false)
  expect(after(30, 30, 30, 1)).toBe(true)
  expect(after(30, 30, 30, 30)).toBe(false)
})

test("one slow run makes it slow at once, until its next runs say otherwise", () => {
  expect(after(1, 1, 1, 1, 51)).toBe(false)
  expect(after(1, 1, 1, 1, 51, 1, 1, 1)).toBe(false)
  expect(after(1, 1, 1, 1, 51, 1, 1, 1, 1)).toBe(true)
  // One that waited a little for its neighbours changes nothing.
  expect(after(1, 1, 1, 1, 40)).toBe(true)
})
