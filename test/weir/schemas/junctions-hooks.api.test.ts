import "#fresh"
import { afterEach, beforeEach, expect, test } from "vitest"
import { type AfterWrite, Problem } from "../../../src/weir/index.ts"
import { eventually } from "../support/http.ts"
import { blocks, type World, world } from "./junctions/world.ts"

/** Hooks of junctions: their keys are of several columns, or name several rows of one link. */
let w: World
let told: Record<string, unknown>[]
let asked: unknown[]
let refuses: (key: unknown) => boolean
beforeEach(async () => {
  told = []
  asked = []
  refuses = () => false
  const { taskRooms, taskTags, taskWatchers } = blocks()
  const tell = ({ verb, key, row }: Pick<AfterWrite, "verb" | "key" | "row">) => told.push({ verb, key, row })
  const ask = ({ key }: { key: unknown }) => {
    asked.push(key)
    if (refuses(key)) throw new Problem("conflict", "stays")
  }
  const hooks = { after: { create: tell, delete: tell }, before: { delete: ask } }
  w = await world({
    taskRooms: { ...taskRooms, ...hooks },
    taskTags: { ...taskTags, ...hooks },
    taskWatchers: { ...taskWatchers, ...hooks },
  })
})
afterEach(() => w.close())

const toldOf = async (count: number) => {
  await eventually(() => expect(told).toHaveLength(count))
  return told.splice(0)
}

test("a link is told with the key of its row, of several columns", async () => {
  expect((await w.send("ann", "PUT", "/tasks/2/tags/red", { note: "new" })).status).toBe(204)
  const [made] = await toldOf(1)
  expect(made).toMatchObject({
    verb: "create",
    key: [2, "red"],
    row: { taskId: 2, tagId: "red", note: "new" },
  })
  expect((await w.send("ann", "DELETE", "/tasks/2/tags/red")).status).toBe(204)
  expect(await toldOf(1)).toMatchObject([{ verb: "delete", key: [2, "red"], row: { note: "new" } }])
  expect(asked).toEqual([[2, "red"]])
})

test("a link of several rows is asked for and told row by row, and stays whole where one is refused", async () => {
  const stored = await w.stored("taskWatchers")
  refuses = (key) => key === 4
  const refused = await w.send("ann", "DELETE", "/tasks/1/watchers/ann")
  expect(refused.status, refused.text).toBe(409)
  expect(await w.stored("taskWatchers")).toEqual(stored)
  expect(asked).toHaveLength(2)
  refuses = () => false
  expect((await w.send("ann", "DELETE", "/tasks/1/watchers/ann")).status).toBe(204)
  const rows = await toldOf(2)
  expect(rows.map(({ row }) => row)).toMatchObject([
    { taskId: 1, personId: "ann", reason: "one" },
    { taskId: 1, personId: "ann", reason: "two" },
  ])
})

test("rows that are not the viewer's to delete are not asked for", async () => {
  // Of Bob's two rows one is set by Ann.
  expect((await w.send("bob", "DELETE", "/tasks/1/watchers/bob")).status).toBe(403)
  expect(asked).toEqual([])
})
