import "#fresh"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { admin } from "../../../src/weir/index.ts"
import { rowOf, rowsOf } from "../support/samples.ts"
import { blocks, type Who, type World, world } from "./junctions/world.ts"

/** Rows that a junction links: each once, under the rules of the junction and of the target, and of their columns. */
let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

describe("lists", () => {
  test.each<[who: Who, path: string, expected: unknown[] | number]>([
    ["anonymous", "/tasks/1/tags", ["a/b,c", "red"]],
    ["ann", "/tasks/1/tags", ["a/b,c", "red"]],
    ["root", "/tasks/1/tags", ["a/b,c", "hush", "red"]],
    ["ann", "/tasks/1/tags?sort=-name", ["red", "a/b,c"]],
    ["ann", "/tasks/1/tags?name=urgent", ["red"]],
    ["root", "/tasks/1/tags?name=urgent", ["hush", "red"]],
    ["ann", "/tasks/1/tags?secret=true", []],
    ["ann", "/tasks/1/tags?tasks.title=t4", ["red"]],
    ["anonymous", "/tasks/1/tags?tasks.title=t3", []],
    ["ann", "/tasks/1/tags?tasks.title=t3", ["red"]],
    ["ann", "/tasks/1/tags?skip=1", ["red"]],
    ["ann", "/tasks/2/tags", []],
    ["root", "/tasks/2/tags", ["a/b,c"]],
    ["ann", "/tasks/5/tags", []],
    ["ann", "/tasks/3/tags", ["red"]],
    ["bob", "/tasks/3/tags", 404],
    ["anonymous", "/tasks/3/tags", 404],
    ["root", "/tasks/99/tags", 404],
    ["ann", "/tasks/one/tags", 422],
    ["ann", "/tasks/1/tags?note=first", 422],
    ["anonymous", "/tags/red/tasks", [1, 4]],
    ["ann", "/tags/red/tasks", [1, 3, 4]],
    ["ann", "/tags/a%2Fb%2Cc/tasks", [1]],
    ["root", "/tags/a%2Fb%2Cc/tasks", [1, 2]],
    ["ann", "/tags/hush/tasks", 404],
    ["root", "/tags/hush/tasks", [1]],
    ["anonymous", "/tasks/1/watchers", ["ann", "bob"]],
    ["anonymous", "/people/ann/watched", [1, 4]],
    ["ann", "/people/me/watched", [1, 4]],
    [
      "anonymous",
      "/tasks/1/rooms",
      [
        ["a,b", 2],
        ["north", 3],
      ],
    ],
    ["anonymous", "/rooms/a%2Cb,2/tasks", [1]],
    ["anonymous", "/rooms/north,3/tasks", [1]],
    ["anonymous", "/rooms/a,b,2/tasks", 422],
    ["anonymous", "/tasks/1/blocks", [2]],
    ["ann", "/tasks/1/blocks", [2, 3]],
    ["anonymous", "/tasks/1/blockedBy", [4]],
    ["anonymous", "/tasks/2/blockedBy", [1]],
  ])("%s: %s", async (who, path, expected) => {
    if (typeof expected === "number") expect((await w.send(who, "GET", path)).status).toBe(expected)
    else expect(await w.ids(path, who)).toEqual(expected)
  })

  test("pages by cursor, both ways, with a count", async () => {
    const first = await w.send("root", "GET", "/tasks/1/tags?limit=2&count=exact")
    expect(rowsOf(first).map(({ id }) => id)).toEqual(["a/b,c", "hush"])
    expect(first.headers.get("x-total-count")).toBe("3")
    const second = await w.send("root", "GET", first.links.next as string)
    expect(rowsOf(second).map(({ id }) => id)).toEqual(["red"])
    expect(second.links.next).toBeUndefined()
    const back = await w.send("root", "GET", second.links.prev as string)
    expect(rowsOf(back).map(({ id }) => id)).toEqual(["a/b,c", "hush"])
    const watchers = await w.send("ann", "GET", "/tasks/1/watchers?limit=1&count=exact")
    expect(watchers.headers.get("x-total-count")).toBe("2")
    expect(await w.ids(watchers.links.next as string)).toEqual(["bob"])
  })
})

describe("filters", () => {
  test.each<[who: Who, path: string, expected: unknown[] | number]>([
    ["anonymous", "/tasks?tags.name=urgent", [1, 4]],
    ["ann", "/tasks?tags.name=urgent", [1, 3, 4]],
    ["ann", "/tasks?tags.id[in]=red,hush&tags.name=slow", [1]],
    ["ann", "/tasks?tags.id=a/b,c", [1]],
    ["root", "/tasks?tags.id=a/b,c", [1, 2]],
    ["ann", "/tasks?tags.secret=true", []],
    ["root", "/tasks?tags.secret=true", [1]],
    ["anonymous", "/projects?tasks.tags.name=urgent", [1, 2]],
    ["ann", "/projects?tasks.tags.id=hush", []],
    ["root", "/projects?tasks.tags.id=hush", [1]],
    ["anonymous", "/projects?tasks.tags.tasks.title=t4", [1, 2]],
    ["anonymous", "/projects?tasks.tags.tasks.title=t3", []],
    ["ann", "/projects?tasks.tags.tasks.title=t3", [1, 2]],
    ["anonymous", "/tasks?project.tasks.tags.id=a/b,c", [1, 2]],
    ["anonymous", "/tasks?project.tasks.tags.id=a/b,c&id=2", [2]],
    ["anonymous", "/tags?tasks.tags.tasks.title=t4", ["a/b,c", "red"]],
    ["anonymous", "/tasks?rooms.beds=2", [1]],
    ["anonymous", "/tasks?blocks.title=t2", [1]],
    ["anonymous", "/tasks?blocks.title=t3", []],
    ["anonymous", "/tasks?blockedBy.blockedBy.title=t4", [2]],
    ["anonymous", "/tasks?watchers.email=bob@example.com", [1]],
    ["ann", "/tasks?tags.note=first", 422],
    ["ann", "/tasks?tags.tasks.tags.tasks.title=t1", 422],
    ["ann", "/tasks?tags=red", 422],
  ])("%s: %s", async (who, path, expected) => {
    if (typeof expected === "number") expect((await w.send(who, "GET", path)).status).toBe(expected)
    else expect(await w.ids(path, who)).toEqual(expected)
  })
})

describe("embeds", () => {
  const embedded = async (who: Who, path: string, name: string): Promise<unknown> =>
    rowOf(await w.send(who, "GET", path))[name]

  test.each<[who: Who, path: string, name: string, expected: unknown]>([
    ["ann", "/tasks/1?include=tags", "tags", [{ name: "slow" }, { name: "urgent" }]],
    [
      "root",
      "/tasks/1?include=tags&include.tags.fields=id&include.tags.sort=-id",
      "tags",
      [{ id: "red" }, { id: "hush" }, { id: "a/b,c" }],
    ],
    ["ann", "/tasks/1?include=tags&include.tags.limit=1", "tags", [{ name: "slow" }]],
    ["ann", "/tasks/1?include=tags&include.tags.skip=1", "tags", [{ name: "urgent" }]],
    ["ann", "/tasks/1?include=tags&include.tags.name=urgent", "tags", [{ id: "red" }]],
    ["ann", "/tasks/1?include=tags&include.tags.secret=true", "tags", []],
    ["ann", "/tasks/2?include=tags", "tags", []],
    [
      "ann",
      "/tasks/1?include=watchers&include.watchers.fields=id",
      "watchers",
      [{ id: "bob" }, { id: "ann" }],
    ],
    [
      "ann",
      "/tasks/1?include=rooms",
      "rooms",
      [
        { house: "north", number: 3 },
        { house: "a,b", number: 2 },
      ],
    ],
    ["anonymous", "/tasks/1?include=blocks", "blocks", [{ id: 2 }]],
    ["ann", "/tasks/1?include=blocks", "blocks", [{ id: 3 }, { id: 2 }]],
    ["ann", "/tasks/1", "blockedBy", [{ id: 4 }]],
    ["ann", "/tasks/1?include=", "blockedBy", undefined],
    ["ann", "/tags/red?include=tasks", "tasks", [{ id: 4 }, { id: 3 }, { id: 1 }]],
    [
      "ann",
      "/rooms/a%2Cb,2?include=tasks.tags",
      "tasks",
      [{ id: 1, tags: [{ id: "a/b,c" }, { id: "red" }] }],
    ],
    [
      "ann",
      "/projects/1?include=tasks.tags.tasks&include.tasks.sort=id&include.tasks.tags.limit=1",
      "tasks",
      [
        { id: 1, tags: [{ id: "a/b,c", tasks: [{ id: 1 }] }] },
        { id: 2, tags: [] },
        { id: 3, tags: [{ id: "red", tasks: [{ id: 4 }, { id: 3 }, { id: 1 }] }] },
      ],
    ],
  ])("%s: %s has %s", async (who, path, name, expected) => {
    const found = await embedded(who, path, name)
    if (expected === undefined) return expect(found).toBeUndefined()
    expect(found).toHaveLength((expected as unknown[]).length)
    expect(found).toMatchObject(expected as object)
  })

  test("of lists, of rows that many rows share, and beyond the size of a cheap answer", async () => {
    const tasks = rowsOf(await w.send("ann", "GET", "/tasks?include=tags,watchers"))
    expect(
      tasks.map(({ tags, watchers }) => [(tags as unknown[]).length, (watchers as unknown[]).length]),
    ).toEqual([
      [2, 2],
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 0],
    ])
    const links = rowsOf(await w.send("ann", "GET", "/taskTags?include=task.tags&sort=taskId,tagId"))
    expect(
      links.map(({ task }) => (task as { tags: { id: string }[] } | null)?.tags.map(({ id }) => id)),
    ).toEqual([["a/b,c", "red"], ["a/b,c", "red"], ["a/b,c", "red"], ["red"], ["red"]])
    const many = "/tasks?limit=1000&include=tags.tasks&include.tags.limit=3&include.tags.tasks.limit=60"
    expect(rowsOf(await w.send("root", "GET", many))).toHaveLength(6)
  })

  test.each([
    ["/tasks/1?include=tags&include.tags.limit=4", "include.tags.limit"],
    ["/tasks/1?include=tags&include.tags.note=first", "include.tags.note"],
    ["/tasks/1?include=taskTags", "include"],
    ["/tasks?include=tags.tasks.tags.tasks", "include"],
    ["/tasks?limit=1000&include=tags.tasks.tags", "include"],
  ])("%s is a 422 that names %s", async (path, named) => {
    const { status, body } = await w.send("anonymous", "GET", path)
    expect(status).toBe(422)
    expect((body as { errors: { path: string }[] }).errors[0]?.path).toBe(named)
  })
})

describe("what the junction's rules close", () => {
  test("is closed in lists, and empty in embeds and filters", async () => {
    const closed = await world({ taskTags: { ...blocks().taskTags, read: admin } })
    expect((await closed.send("anonymous", "GET", "/tasks/1/tags")).status).toBe(401)
    expect((await closed.send("ann", "GET", "/tasks/1/tags")).status).toBe(403)
    expect(await closed.ids("/tasks/1/tags", "root")).toHaveLength(3)
    expect(rowOf(await closed.send("ann", "GET", "/tasks/1?include=tags")).tags).toEqual([])
    expect(await closed.ids("/tasks?tags.name=urgent", "ann")).toEqual([])
    expect(await closed.ids("/tasks?tags.name=urgent", "root")).toEqual([1, 3, 4])
    await closed.close()
  })

  test.each([
    [
      "of the junction to the source",
      { taskTags: { ...blocks().taskTags, fields: { taskId: { read: admin } } } },
    ],
    [
      "of the junction to the target",
      { taskTags: { ...blocks().taskTags, fields: { tagId: { read: admin } } } },
    ],
    [
      "of the target",
      {
        tags: { ...blocks().tags, fields: { id: { read: admin } } },
        taskTags: { ...blocks().taskTags, embed: {} },
      },
    ],
  ])("a hidden column %s hides the links", async (_, own) => {
    const hiding = await world(own)
    const rows = rowsOf(await hiding.send("ann", "GET", "/tasks/1/tags"))
    expect(rows).toEqual([])
    expect(rowOf(await hiding.send("ann", "GET", "/tasks/1?include=tags")).tags).toEqual([])
    expect(await hiding.ids("/tasks?tags.name=urgent", "ann")).toEqual([])
    expect(rowsOf(await hiding.send("root", "GET", "/tasks/1/tags"))).toHaveLength(3)
    await hiding.close()
  })
})
