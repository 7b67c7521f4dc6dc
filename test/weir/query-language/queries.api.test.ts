// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Answer } from "../support/client.ts"
import { walk } from "../support/paging.ts"
import type { Row } from "../support/samples.ts"
import { fixedData } from "./fixed-rows.ts"
import { encoded } from "./flat.ts"
import { fields, flat, pages, trees } from "./queries.ts"
import { jsonText } from "./values.ts"
import { type QueryWorld, queryWorld } from "./world.ts"

/** The same sixty queries on every driver, by their answers. All that is wrong shows at once. */
let w: QueryWorld
beforeAll(async () => {
  w = await queryWorld(fixedData)
})
afterAll(() => w.close())

const keysOf = ({ status, body, text }: Answer) =>
  status === 200 ? (body as Row[]).map(({ id }) => id) : `${status} ${text}`

const things = (parameters: string) => `/things?${encoded(parameters)}`

test("are sixty", () => {
  expect(flat.length + trees.length + pages.length + fields.length).toBe(60)
})

test("filters and sorts", async () => {
  const answered: unknown[] = []
  for (const [parameters] of flat)
    answered.push([parameters, keysOf(await w.call("GET", things(parameters)))])
  expect(answered).toEqual(flat)
})

test("trees, in the query string and as the body of a QUERY", async () => {
  const get: unknown[] = []
  const query: unknown[] = []
  for (const [tree] of trees) {
    const text = jsonText(tree, ([first]) => first as string)
    get.push([tree, keysOf(await w.call("GET", `/things?filter=${encodeURIComponent(text)}`))])
    const sent = { body: text, headers: { "content-type": "application/json" } }
    query.push([tree, keysOf(await w.call("QUERY", "/things", sent))])
  }
  expect(get).toEqual(trees)
  expect(query).toEqual(trees)
})

test("pages, forth and back", async () => {
  const keys = (rows: Row[]) => rows.map(({ id }) => id)
  for (const [parameters, expected] of pages) {
    const { forward, backward, pages: answers } = await walk(w, things(parameters))
    expect(answers.slice(0, expected.length).map(keysOf), parameters).toEqual(expected)
    expect([keys(forward), keys(backward)], parameters).toEqual([expected.flat(), expected.flat()])
  }
})

test("fields at paths", async () => {
  for (const [parameters, rows] of fields)
    expect((await w.call("GET", things(parameters))).body, parameters).toEqual(rows)
})
