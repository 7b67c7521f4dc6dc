import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { Deadline } from "../../../src/weir/db/deadline.ts"
import { within } from "../../../src/weir/http/time-limit.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test("what is being committed when the time is up is answered as what it comes to", async () => {
  const deadline = new Deadline()
  let done = (_: string): void => {}
  const work = new Promise<string>((resolve) => {
    done = resolve
  })
  const answer = within(100, deadline, () => work)
  deadline.commits += 1
  await vi.advanceTimersByTimeAsync(5_000)
  expect(deadline.expired).toBe(true)
  deadline.commits -= 1
  done("kept")
  expect(await answer).toBe("kept")
})

test("what is not being committed is a 503 at once, or after what it stops has had its time to end", async () => {
  for (const [stops, ms] of [
    [false, 100],
    [true, 600],
  ] as const) {
    const deadline = new Deadline()
    if (stops) deadline.onExpire(() => {})
    let problem: unknown
    void within(100, deadline, () => new Promise(() => {})).catch((error: unknown) => {
      problem = error
    })
    await vi.advanceTimersByTimeAsync(ms - 1)
    expect(problem).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    expect(problem).toMatchObject({ code: "timeout" })
  }
})
