// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, expect, test } from "vitest"
import { encoded, readFlat } from "./flat.ts"
import type { Row } from "./model.ts"
import { Oracle } from "./oracle.ts"
import { Random } from "./random.ts"
import { type QueryWorld, queryWorld } from "./world.ts"

/** JSON that two programs seldom read alike, as texts: paths see what `JSON.parse` sees. */
let w: QueryWorld
beforeEach(async () => {
  w = await queryWorld({ makers: [], things: [], parts: [], papers: [] })
})
afterEach(() => w.close())

/** Creates a thing for each text of its `meta`, and returns the oracle of them. */
async function created(texts: string[]): Promise<Oracle> {
  const rest = `"hidden":false,"open":true`
  for (let from = 0; from < texts.length; from += 500) {
    const bodies = texts
      .slice(from, from + 500)
      .map((text, i) => `{"id":${from + i + 1},"meta":${text},${rest}}`)
    const answer = await w.call("POST", "/things", {
      body: `[${bodies.join(",")}]`,
      headers: { "content-type": "application/json" },
    })
    expect(answer.status, answer.text).toBe(201)
  }
  const things = texts.map(
    (text, i): Row => ({ id: i + 1, meta: JSON.parse(text), hidden: false, open: true }),
  )
  return new Oracle({ makers: [], things, parts: [], papers: [] })
}

/** Asks all at once: what is wrong shows together. */
async function expectAsOracle(oracle: Oracle, queries: string[]): Promise<void> {
  const got: unknown[] = []
  const expected: unknown[] = []
  for (const query of queries) {
    const { status, body, text } = await w.call("GET", `/things?limit=1000&${encoded(query)}`)
    got.push([query, status === 200 ? (body as Row[]).map(({ id }) => id) : text])
    const [name = "", operand = ""] = query.split(/=(.*)/su)
    const sort = name === "sort" ? operand : ""
    const rows = oracle.rows("things", sort ? {} : readFlat("things", name, operand))
    expected.push([query, oracle.sorted("things", sort, rows).map(({ id }) => id)])
  }
  expect(got).toEqual(expected)
}

const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`

const strange = [
  '{"a":2}',
  '{"a":{"c":1}}',
  '{"\\u0061":3}',
  '{"a":"x\\u0001y"}',
  '{ "a" : [ 1 , { "b" : null } ] }',
  '{"a":1e-400}',
  '{"a":-0}',
  '{"a":-0.0e5}',
  '{"a":123456789012345678901234567890.5}',
  '{"a":"\\ud83d\\ude00"}',
  '{"a":"\\u00e9"}',
  '{"a":"e\\u0301"}',
  '{"a":"\\/"}',
  '{"a":"\\""}',
  '{"a":"\\\\u0061"}',
  `{"a":0.${"0".repeat(400)}1}`,
  `{"a":${"1".repeat(300)}}`,
  '{"a":0.1000000000000000055511151231257827021181583404541015625}',
  '{"a":9007199254740993}',
  '{"a":"\\u2028"}',
  '{"":{"":1}}',
  '{"a":""}',
  '{"a":[]}',
  '{"a":{}}',
  '{"a":[[[]]]}',
  "[]",
  "{}",
  '""',
  "0",
  "false",
  '"a"',
  '{"é":1}',
  '{"e\\u0301":2}',
  '{"\\ud83d\\ude00":{"\\"":3}}',
  nested(190),
  `{"a":"${"long ".repeat(2_000)}"}`,
]

test("escapes, numbers beyond a double, and what is empty", async () => {
  const oracle = await created(strange)
  await expectAsOracle(oracle, [
    "sort=meta.a",
    "sort=-meta.a,-id",
    "sort=meta.é,-meta.😀",
    "meta.a=2",
    "meta.a=1",
    "meta.a.b[exists]=true",
    "meta.a.c=1",
    "meta.a=3",
    "meta.a=x\u0001y",
    "meta.a[starts_with]=x",
    "meta.a.1.b[is_null]=true",
    "meta.a.1.b[exists]=true",
    "meta.a=0",
    "meta.a[gte]=-0",
    "meta.a[lt]=0",
    "meta.a=123456789012345678901234567890",
    "meta.a=0.1",
    "meta.a=9007199254740993",
    "meta.a=9007199254740994",
    "meta.a=😀",
    "meta.a=é",
    "meta.a=é",
    "meta.a=/",
    'meta.a="\\""',
    "meta.a[contains]=\\",
    "meta.a[gt]=z",
    "meta.a=",
    "meta.a[is_null]=false",
    "meta.a[exists]=false",
    "meta.a.0[exists]=true",
    "meta.a.0.0[exists]=true",
    "meta.é=1",
    "meta.é=2",
    "meta.😀[exists]=true",
    `meta${".a".repeat(32)}[exists]=true`,
    "meta.a[ilike]=%LONG %",
  ])
})

test("NUL in a text or a name is no fault of the rows beside it", async () => {
  // The rows that hold it are found, or are not: Postgres cannot read them.
  const holding = ['{"a":"x\\u0000y"}', '{"a\\u0000b":1,"a":5}', '{"a":["\\u0000","z"]}', '"\\u0000"']
  const oracle = await created([...holding, '{"a":"x"}', '{"a":7}', '{"a":"\\\\u0000"}', '{"a":["z"]}', "{}"])
  for (const query of [
    "meta.a=7",
    "meta.a[ne]=7",
    "meta.a=x",
    "meta.a[in]=5,x",
    "meta.a[starts_with]=x",
    "meta.a[contains]=z",
    "meta.a[contains]=u0000",
    "meta.a[exists]=true",
    "meta.a[gt]=x",
    "sort=meta.a",
    "sort=-meta.a",
  ]) {
    const { status, body, text } = await w.call("GET", `/things?${encoded(query)}&fields=id,meta.a`)
    const [name = "", operand = ""] = query.split("=")
    const sort = name === "sort" ? operand : ""
    const rows = oracle.rows("things", sort ? {} : readFlat("things", name, operand))
    const keys = oracle.sorted("things", sort, rows).map(({ id }) => Number(id))
    const others = (ids: number[]) => ids.filter((id) => id > holding.length)
    const got = status === 200 ? others((body as { id: number }[]).map(({ id }) => id)) : text
    expect([query, got]).toEqual([query, others(keys)])
  }
})

test("numbers are the doubles that JavaScript reads, to the last bit", async () => {
  // SQLite reads more than 17 digits with an error of up to one bit.
  const most = w.database.dialect === "postgres" ? 23 : 16
  const random = new Random(7)
  const view = new DataView(new ArrayBuffer(8))
  const digits = (count: number) => Array.from({ length: count }, () => random.below(10)).join("")
  const texts = Array.from({ length: 900 }, (_, i) => {
    const before = 1 + random.below(most)
    const after = digits(random.below(most - before + 1))
    if (i % 3 === 0) return `${1 + random.below(9)}.${digits(before)}e${random.below(600) - 300}`
    if (i % 3 === 1) return `${1 + random.below(9)}${digits(before - 1)}${after && `.${after}`}`
    view.setUint32(0, random.next() * 2 ** 32)
    view.setUint32(4, random.next() * 2 ** 32)
    const value = view.getFloat64(0)
    return String(Number.isFinite(value) ? value : 0)
  })
  const oracle = await created(texts.map((text) => `{"n":${text}}`))
  const queries = Array.from(
    { length: 30 },
    (_, i) => `meta.n[in]=${texts.slice(i * 30, i * 30 + 30).join(",")}`,
  )
  const lists = queries.map((query) => query.replace("[in]", "[nin]")).slice(0, 2)
  const one = texts.slice(0, 60).map((text) => `meta.n=${text}`)
  const around = texts.slice(60, 100).map((text) => `meta.n[between]=${text},${text}`)
  await expectAsOracle(oracle, [...queries, ...lists, ...one, ...around, "sort=meta.n"])
})
