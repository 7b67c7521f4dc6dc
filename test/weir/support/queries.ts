import { expect } from "vitest"
import { type Row, rowsOf } from "./samples.ts"
import type { Person, World } from "./world.ts"

/** The ids that a list answers with. */
export async function idsOf(w: World, path: string, person?: Person): Promise<unknown[]> {
  return rowsOf(await w.call("GET", path, { token: person?.token })).map((row: Row) => row.id)
}

/** Asks each query of a path, and compares the ids; all mismatches show at once. */
export async function expectIds(
  w: World,
  path: string,
  scenarios: [query: string, ids: number[]][],
  person?: Person,
): Promise<void> {
  const answered: typeof scenarios = []
  for (const [query] of scenarios) {
    const answer = await w.call("GET", `${path}?${query}`, { token: person?.token })
    const ids = answer.status === 200 ? rowsOf(answer).map((row) => row.id as number) : []
    answered.push([answer.status === 200 ? query : `${query} -> ${answer.status} ${answer.text}`, ids])
  }
  expect(answered).toEqual(scenarios)
}

/** Asks each query of a path, and expects a 422 that names these parameters, in any order. */
export async function expectRefused(
  w: World,
  path: string,
  scenarios: [query: string, ...names: string[]][],
  person?: Person,
): Promise<void> {
  const answered: [number, ...string[]][] = []
  for (const [query] of scenarios) {
    const { status, body } = await w.call("GET", `${path}?${query}`, { token: person?.token })
    const errors = (body as { errors?: { path: string }[] }).errors ?? []
    answered.push([status, query, ...new Set(errors.map((e) => e.path).sort())])
  }
  expect(answered).toEqual(scenarios.map(([query, ...names]) => [422, query, ...names.sort()]))
}
