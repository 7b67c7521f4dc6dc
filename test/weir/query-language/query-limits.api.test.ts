// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, expect, test } from "vitest"
import { fixedData } from "./fixed-rows.ts"
import { type QueryWorld, queryWorld } from "./world.ts"

/** The most that one request may ask for is answered, on every driver; what is more is refused, or answered as well. */
let w: QueryWorld
beforeAll(async () => {
  w = await queryWorld(fixedData)
})
afterAll(() => w.close())

const many = (count: number, one: (i: number) => string) => Array.from({ length: count }, (_, i) => one(i))
const deep = (levels: number, name = "a") => `meta${`.${name}`.repeat(levels)}`
const filter = (tree: object) => `filter=${encodeURIComponent(JSON.stringify(tree))}`
const nots = (levels: number): object => (levels ? { not: nots(levels - 1) } : { amount: 1 })

const ways: [name: string, statuses: number[], search: string][] = [
  ["40 places", [200], filter({ or: many(40, (i) => `meta.a${i}`).map((name) => ({ [name]: 1 })) })],
  [
    "20 places that are bound",
    [200],
    filter({ or: many(20, (i) => `meta.ü${i}`).map((name) => ({ [name]: 1 })) }),
  ],
  ["a place 32 deep", [200], filter({ [deep(32)]: { in: [1, "a", true] } })],
  ["a place 32 deep that is bound", [200], filter({ [deep(32, "ü")]: { in: [1, "a", true] } })],
  [
    "12 places 32 deep that are bound",
    [200, 422],
    filter({
      or: many(12, (i) => `${deep(31, "ü")}.ä${i}`).map((name) => ({ [name]: { in: [1, "a", true] } })),
    }),
  ],
  ["a tree 8 deep", [200], filter(nots(7))],
  [
    "relations 3 deep in a tree 8 deep",
    [200],
    filter({
      maker: {
        things: {
          every: { parts: { none: { or: [{ not: { not: { "info.wood": { in: ["a", 1, true] } } } }] } } },
        },
      },
    }),
  ],
  [
    "10 relations",
    [200],
    filter({ and: many(10, (i) => String(i)).map((rank) => ({ not: { maker: { rank } } })) }),
  ],
  [
    "10 wild cards in 40 patterns",
    [200],
    filter({ or: many(40, (i) => `${"%a".repeat(10)}${i}`).map((ilike) => ({ "meta.color": { ilike } })) }),
  ],
  ["a sort by a place 32 deep", [200], `sort=${deep(32)},-${deep(31)}`],
  ["a field 32 deep", [200, 422], `fields=${deep(32)}`],
  ["2 fields 32 deep", [200, 422], `fields=${deep(31)}.b,${deep(31)}.c`],
  ["40 fields", [200, 422], `fields=${many(40, (i) => `meta.a${i}`)}`],
  ["900 fields", [200, 422], `fields=${many(900, (i) => `meta.a${i}`)}`],
  ["900 sorts", [422], `sort=${many(900, (i) => `meta.a${i}`)}`],
]

test.each(ways)("%s", async (_name, statuses, search) => {
  const answer = await w.call("GET", `/things?limit=3&${search}`)
  expect(statuses, answer.text).toContain(answer.status)
  if (answer.status === 200 && answer.links.next)
    expect((await w.call("GET", answer.links.next)).status).toBe(200)
})
