// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { classify } from "../../../src/weir/db/dialect/errors.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import type { Resource } from "../../../src/weir/resource/resource.ts"
import { admin, anyone, nobody, owner, signedIn } from "../../../src/weir/resource/rules.ts"
import { insertMany, staging } from "../../../src/weir/sql/bulk.ts"
import { quotaOfRows, quotaOfStaged } from "../../../src/weir/sql/quota.ts"
import * as items from "../fixture/src/schema/items.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { type Person, type World, world } from "../support/world.ts"

let w: World
let call: Call
let limited: Resource
// Ann and Bob have three items each.
beforeEach(async () => {
  w = await world()
  limited = resource(items, {
    read: anyone,
    create: signedIn,
    fields: { owner_id: { write: admin, initially: (viewer) => viewer.id } },
    quota: { rows: 5, per: owner },
  })
  const people = resource(users, {
    read: anyone,
    fields: { hashed_password: { read: nobody } },
    embed: { items: {} },
  })
  call = appOf(w, people, limited)
})
afterEach(() => w.close())

const item = (title: string) => ({ title, price: 1 })
const create = (who: Person, json: unknown, path = "/items"): Promise<Answer> =>
  call("POST", path, { token: who.token, json })
const count = async (who: Person): Promise<number> => {
  const list = await call("GET", `/items?owner_id=${who.id}&count=exact`)
  return Number(list.headers.get("x-total-count"))
}
const expectExceeded = (answer: Answer) => {
  expect(answer.status, answer.text).toBe(403)
  expect(answer.body).toMatchObject({
    code: "quota_exceeded",
    detail: "There may be at most 5 of items with one value of owner_id",
  })
}

describe("a quota", () => {
  test("ends single creates at its number, for each owner alone", async () => {
    for (const title of ["4", "5"]) expect((await create(w.ann, item(title))).status).toBe(201)
    expectExceeded(await create(w.ann, item("6")))
    expect(await count(w.ann)).toBe(5)
    expect((await create(w.bob, item("4"))).status).toBe(201)
  })

  test("ends creates of many as a whole", async () => {
    expectExceeded(await create(w.ann, [item("4"), item("5"), item("6")]))
    expect(await count(w.ann)).toBe(3)
    const made = await create(w.ann, [item("4"), item("5")])
    expect(made.status, made.text).toBe(201)
    expect(made.body).toMatchObject([{ title: "4" }, { title: "5" }])
    expectExceeded(await create(w.ann, [item("6")]))
  })

  test("counts nested creates and an admin's for somebody by the row's owner", async () => {
    expect((await create(w.root, { ...item("4"), owner_id: w.ann.id })).status).toBe(201)
    expect((await create(w.root, item("5"), `/users/${w.ann.id}/items`)).status).toBe(201)
    expectExceeded(await create(w.root, item("6"), `/users/${w.ann.id}/items`))
    expectExceeded(await create(w.root, [item("4"), { ...item("6"), owner_id: w.ann.id }]))
    expect(await count(w.root)).toBe(0)
    expect((await create(w.root, item("1"))).status).toBe(201)
  })

  test("holds when creates race for the last places", async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => create(w.ann, item(`${i}`))))
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([201, 201, ...Array(10).fill(403)])
    expect(await count(w.ann)).toBe(5)
  })

  test("holds when creates of many race, and none is half done", async () => {
    const both = () => [item("4"), item("5")]
    const answers = await Promise.all(Array.from({ length: 6 }, () => create(w.bob, both())))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 403, 403, 403, 403, 403])
    expect(await count(w.bob)).toBe(5)
  })

  test("is told in the document", async () => {
    const document = (await call("GET", "/openapi.json")).body as {
      paths: Record<string, { post?: { description?: string } }>
    }
    for (const path of ["/items", "/users/{id}/items"])
      expect(document.paths[path]?.post?.description).toContain("At most 5 rows")
  })
})

describe("an import", () => {
  const rows = (owner_id: number, times: number) =>
    Array.from({ length: times }, (_, i) => ({ title: `i${i}`, description: null, price: 1, owner_id }))
  const outcome = async (statements: Parameters<ReturnType<World["database"]["connect"]>["batch"]>[0]) => {
    const client = w.database.connect()
    try {
      await client.batch(statements)
      return "done"
    } catch (error) {
      return classify(error)?.kind
    } finally {
      await client.close?.()
    }
  }

  test("is held to the quota batch by batch, whosever the rows are", async () => {
    const insert = (...some: ReturnType<typeof rows>) => {
      const { before, after } = quotaOfRows(limited, some)
      return outcome([...before, ...insertMany(limited, some), ...after])
    }
    expect(await insert(...rows(w.root.id, 4), ...rows(w.ann.id, 3))).toBe("quota")
    expect([await count(w.root), await count(w.ann)]).toEqual([0, 3])
    expect(await insert(...rows(w.root.id, 5), ...rows(w.ann.id, 2))).toBe("done")
    expect(await insert(...rows(w.root.id, 1))).toBe("quota")
  })

  test("that is atomic is held to it as a whole", async () => {
    const move = async (...some: ReturnType<typeof rows>) => {
      const table = "__weir_staging_test"
      const shape = Object.keys(some[0] ?? {}).join()
      expect(await outcome([...staging.open(table), ...staging.add(table, limited, some)])).toBe("done")
      const { before, after } = quotaOfStaged(limited, staging.name(table), [shape])
      const moved = await outcome([...before, staging.move(table, limited, shape), ...after])
      await outcome(staging.close(table))
      return moved
    }
    expect(await move(...rows(w.root.id, 4), ...rows(w.ann.id, 3))).toBe("quota")
    expect(await move(...rows(w.root.id, 5), ...rows(w.ann.id, 2))).toBe("done")
    expect([await count(w.root), await count(w.ann)]).toEqual([5, 5])
  })
})
