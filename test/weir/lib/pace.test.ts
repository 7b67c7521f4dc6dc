import { expect, test } from "vitest"
import { nextTurn, Pace, shareTurns } from "../../../src/weir/lib/pace.ts"

test("of many whose work is shared, one goes on in each turn of the event loop", async () => {
  shareTurns()
  let steps = 0
  const perTurn: number[] = []
  let isDone = false
  const look = () => {
    perTurn.push(steps)
    steps = 0
    if (!isDone) setImmediate(look)
  }
  setImmediate(look)
  const work = async () => {
    for (let i = 0; i < 3; i++) {
      await nextTurn()
      steps += 1
    }
  }
  await Promise.all(Array.from({ length: 20 }, work))
  isDone = true
  await new Promise((resolve) => setImmediate(resolve))
  expect(perTurn.reduce((sum, one) => sum + one, 0)).toBe(60)
  expect(Math.max(...perTurn)).toBe(1)
})

test("work that begins while others wait gives way after its first step", async () => {
  const others = nextTurn()
  const late = new Pace()
  expect(late.isOver()).toBe(true)
  await Promise.all([others, late.rest()])
})
