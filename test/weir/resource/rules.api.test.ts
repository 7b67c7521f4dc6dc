// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import type { Resource, ResourceOptions } from "../../../src/weir/resource/resource.ts"
import {
  all,
  anyone,
  any as either,
  nobody,
  owner,
  self,
  signedIn,
  viewerIs,
} from "../../../src/weir/resource/rules.ts"
import type { Viewer } from "../../../src/weir/resource/viewer.ts"
import * as items from "../fixture/src/schema/items.ts"
import * as users from "../fixture/src/schema/users.ts"
import { apiOf, appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { type Scenario, scenarios, tablesOf, type Who } from "../support/scenarios.ts"
import { type World, world } from "../support/world.ts"

const everybody: Who[] = ["anonymous", "ann", "bob", "root"]
const others = ["ann@example.com", "bob@example.com", "root@example.com"]
const hidden = ["hashed_password", "scrypt", '"password"']
/** What nobody but oneself and admins sees of Ann. */
const annOnly = ["ann@example.com", '"role"', ...hidden]

/** One scenario per viewer, from what each is to get. */
const perViewer = (
  statuses: Record<Who, number>,
  of: (who: Who) => Omit<Scenario, "name" | "status">,
): Scenario[] =>
  everybody.map((who) => {
    const scenario = { as: who, ...of(who) }
    return {
      ...scenario,
      name: `${who}: ${scenario.method} ${scenario.path} is ${statuses[who]}`,
      status: statuses[who],
    }
  })
const reads = (path: string, of: (who: Who) => Partial<Scenario> = () => ({})): Scenario[] =>
  perViewer({ anonymous: 200, ann: 200, bob: 200, root: 200 }, (who) => ({ method: "GET", path, ...of(who) }))
const seesAnn = (who: Who) => who === "ann" || who === "root"

describe("reading", () => {
  scenarios([
    ...reads("/users/1", (who) =>
      seesAnn(who)
        ? { holds: ['"email":"ann@example.com"', '"role":"user"', '"items":['], lacks: hidden }
        : { holds: ['"username":"ann"', '"items":['], lacks: annOnly },
    ),
    ...reads("/users", (who) => ({
      holds: ['"username":"ann"', '"username":"bob"', '"username":"root"'],
      lacks: who === "root" ? hidden : [...others.filter((email) => !email.startsWith(who)), ...hidden],
    })),
    ...reads("/items", (who) => ({
      holds: ["ann's 1", "bob's 3"],
      lacks: [...others.slice(who === "ann" ? 1 : 0), '"owner":', ...hidden],
    })),
    ...reads("/items/1?include=owner", (who) =>
      seesAnn(who) ? { holds: ["ann@example.com"], lacks: hidden } : { holds: ['"owner":{'], lacks: annOnly },
    ),
    ...reads("/items?include=owner.items.owner&owner_id=1", (who) =>
      seesAnn(who) ? { lacks: hidden } : { lacks: annOnly },
    ),
    ...reads("/users/1/items?include=owner", (who) => ({
      content: [{ owner_id: 1 }, { owner_id: 1 }, { owner_id: 1 }],
      lacks: seesAnn(who) ? hidden : annOnly,
    })),
    ...perViewer({ anonymous: 401, ann: 200, bob: 200, root: 200 }, (who) => ({
      method: "GET",
      path: "/users/me",
      ...(who === "anonymous"
        ? { lacks: others }
        : { content: { username: who, email: `${who}@example.com` }, lacks: hidden }),
    })),
    ...perViewer({ anonymous: 404, ann: 404, bob: 404, root: 404 }, () => ({
      method: "GET",
      path: "/users/99",
    })),
    ...perViewer({ anonymous: 404, ann: 404, bob: 404, root: 404 }, () => ({
      method: "GET",
      path: "/items/99",
    })),
    ...perViewer({ anonymous: 404, ann: 404, bob: 404, root: 404 }, () => ({
      method: "GET",
      path: "/users/99/items",
    })),
    // A field that is hidden whatever the row is no parameter at all; one that is not compares only where it shows.
    ...perViewer({ anonymous: 422, ann: 200, bob: 200, root: 200 }, (who) => ({
      method: "GET",
      path: "/users?email=ann%40example.com",
      ...(who === "anonymous" ? { errors: ["email"] } : { content: seesAnn(who) ? [{ id: 1 }] : [] }),
      lacks: seesAnn(who) ? hidden : annOnly,
    })),
    ...perViewer({ anonymous: 422, ann: 422, bob: 422, root: 422 }, () => ({
      method: "GET",
      path: "/users?hashed_password[starts_with]=%24scrypt",
      errors: ["hashed_password[starts_with]"],
    })),
    ...perViewer({ anonymous: 422, ann: 200, bob: 200, root: 200 }, (who) => ({
      method: "GET",
      path: "/items?owner.role=user",
      ...(who === "ann" || who === "bob"
        ? { lacks: [who === "ann" ? '"owner_id":2' : '"owner_id":1'], holds: ["'s 1"] }
        : {}),
    })),
  ])
})

describe("creating", () => {
  const json = { title: "new", price: 1 }
  const made = (owner_id: number) => ({
    content: { id: 7, owner_id, ...json },
    after: { items: { 7: { owner_id, ...json } } },
  })
  const idOf = { anonymous: 0, ann: 1, bob: 2, root: 3 }
  scenarios([
    ...perViewer({ anonymous: 401, ann: 201, bob: 201, root: 201 }, (who) => ({
      method: "POST",
      path: "/items",
      json,
      ...(who === "anonymous" ? {} : made(idOf[who])),
    })),
    ...perViewer({ anonymous: 401, ann: 201, bob: 403, root: 201 }, (who) => ({
      method: "POST",
      path: "/items",
      json: { ...json, owner_id: 1 },
      ...(seesAnn(who) ? made(1) : {}),
      ...(who === "bob" ? { errors: ["owner_id"] } : {}),
    })),
    ...perViewer({ anonymous: 401, ann: 201, bob: 403, root: 201 }, (who) => ({
      method: "POST",
      path: "/users/1/items",
      json,
      ...(seesAnn(who) ? made(1) : {}),
    })),
    ...perViewer({ anonymous: 401, ann: 422, bob: 422, root: 422 }, () => ({
      method: "POST",
      path: "/users/1/items",
      json: { ...json, owner_id: 2 },
    })),
    ...perViewer({ anonymous: 401, ann: 404, bob: 404, root: 404 }, () => ({
      method: "POST",
      path: "/users/99/items",
      json,
    })),
    // One row that is not hers, among those that are: nothing is made.
    {
      name: "ann: an array with one of bob's is 403",
      as: "ann",
      method: "POST",
      path: "/items",
      json: [json, { ...json, owner_id: 2 }],
      status: 403,
    },
    {
      name: "root: an unknown owner",
      as: "root",
      method: "POST",
      path: "/items",
      json: { ...json, owner_id: 99 },
      status: 422,
      errors: ["owner_id"],
    },
  ])
})

describe("changing", () => {
  const annsItem = { method: "PATCH", path: "/items/1" }
  const onlyAnn = { anonymous: 401, ann: 200, bob: 403, root: 200 }
  scenarios([
    ...perViewer(onlyAnn, (who) => ({
      ...annsItem,
      json: { title: "other" },
      ...(seesAnn(who)
        ? {
            content: { title: "other", owner_id: 1 },
            after: { items: { 1: { title: "other", price: 10.25 } } },
          }
        : {}),
    })),
    ...perViewer({ anonymous: 401, ann: 403, bob: 403, root: 200 }, (who) => ({
      ...annsItem,
      json: { owner_id: 2 },
      ...(who === "root" ? { after: { items: { 1: { owner_id: 2 } } } } : {}),
    })),
    // What it is already is still not hers to set.
    ...perViewer({ anonymous: 401, ann: 403, bob: 403, root: 200 }, (who) => ({
      ...annsItem,
      json: { title: "x", owner_id: 1 },
      ...(who === "root" ? { after: { items: { 1: { title: "x" } } } } : {}),
    })),
    ...perViewer(onlyAnn, (who) => ({
      method: "PATCH",
      path: "/users/1",
      json: { username: "anna" },
      ...(seesAnn(who)
        ? {
            content: { username: "anna", email: "ann@example.com" },
            lacks: hidden,
            after: { users: { 1: { username: "anna" } } },
          }
        : { lacks: annOnly }),
    })),
    ...perViewer({ anonymous: 401, ann: 403, bob: 403, root: 200 }, (who) => ({
      method: "PATCH",
      path: "/users/1",
      json: { role: "admin" },
      ...(who === "root" ? { content: { role: "admin" }, after: { users: { 1: { role: "admin" } } } } : {}),
      ...(who === "ann" ? { errors: ["role"] } : {}),
    })),
    ...perViewer({ anonymous: 401, ann: 404, bob: 404, root: 404 }, () => ({
      method: "PATCH",
      path: "/items/99",
      json: { title: "x" },
    })),
    ...perViewer({ anonymous: 401, ann: 404, bob: 404, root: 404 }, () => ({
      method: "PATCH",
      path: "/users/99",
      json: { username: "xyz" },
    })),
    ...perViewer({ anonymous: 401, ann: 409, bob: 403, root: 409 }, (who) => ({
      method: "PATCH",
      path: "/users/1",
      json: { email: " BOB@example.com" },
      ...(seesAnn(who) ? { errors: ["email"], code: "duplicate" } : {}),
    })),
    {
      name: "root: an unknown owner",
      as: "root",
      ...annsItem,
      json: { owner_id: 99 },
      status: 422,
      errors: ["owner_id"],
    },
  ])
})

describe("deleting", () => {
  const annsItems = { 1: null, 2: null, 3: null }
  scenarios([
    ...perViewer({ anonymous: 401, ann: 204, bob: 403, root: 204 }, (who) => ({
      method: "DELETE",
      path: "/items/1",
      ...(seesAnn(who) ? { after: { items: { 1: null } } } : {}),
    })),
    ...perViewer({ anonymous: 401, ann: 204, bob: 403, root: 204 }, (who) => ({
      method: "DELETE",
      path: "/users/1",
      ...(seesAnn(who) ? { after: { users: { 1: null }, items: annsItems } } : {}),
    })),
    ...perViewer({ anonymous: 401, ann: 404, bob: 404, root: 404 }, () => ({
      method: "DELETE",
      path: "/items/99",
    })),
    ...perViewer({ anonymous: 401, ann: 404, bob: 404, root: 404 }, () => ({
      method: "DELETE",
      path: "/users/99",
    })),
  ])
})

const openUsers = (): Resource =>
  resource(users, {
    read: anyone,
    fields: { hashed_password: { read: nobody } },
    embed: { items: {} },
  })
const itemsWith = (options: ResourceOptions<keyof typeof items.items._.columns & string>): Resource =>
  resource(items, { embed: { owner: {} }, ...options })

describe("a stricter rule", () => {
  let w: World
  beforeEach(async () => {
    w = await world()
  })
  afterEach(() => w.close())

  const owned = () =>
    itemsWith({
      read: owner,
      create: signedIn,
      update: owner,
      delete: owner,
      fields: { owner_id: { initially: (v) => v.id } },
    })
  const ask = async (call: Call, who: Who, method: string, path: string, json?: unknown): Promise<Answer> => {
    const answer = await call(method, path, { token: who === "anonymous" ? undefined : w[who].token, json })
    expect(answer.status, answer.text).toBeLessThan(500)
    return answer
  }
  const ids = async (call: Call, who: Who, path: string) =>
    ((await ask(call, who, "GET", path)).body as { id: number }[]).map((row) => row.id)

  test("makes a row that is not the viewer's a 404 to read, change and delete", async () => {
    const call = appOf(w, openUsers(), owned())
    const before = await tablesOf(w)
    for (const [method, json] of [["GET"], ["PATCH", { title: "x" }], ["DELETE"]] as [string, object?][]) {
      expect((await ask(call, "bob", method, "/items/1", json)).status, method).toBe(404)
      expect((await ask(call, "anonymous", method, "/items/1", json)).status, method).toBe(401)
    }
    expect(await tablesOf(w)).toEqual(before)
    expect((await ask(call, "ann", "GET", "/items/1")).status).toBe(200)
    expect((await ask(call, "root", "PATCH", "/items/1", { title: "x" })).status).toBe(200)
    expect((await ask(call, "ann", "DELETE", "/items/1")).status).toBe(204)
  })

  test("holds in lists, nested lists, counts and embeds, at any depth", async () => {
    const call = appOf(w, openUsers(), owned())
    expect(await ids(call, "ann", "/items")).toEqual([1, 2, 3])
    expect(await ids(call, "bob", "/items")).toEqual([4, 5, 6])
    expect(await ids(call, "root", "/items")).toEqual([1, 2, 3, 4, 5, 6])
    expect(await ids(call, "bob", "/users/1/items")).toEqual([])
    expect(await ids(call, "bob", "/users/2/items")).toEqual([4, 5, 6])
    const counted = async (path: string) => (await ask(call, "bob", "GET", path)).headers.get("x-total-count")
    expect(await counted("/items?count=exact&limit=1")).toBe("3")
    expect(await counted("/users/1/items?count=exact")).toBe("0")
    for (const path of [
      "/users/1?include=items",
      "/users?include=items",
      "/users?include=items.owner.items&include.items.limit=10",
      "/items?include=owner.items",
    ]) {
      expect((await ask(call, "bob", "GET", path)).text, path).not.toContain("ann's")
      expect((await ask(call, "ann", "GET", path)).text, path).toContain("ann's 1")
    }
    const embedded = await ask(call, "anonymous", "GET", "/users/1?include=items")
    expect(embedded.body).toMatchObject({ id: 1, items: [] })
    expect((await ask(call, "anonymous", "GET", "/items")).status).toBe(401)
  })

  test("holds in filters through relations: what is hidden cannot be found out", async () => {
    const call = appOf(w, openUsers(), owned())
    expect(await ids(call, "bob", "/users?items.title[starts_with]=ann")).toEqual([])
    expect(await ids(call, "ann", "/users?items.title[starts_with]=ann")).toEqual([1])
    expect(await ids(call, "root", "/users?items.price[gt]=0")).toEqual([1, 2])
    expect(await ids(call, "bob", "/users?items.owner.items.title[ne]=x")).toEqual([2])
    expect(await ids(call, "anonymous", "/users?items.id[gt]=0")).toEqual([])
    expect(await ids(call, "bob", "/users?count=exact&items.id=1")).toEqual([])
  })

  test("of a column that refers to a row hides in whose rows it is, both ways", async () => {
    const call = appOf(
      w,
      openUsers(),
      itemsWith({
        read: anyone,
        create: signedIn,
        update: owner,
        delete: owner,
        fields: { owner_id: { read: owner, initially: (v) => v.id } },
      }),
    )
    const seen: [who: Who, own: number[]][] = [
      ["anonymous", []],
      ["bob", [4, 5, 6]],
      ["root", [1, 2, 3, 4, 5, 6]],
    ]
    for (const [who, own] of seen) {
      expect(await ids(call, who, "/items?sort=id")).toEqual([1, 2, 3, 4, 5, 6])
      const rows = (await ask(call, who, "GET", "/items?sort=id&include=owner")).body
      const owners = rows as { id: number; owner: object | null }[]
      expect(owners.filter((row) => row.owner).map((row) => row.id)).toEqual(own)
      const one = (await ask(call, who, "GET", "/items/1?include=owner")).body as { owner: unknown }
      expect(one.owner !== null).toBe(own.includes(1))
      expect(await ids(call, who, "/items?sort=id&owner.id[gt]=0")).toEqual(own)
      expect(await ids(call, who, "/users?items.id=1")).toEqual(own.includes(1) ? [1] : [])
      const annsOwn = own.filter((id) => id < 4)
      const nested = await ask(call, who, "GET", "/users/1/items?sort=id&count=exact")
      expect((nested.body as { id: number }[]).map((row) => row.id)).toEqual(annsOwn)
      expect(nested.headers.get("x-total-count")).toBe(String(annsOwn.length))
      const embedded = (await ask(call, who, "GET", "/users/1?include=items&include.items.sort=id")).body
      expect((embedded as { items: { id: number }[] }).items.map((row) => row.id)).toEqual(annsOwn)
    }
  })

  test("holds beyond any cursor: one that was given to another or forged shows no more", async () => {
    const call = appOf(w, openUsers(), owned())
    const roots = await ask(call, "root", "GET", "/items?limit=1&sort=price")
    const next = roots.links.next as string
    expect(await ids(call, "root", next)).toHaveLength(1)
    const page = await ask(call, "bob", "GET", next)
    expect(page.text).not.toContain("ann's")
    // Bob's places are of rows that he sees, first and last included.
    const bobs = await ask(call, "bob", "GET", "/items?limit=1&sort=-title")
    const seen: number[] = []
    for (let url: string | undefined = "/items?limit=1&sort=-title"; url; ) {
      const answer: Answer = await ask(call, "bob", "GET", url)
      for (const row of answer.body as { id: number }[]) seen.push(row.id)
      url = answer.links.next
    }
    expect(bobs.status).toBe(200)
    expect(seen).toEqual([6, 5, 4])
  })

  test("is not shared with another resource of the same table in the process", async () => {
    // A second app, such as one for the public, must not be answered by the statements of the first.
    const open = appOf(w, openUsers(), itemsWith({ read: anyone }))
    expect(await ids(open, "bob", "/items?sort=-id")).toEqual([6, 5, 4, 3, 2, 1])
    const call = appOf(w, openUsers(), owned())
    expect(await ids(call, "bob", "/items?sort=-id")).toEqual([6, 5, 4])
    expect((await ask(open, "bob", "GET", "/items/1?fields=title")).status).toBe(200)
    expect((await ask(call, "bob", "GET", "/items/1?fields=title")).status).toBe(404)
  })

  test("of a field hides it from rows, embeds, filters, sorts and places", async () => {
    const rule = viewerIs("owner_id")
    const call = appOf(w, openUsers(), itemsWith({ read: anyone, fields: { price: { read: rule } } }))
    const rows = (await ask(call, "bob", "GET", "/items?sort=id")).body as object[]
    expect(rows.map((row) => "price" in row)).toEqual([false, false, false, true, true, true])
    const through = await ask(call, "bob", "GET", "/users/1?include=items")
    expect(through.text).not.toContain("price")
    expect(await ids(call, "bob", "/items?price[gt]=0")).toEqual([4, 5, 6])
    expect(await ids(call, "bob", "/users?items.price[gt]=0")).toEqual([2])
    expect((await ask(call, "anonymous", "GET", "/items?price[gt]=0")).status).toBe(422)
    // Hidden prices are as null: last, and in the order of their ids, which says nothing of them.
    expect(await ids(call, "bob", "/items?sort=price")).toEqual([4, 5, 6, 1, 2, 3])
    expect(await ids(call, "bob", "/items?sort=-price")).toEqual([1, 2, 3, 6, 5, 4])
    const seen: number[] = []
    for (let url: string | undefined = "/items?sort=-price&limit=2&fields=id"; url; ) {
      const answer: Answer = await ask(call, "bob", "GET", url)
      for (const row of answer.body as { id: number }[]) seen.push(row.id)
      const place = new URLSearchParams(answer.links.next?.split("?")[1]).get("after") ?? ""
      expect(Buffer.from(place, "base64url").toString()).not.toMatch(/10\.25|20\.25|30\.25/)
      url = answer.links.next
    }
    expect(seen).toEqual([1, 2, 3, 6, 5, 4])
  })

  test("of a field that looks at the row joins the update's", async () => {
    const mine = all(signedIn, viewerIs("owner_id"))
    const call = appOf(
      w,
      openUsers(),
      itemsWith({ read: anyone, update: signedIn, fields: { price: { write: mine } } }),
    )
    const before = await tablesOf(w)
    expect((await ask(call, "bob", "PATCH", "/items/1", { title: "x", price: 0 })).status).toBe(403)
    expect(await tablesOf(w)).toEqual(before)
    expect((await ask(call, "bob", "PATCH", "/items/1", { title: "x" })).status).toBe(200)
    expect((await ask(call, "ann", "PATCH", "/items/1", { price: 0 })).status).toBe(200)
  })

  test("of a create that looks at the row holds for the row that is made", async () => {
    // `create: owner`: make what is yours. Without a check of the new row, anybody makes what is another's.
    const call = appOf(w, openUsers(), itemsWith({ read: anyone, create: owner }))
    const before = await tablesOf(w)
    const answer = await ask(call, "ann", "POST", "/items", { title: "bob's by ann", price: 1, owner_id: 2 })
    expect(answer.status, answer.text).toBe(403)
    expect(await tablesOf(w)).toEqual(before)
    expect((await ask(call, "ann", "POST", "/items", { title: "x", price: 1, owner_id: 1 })).status).toBe(201)
    expect((await ask(call, "root", "POST", "/items", { title: "x", price: 1, owner_id: 2 })).status).toBe(
      201,
    )
  })

  test("of a field that looks at the row holds for a create, too", async () => {
    const call = appOf(
      w,
      openUsers(),
      itemsWith({ read: anyone, create: signedIn, fields: { owner_id: { write: owner } } }),
    )
    const before = await tablesOf(w)
    const answer = await ask(call, "ann", "POST", "/items", { title: "bob's by ann", price: 1, owner_id: 2 })
    expect(answer.status, answer.text).toBe(403)
    expect(await tablesOf(w)).toEqual(before)
  })

  test("of a field that looks at the row holds for each row of many", async () => {
    const owned = { owner_id: { write: owner, initially: (viewer: Viewer) => viewer.id } }
    const call = appOf(w, openUsers(), itemsWith({ read: anyone, create: signedIn, fields: owned }))
    const before = await tablesOf(w)
    const rows = [
      { title: "ann's", price: 1 },
      { title: "bob's by ann", price: 1, owner_id: 2 },
    ]
    const answer = await ask(call, "ann", "POST", "/items", rows)
    expect(answer.status, answer.text).toBe(403)
    expect(await tablesOf(w)).toEqual(before)
  })

  test("of rules together: any is one of them, all is each", async () => {
    const call = appOf(w, openUsers(), itemsWith({ read: either(owner, viewerIs("id")) }))
    // Bob's own, and the row whose id happens to be his.
    expect(await ids(call, "bob", "/items")).toEqual([2, 4, 5, 6])
    expect(await ids(call, "root", "/items")).toEqual([1, 2, 3, 4, 5, 6])
    expect((await ask(call, "anonymous", "GET", "/items")).status).toBe(401)
    const none = appOf(w, openUsers(), itemsWith({ read: all(owner, nobody) }))
    expect((await ask(none, "root", "GET", "/items")).status).toBe(403)
  })

  test("of the parent holds for its nested lists", async () => {
    const hermits = resource(users, {
      read: self,
      fields: { hashed_password: { read: nobody } },
      embed: { items: {} },
    })
    const call = appOf(w, hermits, itemsWith({ read: anyone, create: signedIn }))
    expect((await ask(call, "bob", "GET", "/users/1/items")).status).toBe(404)
    expect((await ask(call, "bob", "GET", "/users/2/items")).status).toBe(200)
    expect((await ask(call, "bob", "GET", "/items?include=owner&sort=id")).body).toMatchObject([
      { owner: null },
      {},
      {},
      { owner: { id: 2 } },
      {},
      {},
    ])
    expect(await ids(call, "bob", "/items?owner.username[ne]=x")).toEqual([4, 5, 6])
    const before = await tablesOf(w)
    expect((await ask(call, "bob", "POST", "/users/1/items", { title: "x", price: 1 })).status).toBe(404)
    expect(await tablesOf(w)).toEqual(before)
  })

  test("that is not there closes the action: no route, and none in the documents", async () => {
    const call = appOf(w, openUsers(), itemsWith({ read: anyone }))
    expect((await ask(call, "root", "POST", "/items", { title: "x", price: 1 })).status).toBe(405)
    expect((await ask(call, "root", "DELETE", "/items/1")).headers.get("allow")).toBe("GET, HEAD")
    const { body } = await call("GET", "/openapi.json")
    const { paths } = body as { paths: Record<string, object> }
    expect(Object.keys(paths["/items"] ?? {})).toEqual(["get"])
    expect(Object.keys(paths["/items/{id}"] ?? {})).toEqual(["get"])
    const closed = appOf(w, openUsers(), itemsWith({}))
    for (const path of ["/items", "/items/1", "/users/1/items"])
      expect((await ask(closed, "root", "GET", path)).status, path).toBe(404)
    // Nor does a closed table come out by the back door.
    expect((await ask(closed, "root", "GET", "/users/1?include=items")).text).not.toContain("ann's")
    const silent = await ask(closed, "root", "GET", "/users?items.id[gt]=0")
    if (silent.status === 200) expect(silent.body).toEqual([])
  })
})

describe("a resource that names what is not there does not load", () => {
  test("a column in fields", () => {
    // @ts-expect-error: the types know it as well.
    expect(() => resource(items, { fields: { colour: { read: anyone } } })).toThrow(/items.*colour/)
  })

  test("a relation in embed", () => {
    expect(() => apiOf(openUsers(), itemsWith({ embed: { ownr: {} } }))).toThrow(/items.*ownr/)
    // The relation is there, its other side is no resource of this API.
    expect(() => apiOf(itemsWith({ embed: { owner: {} } }))).toThrow(/items.*owner/)
  })

  test("a file without a table", () => {
    expect(() => resource({}, {})).toThrow(/one table/)
    expect(() => resource({ ...items, ...users }, {})).toThrow(/one table/)
  })
})
