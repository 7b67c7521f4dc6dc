// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { expect, test } from "vitest"
import { documentWorlds } from "./support.ts"

const world = documentWorlds()

test("a sum beyond all numbers is null, to having as well, and leaves the other groups exact", async () => {
  const { call } = world()
  const papers = [
    { of: "a", n: 0.30000000000000004 },
    { of: "b", n: 1e308 },
    { of: "b", n: 1e308 },
    { of: "c", n: 9007199254740992 },
  ]
  await call("POST", "/papers", { json: papers })
  const groups = async (having = "{}") => {
    const answer = await call("GET", `/papers?aggregate=sum(n),avg(n)&group=of&having=${having}`)
    expect(answer.status, answer.text).toBe(200)
    return answer.body
  }
  const [a, b, c] = [
    { of: "a", sum_n: 0.30000000000000004, avg_n: 0.30000000000000004 },
    { of: "b", sum_n: null, avg_n: null },
    { of: "c", sum_n: 9007199254740992, avg_n: 9007199254740992 },
  ]
  expect(await groups()).toEqual([a, b, c])
  expect(await groups('{"sum_n":{"gt":0}}')).toEqual([a, c])
  expect(await groups('{"sum_n":null}')).toEqual([b])
})
