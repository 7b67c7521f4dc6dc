import { afterEach, beforeEach, expect, test } from "vitest"
import { personOf, type Who } from "../support/scenarios.ts"
import { all, type Side, sideOf, statuses, trueStatuses, unhurried } from "../support/upstash.ts"
import { type World, world } from "../support/world.ts"

/** What a write through one process outdates, of what others have stored. Items 1 to 3 are Ann's, 4 to 6 Bob's. */
let w: World
let prefix: string
let one: Side
let other: Side
unhurried()
beforeEach(async () => {
  prefix = crypto.randomUUID()
  w = await world()
  one = await sideOf(w, prefix)
  other = await sideOf(w, prefix)
})
afterEach(() => w.close())

const paths = [
  "/items/5",
  "/items/6",
  "/items",
  "/items?price[gt]=1000",
  "/users/1/items",
  "/users/2/items?count=exact",
  "/items/5?include=owner",
  "/items/6?include=owner",
  "/users",
  "/users?include=items",
  "/users/1",
  "/users/1?include=",
  "/users/2",
  "/users/2?include=",
] as const
type Path = (typeof paths)[number]

interface Write {
  name: string
  as: Who
  method: "POST" | "PATCH" | "DELETE"
  path: string
  json?: unknown
  /** What is still served from Redis after it. All others of the paths are not. */
  stays: Path[]
}

const person = { email: "new@example.com", username: "new", password: "long enough" }
const aloneAndUsers: Path[] = [
  "/items/6",
  "/items/6?include=owner",
  "/users",
  "/users/1?include=",
  "/users/2?include=",
]
const usersOne: Path[] = ["/users/1", "/users/1/items"]
const usersTwo: Path[] = ["/users/2", "/users/2/items?count=exact"]
const itemsAndUserOne: Path[] = [
  "/items/5",
  "/items/6",
  "/items",
  "/items?price[gt]=1000",
  "/users/1?include=",
  ...usersOne,
]
const writes: Write[] = [
  {
    name: "a change of an item",
    as: "bob",
    method: "PATCH",
    path: "/items/5",
    json: { price: 2000 },
    stays: [...aloneAndUsers, ...usersOne],
  },
  {
    name: "the end of an item",
    as: "bob",
    method: "DELETE",
    path: "/items/5",
    stays: [...aloneAndUsers, ...usersOne],
  },
  {
    name: "a new item",
    as: "ann",
    method: "POST",
    path: "/items",
    json: { title: "new", price: 2000 },
    stays: ["/items/5", "/items/5?include=owner", ...aloneAndUsers, ...usersTwo],
  },
  {
    name: "an array of new items within their owner",
    as: "bob",
    method: "POST",
    path: "/users/2/items",
    json: [1, 2].map((price) => ({ title: "new", price })),
    stays: ["/items/5", "/items/5?include=owner", ...aloneAndUsers, ...usersOne],
  },
  {
    name: "a change of a user",
    as: "bob",
    method: "PATCH",
    path: "/users/2",
    json: { username: "robert" },
    stays: itemsAndUserOne,
  },
  {
    name: "a new user",
    as: "anonymous",
    method: "POST",
    path: "/users",
    json: person,
    stays: [...itemsAndUserOne, ...usersTwo, "/users/2?include="],
  },
  {
    name: "the end of a user, and of the items with it",
    as: "root",
    method: "DELETE",
    path: "/users/2",
    stays: ["/users/1?include="],
  },
]

test.each(writes)(
  "$name is seen by the next read of another process, and outdates no more than it has to",
  async (write) => {
    const { as, method, path, json, stays } = write
    await statuses(one, paths)
    expect(await statuses(other, paths)).toEqual(all(paths, "hit"))
    const written = await one.call(method, path, { token: personOf(w, as)?.token, json })
    expect(written.status, written.text).toBeLessThan(300)
    const expected = Object.fromEntries(
      await Promise.all(
        paths.map(async (read) => {
          const gone = (await w.call("GET", read)).status === 404
          return [read, stays.includes(read) ? "hit" : gone ? "none" : "fwd=stale; stored"]
        }),
      ),
    )
    expect(await trueStatuses(w, other, paths)).toEqual(expected)
    const now = await trueStatuses(w, one, paths)
    // What the other has stored meanwhile is there for the one who wrote.
    for (const path of paths) expect(["hit", "none"], path).toContain(now[path])
  },
)
