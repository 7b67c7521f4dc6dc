import "#fresh"
import { afterEach, beforeEach, expect, test } from "vitest"
import { admin, anyone } from "../../../src/weir/index.ts"
import { rowHistory } from "../../../src/weir/schema.ts"
import { createTables } from "../support/create-tables.ts"
import { blocks, type Who, type World, world } from "./junctions/world.ts"

/** Versions of rows of junctions and of keys of several columns, which links and unlinks make as well. */
let w: World
beforeEach(async () => {
  const { taskTags, taskWatchers, rooms } = blocks()
  w = await world({
    taskTags: { read: anyone, create: anyone, delete: anyone, ...taskTags, history: true },
    taskWatchers: { ...taskWatchers, history: true },
    rooms: { ...rooms, create: admin, update: admin, delete: admin, history: { keep: 1 } },
  })
  await createTables(w.database, { rowHistory })
})
afterEach(() => w.close())

const versions = async (path: string, who: Who = "root") => {
  const { body, status, text } = await w.send(who, "GET", `${path}/history`)
  expect(status, text).toBe(200)
  return (body as { version: number; verb: string; by: string | null; row: unknown }[]).map(
    ({ version, verb, by }) => `${version} ${verb} ${by}`,
  )
}
const stored = async () =>
  (
    await w.database.connect().query({
      text: "select table_name, row_key, version, verb from weir_row_history order by id",
      params: [],
    })
  ).map((row) => row.join(" "))

test("a link is the first version of its row, and an unlink the last", async () => {
  expect((await w.send("ann", "PUT", "/tasks/1/tags/lone")).status).toBe(204)
  // It is there already.
  expect((await w.send("ann", "PUT", "/tasks/1/tags/lone")).status).toBe(204)
  expect((await w.send("bob", "DELETE", "/tasks/1/tags/lone")).status).toBe(403)
  expect(await versions("/taskTags/1,lone", "ann")).toEqual(["1 insert ann"])
  expect((await w.send("ann", "DELETE", "/tasks/1/tags/lone")).status).toBe(204)
  expect(await versions("/taskTags/1,lone")).toEqual(["2 delete ann", "1 insert ann"])
  // A row that was there before, whose key holds a comma.
  expect((await w.send("bob", "DELETE", "/tasks/1/tags/a%2Fb%2Cc")).status).toBe(204)
  expect(await versions("/taskTags/1,a%2Fb%2Cc")).toEqual(["1 delete bob", "0 initial null"])
  expect(await stored()).toHaveLength(4)
})

test("an unlink of several rows leaves a version of each, and one that is refused none", async () => {
  expect((await w.send("bob", "DELETE", "/tasks/1/watchers/bob")).status).toBe(403)
  expect(await stored()).toEqual([])
  expect((await w.send("ann", "DELETE", "/tasks/1/watchers/ann")).status).toBe(204)
  expect((await stored()).sort()).toEqual([
    "todo_watcher 3 0 initial",
    "todo_watcher 3 1 delete",
    "todo_watcher 4 0 initial",
    "todo_watcher 4 1 delete",
  ])
})

test("keys of several columns", async () => {
  const path = "/rooms/a%2Cb,1"
  expect((await w.send("root", "PATCH", path, { beds: 5 })).status).toBe(200)
  expect((await w.send("root", "PATCH", path, { house: "x" })).status).toBe(403)
  expect((await w.send("root", "POST", "/rooms", { house: "5%,", number: 1, beds: 1 })).status).toBe(201)
  expect(await versions(path, "anonymous")).toEqual(["1 update root", "0 initial null"])
  expect(await versions("/rooms/5%25%2C,1", "anonymous")).toEqual(["1 insert root"])
  const back = await w.send("root", "PATCH", `${path}?from_version=0`)
  expect(back.body).toEqual({ house: "a,b", number: 1, beds: 1 })
  const then = await w.send("anonymous", "GET", `${path}?as_of=2999-01-01T00:00:00Z`)
  expect(then.body).toEqual(back.body)
})
