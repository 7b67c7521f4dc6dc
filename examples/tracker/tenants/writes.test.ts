// First: it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Answer } from "../../../test/weir/support/client.ts"
import { controls } from "./controls.ts"
import { creates, moves, others, raises } from "./tries.ts"
import { type Tenants, tables, tenants } from "./world.ts"

// Tries to write from one organization into the other. None may get through, and the same within one's own must.
let w: Tenants
beforeAll(async () => {
  w = await tenants()
})
afterAll(() => w.close())

const errorsOf = ({ body }: Answer) => (body as { errors?: { path: string; code: string }[] }).errors ?? []
/** What the members of organization 2 see, all of it. */
const seenByTwo = async (): Promise<string[]> => {
  const seen: string[] = []
  for (const who of ["bob", "nina"] as const)
    for (const table of tables) seen.push((await w.as(who, "GET", `/${table}?limit=1000`)).text)
  return seen
}

describe.each([
  ["a row that is moved", moves],
  ["a role that is raised", raises],
  ["a row that is made", creates],
  ["a row of others", others],
])("%s", (_, tries) => {
  test.each(tries)("%s: %s %s %j is a %i %s", async (who, method, path, body, status, error) => {
    const before = await w.everything()
    const seen = await seenByTwo()
    const answer = await w.as(who, method, path, body)
    expect(answer.status, answer.text).toBe(status)
    const [first] = errorsOf(answer)
    if (error) expect(`${first?.path} ${first?.code}`, answer.text).toBe(error)
    expect(answer.text).not.toMatch(/secret/i)
    expect(await w.everything()).toEqual(before)
    expect(await seenByTwo()).toEqual(seen)
  })
})

describe("the same within one's own organization works", () => {
  test.each(controls)("%s: %s %s %j", async (who, method, path, body) => {
    const answer = await w.as(who, method, path, body)
    expect(answer.status, answer.text).toBe({ PATCH: 200, POST: 201, DELETE: 204 }[method])
  })
})
