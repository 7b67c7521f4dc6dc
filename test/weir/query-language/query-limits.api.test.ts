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

/** Of the collection, where a place begins in the document. */
const ofDocuments: typeof ways = [
  ["40 places", [200], filter({ or: many(40, (i) => `a${i}.b`).map((name) => ({ [name]: 1 })) })],
  ["20 bound places", [200], filter({ or: many(20, (i) => `ü${i}`).map((name) => ({ [name]: 1 })) })],
  ["a place 32 deep", [200], filter({ [Array(32).fill("a").join(".")]: { in: [1, "a", true] } })],
  ["a bound place 32 deep", [200], filter({ [Array(32).fill("ü").join(".")]: { in: [1, "a", true] } })],
  ["a place of 32 indexes", [200], filter({ [`a${".0".repeat(31)}`]: { in: [1, "a", true] } })],
  [
    "relations 3 deep",
    [200],
    filter({ _owner: { papers: { none: { _owner: { not: { "profile.city": { in: ["a", 1, true] } } } } } } }),
  ],
  [
    "a sort by a place 32 deep",
    [200],
    `sort=${Array(32).fill("a").join(".")},-${Array(31).fill("a").join(".")}`,
  ],
  ["6 sorts of bound places", [200], `sort=${many(6, (i) => `-ü${i}.$`)}`],
  ["a sort by 31 indexes", [200], `sort=a${".0".repeat(31)}`],
  ["40 fields", [200, 422], `fields=${many(40, (i) => `a${i}.ü`)}`],
  ["6 groups of bound places", [200, 422], `aggregate=count,max(ü.é)&group=${many(6, (i) => `ü${i}.$`)}`],
]

test.each([
  ...ways.map((way) => ["/things", ...way] as const),
  ...ofDocuments.map((way) => ["/papers", ...way] as const),
])("%s: %s", async (path, _name, statuses, search) => {
  const answer = await w.call("GET", `${path}?limit=3&${search}`)
  expect(statuses, answer.text).toContain(answer.status)
  if (answer.status === 200 && answer.links.next)
    expect((await w.call("GET", answer.links.next)).status).toBe(200)
})
