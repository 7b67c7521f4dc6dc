// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Answer } from "../support/client.ts"
import { walk } from "../support/paging.ts"
import type { Row } from "../support/samples.ts"
import { aggregates, fields, flat, makerTrees, pages, trees } from "./document-queries.ts"
import { fixedData } from "./fixed-rows.ts"
import { encoded } from "./flat.ts"
import { jsonText } from "./values.ts"
import { type QueryWorld, queryWorld } from "./world.ts"

/** The same queries of a collection on every driver, by their answers. All that is wrong shows at once. */
let w: QueryWorld
beforeAll(async () => {
  w = await queryWorld(fixedData)
})
afterAll(() => w.close())

const said = ({ status, text }: Answer) => `${status} ${text}`
const keysIn = (rows: Row[]) => rows.map(({ _id }) => _id).join(" ")
const keysOf = (answer: Answer) => (answer.status === 200 ? keysIn(answer.body as Row[]) : said(answer))
const makersOf = (answer: Answer) =>
  answer.status === 200 ? (answer.body as Row[]).map(({ id }) => id) : said(answer)

const documents = (parameters: string) => `/papers?${encoded(parameters)}`

test("filters and sorts", async () => {
  const answered: unknown[] = []
  for (const [parameters] of flat)
    answered.push([parameters, keysOf(await w.call("GET", documents(parameters)))])
  expect(answered).toEqual(flat)
})

test.each([
  ["/papers", trees, keysOf],
  ["/makers", makerTrees, makersOf],
] as const)("trees of %s, in the query string and as the body of a QUERY", async (path, all, outcome) => {
  const get: unknown[] = []
  const query: unknown[] = []
  for (const [tree] of all) {
    const text = jsonText(tree, ([first]) => first as string)
    get.push([tree, outcome(await w.call("GET", `${path}?filter=${encodeURIComponent(text)}`))])
    const sent = { body: text, headers: { "content-type": "application/json" } }
    query.push([tree, outcome(await w.call("QUERY", path, sent))])
  }
  expect(get).toEqual(all)
  expect(query).toEqual(all)
})

test("pages, forth and back", async () => {
  for (const [parameters, expected] of pages) {
    const { forward, backward, pages: answers } = await walk(w, documents(parameters))
    expect(answers.slice(0, expected.length).map(keysOf), parameters).toEqual(expected)
    expect([keysIn(forward), keysIn(backward)], parameters).toEqual(Array(2).fill(expected.join(" ")))
  }
})

test("fields at places, and aggregates", async () => {
  const answered: unknown[] = []
  for (const [parameters] of [...fields, ...aggregates]) {
    const answer = await w.call("GET", documents(parameters))
    answered.push([parameters, answer.status === 200 ? answer.body : said(answer)])
  }
  expect(answered).toEqual([...fields, ...aggregates])
})
