import { expect, test } from "vitest"
import { Stopwatch } from "../../../src/weir/lib/stopwatch.ts"

/** Holds the event loop until the clock has gone on. */
function passing(): void {
  const until = performance.now() + 2
  while (performance.now() < until);
}

test("the time of works that run at once counts once, and that of a running one counts so far", () => {
  const begun = performance.now()
  const watch = new Stopwatch()
  for (let i = 0; i < 100; i++) watch.start()
  passing()
  const before = watch.ms
  expect(before).toBeGreaterThanOrEqual(2)
  for (let i = 0; i < 99; i++) watch.stop()
  passing()
  const later = performance.now()
  expect(watch.ms - before).toBeLessThanOrEqual(performance.now() - begun)
  expect(watch.ms).toBeGreaterThanOrEqual(later - begun > 4 ? 4 : before)
  watch.stop()
  const ended = watch.ms
  expect(ended).toBeLessThanOrEqual(performance.now() - begun)
  passing()
  expect(watch.ms).toBe(ended)
})
