import { afterAll, beforeAll, expect, test } from "vitest"
import { fresh } from "#fresh"
import { anyone, nobody, resource } from "#weir"
import { id, json, table, text } from "#weir/schema"
import { handles } from "../../../src/weir/db/handle.ts"
import { appOf } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import type { Fresh } from "../support/fresh.ts"
import { walk } from "../support/paging.ts"
import { expectRefused } from "../support/queries.ts"
import type { World } from "../support/world.ts"

const boxes = table("boxes", { id: id(), name: text(), meta: json(), hidden: json() })

const metas = [
  { color: "red", size: { width: 10 }, "odd name": 1 },
  { color: "red", size: { width: 2.5 }, "odd name": 2 },
  { color: "blue", size: { width: "wide" } },
  { color: 5, size: { width: 1e3 } },
  { color: 5.0, size: { width: null } },
  { color: true, size: { width: false } },
  { color: false, size: {} },
  { color: null },
  { color: ["red"] },
  { color: { is: "red" } },
  [1, 2],
  null,
]

/** Groups by places in JSON, and aggregates of what stands there. */
let w: Fresh
let call: Call
beforeAll(async () => {
  w = await fresh()
  await createTables(w.database, { boxes })
  const client = w.database.connect()
  const db = handles({ schema: { boxes } })(() => client)
  await db.insert(boxes).values(metas.map((meta, i) => ({ id: i + 1, meta, hidden: meta })))
  await client.close?.()
  call = appOf(w as World, resource(boxes, { read: anyone, fields: { hidden: { read: nobody } } }))
})
afterAll(() => w.close())

const get = async (query: string): Promise<unknown> => {
  const answer = await call("GET", `/boxes?${query}`)
  return answer.status === 200 ? answer.body : `${answer.status} ${answer.text}`
}

const groups = [
  { "meta.color": 5, count: 2 },
  { "meta.color": "blue", count: 1 },
  { "meta.color": "red", count: 2 },
  { "meta.color": false, count: 1 },
  { "meta.color": true, count: 1 },
  { "meta.color": null, count: 5 },
]

test("groups are numbers, texts and booleans, in this order; all else is null", async () => {
  expect(await get("aggregate=count&group=meta.color")).toEqual(groups)
  expect(await get("aggregate=count&group=meta.color&sort=-meta.color")).toEqual([...groups].reverse())
  expect(await get("aggregate=count&group=meta.odd name")).toEqual([
    { "meta.odd name": 1, count: 1 },
    { "meta.odd name": 2, count: 1 },
    { "meta.odd name": null, count: 10 },
  ])
  for (const sort of ["meta.color", "-meta.color", "-count", "count,-meta.color", "min(meta.size.width)"])
    for (const limit of [1, 2, 4]) {
      const query = `aggregate=count,min(meta.size.width)&group=meta.color&sort=${sort}`
      const all = await get(query)
      const { forward, backward } = await walk({ call }, `/boxes?${query}&limit=${limit}`)
      expect(forward, sort).toEqual(all)
      expect(backward, sort).toEqual(all)
    }
})

test("numbers alone are summed; count, min and max take every value", async () => {
  const width = "meta.size.width"
  const [row] = (await get(
    `aggregate=sum(${width}),avg(${width}),count(${width}),min(${width}),max(${width}),max(meta.color),sum(meta.nothing)`,
  )) as Record<string, unknown>[]
  expect(row).toEqual({
    [`sum_${width}`]: 1012.5,
    [`avg_${width}`]: 337.5,
    [`count_${width}`]: 5,
    [`min_${width}`]: 2.5,
    [`max_${width}`]: false,
    "max_meta.color": true,
    "sum_meta.nothing": null,
  })
})

test("filters, trees and having go with them", async () => {
  const q = (tree: object) => encodeURIComponent(JSON.stringify(tree))
  expect(
    await get(`aggregate=count&group=meta.color&filter=${q({ "meta.color": { in: ["red", 5] } })}`),
  ).toEqual([groups[0], groups[2]])
  expect(await get(`aggregate=count&group=meta.color&meta.color=red`)).toEqual([groups[2]])
  expect(await get(`aggregate=count&group=meta.color&having=${q({ count: { gt: 2 } })}`)).toEqual([groups[5]])
})

test("what is refused, by name", async () => {
  await expectRefused({ call } as World, "/boxes", [
    ["aggregate=count&group=hidden.color", "group"],
    ["aggregate=sum(hidden.color)", "aggregate"],
    ["aggregate=count&group=meta", "group"],
    ["aggregate=min(meta)", "aggregate"],
    ["aggregate=count&group=name.color", "group"],
    [`aggregate=count&group=${"abcdefg".split("").map((name) => `meta.${name}`)}`, "group"],
    [`aggregate=count,${"abcdefg".split("").map((name) => `max(meta.o'dd?${name})`)}`, "aggregate"],
    [
      `aggregate=count&group=meta.color&having=${encodeURIComponent('{"meta.color":"red"}')}`,
      "having.meta.color",
    ],
  ])
  expect(await get("aggregate=count(meta),count(meta.color)")).toEqual([
    { count_meta: 11, "count_meta.color": 9 },
  ])
})
