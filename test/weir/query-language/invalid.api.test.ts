// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Answer } from "../support/client.ts"
import { flatOf } from "./cases.ts"
import { documentMembers, documentParameters } from "./document-invalid.ts"
import { randomComparison, randomTree } from "./filters.ts"
import { parameterOf } from "./flat.ts"
import { badTrees, garbled, noTrees, parameters, spoiled, tooDear } from "./invalid.ts"
import type { TableName } from "./model.ts"
import { Random } from "./random.ts"
import { randomData } from "./rows.ts"
import { jsonText } from "./values.ts"
import { type QueryWorld, queryWorld } from "./world.ts"

/** What is not valid is a 422 that names what is wrong: never a 500, and never ignored. `WEIR_TEST_FILTERS` says how many. */
const count = Number(process.env.WEIR_TEST_FILTERS ?? 300)
const seed = Number(process.env.WEIR_TEST_SEED ?? 15)

let w: QueryWorld
beforeAll(async () => {
  w = await queryWorld(randomData(seed))
})
afterAll(() => w.close())

/** Whether an answer is a 422 that names at least one place. */
const isRefusal = ({ status, body }: Answer) =>
  status === 422 && ((body as { errors?: unknown[] }).errors?.length ?? 0) > 0

const short = (text: string) => (text.length > 300 ? `${text.slice(0, 300)}… (${text.length})` : text)
const said = (what: string, { status, text }: Answer) => `${short(what)} -> ${status} ${short(text)}`

const encoded = (parameter: string, text: string): string => {
  const [, name = "", rest = ""] = /^([^[]*)(.*)$/s.exec(parameter) ?? []
  return `${encodeURIComponent(name)}${encodeURIComponent(rest).replaceAll("%5B", "[").replaceAll("%5D", "]")}=${encodeURIComponent(text)}`
}
const filter = (text: string, parameter = "filter") => parameterOf(parameter, "eq", text)
const query = (path: string, body: string, type = "application/json") =>
  w.call("QUERY", path, { body, headers: { "content-type": type } })

test.each<[TableName, [string, string][]]>([
  ["things", parameters],
  ["papers", documentParameters],
])("parameters of %s", async (table, wrong) => {
  const random = new Random(seed)
  const passed: string[] = []
  for (const [parameter, text] of wrong) {
    const beside = flatOf(random, randomComparison(random, w.oracle.data, table, 0))
    for (const search of [encoded(parameter, text), `${encoded(...beside)}&${encoded(parameter, text)}`]) {
      const answer = await w.call("GET", `/${table}?${search}`)
      if (!isRefusal(answer)) passed.push(said(search, answer))
    }
  }
  expect(passed).toEqual([])
})

test("parameters of other places", async () => {
  const passed: string[] = []
  for (const path of [
    "/things?filter={}&filter={}",
    "/things/1?filter={}",
    "/things?include=maker&include.maker.filter={}",
    "/things?include=parts&include.maker.filter={}",
    "/things?include=parts&include.parts.filter={",
    `/things?include=parts&${filter('{"thing":{"vault.color":1}}', "include.parts.filter")}`,
    `/things?include=parts&${filter('{"nothing":1}', "include.parts.filter")}`,
    "/things?include=parts&include.parts.sort=info.a..b",
    "/things?include=parts&include.parts.info.a..b=1",
    "/things?include=parts&include.parts.fields=info.0",
  ]) {
    const answer = await w.call("GET", path)
    if (!isRefusal(answer)) passed.push(said(path, answer))
  }
  expect(passed).toEqual([])
})

test.each([
  ["/things", [...noTrees, ...badTrees(), ...tooDear]],
  ["/papers", [...noTrees, ...badTrees(documentMembers)]],
])("trees of %s, in the query string and as the body of a QUERY", async (path, trees) => {
  const passed: string[] = []
  for (const tree of trees) {
    // A lone surrogate has no UTF-8: JSON escapes it.
    const answers = [await w.call("GET", `${path}?${filter(tree)}`), await query(path, tree)]
    for (const answer of answers) if (!isRefusal(answer)) passed.push(said(tree, answer))
  }
  expect(passed).toEqual([])
})

test("bodies of a QUERY that are no JSON by their type, and paths without a list", async () => {
  expect((await query("/things", "{}", "text/plain")).status).toBe(415)
  expect((await query("/things/1", "{}")).status).toBe(405)
  expect((await query("/nothing", "{}")).status).toBe(404)
  expect((await query("/things", `{"title":"${"x".repeat(17_000)}"}`)).status).toBe(422)
})

test(`${count} random trees with one thing wrong are refused`, async () => {
  const random = new Random(seed)
  const passed: string[] = []
  for (let i = 0; i < count && passed.length < 5; i++) {
    const table = random.pick<TableName>(["things", "things", "makers", "parts", "papers", "papers"])
    const text = spoiled(
      random,
      table,
      randomTree(random, w.oracle.data, table, 3, { comparisons: 12, steps: 4 }),
    )
    const answer = random.chance(0.5)
      ? await w.call("GET", `/${table}?${filter(text)}`)
      : await query(`/${table}`, text)
    if (!isRefusal(answer)) passed.push(said(`${table} ${text}`, answer))
  }
  expect(passed).toEqual([])
}, 3_600_000)

test(`${count} garbled trees and names are answered or refused`, async () => {
  const random = new Random(seed + 1)
  const wrong: string[] = []
  const isRead = (text: string) => {
    try {
      return typeof JSON.parse(text) === "object"
    } catch {
      return false
    }
  }
  for (let i = 0; i < count && wrong.length < 5; i++) {
    const table = random.pick<TableName>(["things", "papers"])
    const comparison = randomComparison(random, w.oracle.data, table, 2)
    const tree = random.chance(0.5)
      ? randomTree(random, w.oracle.data, table, 2)
      : { [comparison.name]: { [comparison.operator]: comparison.operand } }
    const text = garbled(
      random,
      jsonText(tree, ([first]) => first as string),
    )
    const [name, value] = flatOf(random, comparison)
    const isFlat = random.chance(0.3)
    const search = isFlat ? encoded(garbled(random, name), garbled(random, value || " ")) : filter(text)
    const answer = await w.call("GET", `/${table}?${search}`)
    const isRight = answer.status === 200 ? isFlat || isRead(text) : isRefusal(answer)
    if (!isRight) wrong.push(said(decodeURIComponent(search), answer))
  }
  expect(wrong).toEqual([])
}, 3_600_000)

test("what the contract leaves open is answered or refused", async () => {
  const wrong: string[] = []
  for (const tree of [
    '{"title":{}}',
    '{"title":{"eq":null}}',
    '{"title":{"contains":5}}',
    '{"title":{"in":[]}}',
    '{"title":{"in":[null]}}',
    '{"meta.color":{}}',
    '{"meta.color":{"gt":null}}',
    '{"meta.color":{"eq":[1]}}',
    '{"meta.color":["red"]}',
    '{"meta.color":{"in":[]}}',
    '{"meta.color":{"nin":[null,[],{}]}}',
    '{"meta.color":{"contains":null}}',
    '{"meta.color":{"contains":{}}}',
    '{"meta.color":{"starts_with":5}}',
    '{"meta.color":{"ilike":true}}',
    '{"meta.color":{"between":[1,"a"]}}',
    '{"meta.007":1}',
    '{"maker":null}',
    '{"maker":{}}',
    '{"parts":{}}',
    '{"parts":{"some":{},"none":{}}}',
    '{"parts":{"some":{},"label":"x"}}',
    '{"parts.size":{"gt":1,"lt":3}}',
    '{"title":"a","title":"b"}',
    '{"maker.things":{"amount":1}}',
  ]) {
    const answer = await w.call("GET", `/things?${filter(tree)}`)
    if (answer.status !== 200 && !isRefusal(answer)) wrong.push(said(tree, answer))
  }
  expect(wrong).toEqual([])
})
