import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { admin, anyone, nobody } from "../../../src/weir/index.ts"
import type { Answer } from "../support/client.ts"
import { type Row, rowOf } from "../support/samples.ts"
import { blocks, type Who, type World, world } from "./junctions/world.ts"

/** PUT makes a link and DELETE removes it, under the rules of the junction and of the rows that it links. */
let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

type Table = Parameters<World["stored"]>[0]
const linkTables: Table[] = ["taskTags", "taskWatchers", "taskRooms", "taskBlocks"]

/** The rows that a request adds to the junctions and takes from them. */
async function changesOf(run: () => Promise<unknown>): Promise<{ added: Row[]; gone: Row[] }> {
  const all = async () => (await Promise.all(linkTables.map((table) => w.stored(table)))).flat()
  const before = await all()
  await run()
  const after = await all()
  const without = (rows: Row[], others: Row[]) => {
    const texts = new Set(others.map((row) => JSON.stringify(row)))
    return rows.filter((row) => !texts.has(JSON.stringify(row)))
  }
  return { added: without(after, before), gone: without(before, after) }
}

const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code
const pathsOf = ({ body }: Answer): unknown =>
  (body as { errors?: { path: string }[] } | undefined)?.errors?.map(({ path }) => path)

interface Case {
  as?: Who
  put?: string
  delete?: string
  json?: unknown
  body?: string
  headers?: object
  status: number
  code?: string
  errors?: string[]
  /** The rows that it adds. Default: none. */
  added?: Row[]
  /** How many rows it takes away. Default: 0. */
  gone?: number
}

const cases: [name: string, scenario: Case][] = [
  [
    "a link",
    {
      put: "/tasks/1/tags/lone",
      status: 204,
      added: [
        {
          taskId: 1,
          tagId: "lone",
          note: null,
          place: 7,
          buried: false,
          addedBy: "ann",
          addedAt: expect.any(Date),
        },
      ],
    },
  ],
  [
    "a link from the other side",
    { put: "/tags/lone/tasks/1", status: 204, added: [{ taskId: 1, tagId: "lone", addedBy: "ann" }] },
  ],
  [
    "a link with other columns",
    {
      put: "/tasks/1/tags/lone",
      json: { note: "n", place: 3 },
      status: 204,
      added: [{ note: "n", place: 3 }],
    },
  ],
  ["a link that is there", { put: "/tasks/1/tags/red", status: 204 }],
  [
    "a link that is there, with other columns",
    { put: "/tasks/1/tags/red", json: { note: "new" }, status: 204 },
  ],
  [
    "an object without members",
    { put: "/tasks/1/tags/lone", json: {}, status: 204, added: [{ tagId: "lone" }] },
  ],
  [
    "a type without a body",
    {
      put: "/tasks/1/tags/lone",
      headers: { "content-type": "application/json" },
      status: 204,
      added: [{ tagId: "lone" }],
    },
  ],
  [
    "the keys in the body as in the path",
    {
      put: "/tasks/1/tags/lone",
      json: { taskId: 1, tagId: "lone" },
      status: 204,
      added: [{ tagId: "lone" }],
    },
  ],
  [
    "other keys in the body",
    {
      put: "/tasks/1/tags/lone",
      json: { taskId: 2, tagId: "red" },
      status: 422,
      errors: ["taskId", "tagId"],
    },
  ],
  ["nobody in particular", { as: "anonymous", put: "/tasks/1/tags/lone", status: 401 }],
  ["another's task", { as: "bob", put: "/tasks/1/tags/lone", status: 403, code: "forbidden" }],
  ["another's task, linked already", { as: "bob", put: "/tasks/1/tags/red", status: 403, code: "forbidden" }],
  ["a task that is not there", { as: "root", put: "/tasks/99/tags/red", status: 404 }],
  ["a task that one may not see", { as: "bob", put: "/tasks/3/tags/lone", status: 404 }],
  ["a tag that is not there", { put: "/tasks/1/tags/nope", status: 404 }],
  ["a tag that is not there, for admins", { as: "root", put: "/tasks/1/tags/nope", status: 404 }],
  ["a tag that one may not see", { put: "/tasks/2/tags/hush", status: 404 }],
  ["a tag that one may not see, linked already", { put: "/tasks/1/tags/hush", status: 404 }],
  [
    "a secret tag, by an admin",
    { as: "root", put: "/tasks/2/tags/hush", status: 204, added: [{ taskId: 2, tagId: "hush" }] },
  ],
  ["a key that is none", { put: "/tasks/one/tags/red", status: 422 }],
  [
    "a column that is not one's to set",
    { put: "/tasks/1/tags/lone", json: { buried: true }, status: 403, errors: ["buried"] },
  ],
  [
    "the same by an admin",
    { as: "root", put: "/tasks/1/tags/lone", json: { buried: true }, status: 204, added: [{ buried: true }] },
  ],
  [
    "a reference to nothing in the body",
    { as: "root", put: "/tasks/1/tags/lone", json: { addedBy: "eve" }, status: 422, errors: ["addedBy"] },
  ],
  ["an unknown member", { put: "/tasks/1/tags/lone", json: { colour: 1 }, status: 422, errors: ["colour"] }],
  ["an array", { put: "/tasks/1/tags/lone", json: [{}], status: 422, errors: ["body"] }],
  ["null", { put: "/tasks/1/tags/lone", json: null, status: 422, errors: ["body"] }],
  [
    "a value that is taken",
    { put: "/tasks/1/tags/lone", json: { note: "first", place: 7 }, status: 409, code: "duplicate" },
  ],
  ["a query string", { put: "/tasks/1/tags/lone?note=x", status: 422, errors: ["note"] }],
  [
    "what is no JSON",
    { put: "/tasks/1/tags/lone", headers: { "content-type": "text/plain" }, json: {}, status: 415 },
  ],
  ["a required column left out", { put: "/tasks/1/watchers/root", status: 422, errors: ["reason"] }],
  [
    "a required column given",
    {
      put: "/tasks/1/watchers/root",
      json: { reason: "r" },
      status: 204,
      added: [{ personId: "root", reason: "r", setBy: "ann" }],
    },
  ],
  ["a link that is there twice", { put: "/tasks/1/watchers/bob", json: { reason: "three" }, status: 204 }],
  [
    "oneself",
    {
      as: "bob",
      put: "/tasks/4/watchers/me",
      json: { reason: "r" },
      status: 204,
      added: [{ taskId: 4, personId: "bob" }],
    },
  ],
  [
    "oneself as the parent",
    {
      as: "bob",
      put: "/people/me/watched/4",
      json: { reason: "r" },
      status: 204,
      added: [{ taskId: 4, personId: "bob" }],
    },
  ],
  [
    "a key of two columns",
    { put: "/tasks/4/rooms/a%2Cb,2", status: 204, added: [{ taskId: 4, house: "a,b", number: 2 }] },
  ],
  [
    "a key of two columns as the parent",
    { put: "/rooms/north,3/tasks/4", status: 204, added: [{ taskId: 4, house: "north", number: 3 }] },
  ],
  ["a key of two columns that is there", { put: "/tasks/1/rooms/a%2Cb,2", status: 204 }],
  ["a key of two columns of no row", { put: "/tasks/4/rooms/a%2Cb,9", status: 404 }],
  ["a key of too many parts", { put: "/tasks/4/rooms/a,b,2", status: 422 }],
  ["a table with itself", { put: "/tasks/2/blocks/1", status: 204, added: [{ blockerId: 2, blockedId: 1 }] }],
  [
    "a table with itself, the other way",
    { put: "/tasks/2/blockedBy/4", status: 204, added: [{ blockerId: 4, blockedId: 2 }] },
  ],
  ["an unlink", { delete: "/tasks/1/tags/red", status: 204, gone: 1 }],
  ["an unlink from the other side", { delete: "/tags/red/tasks/1", status: 204, gone: 1 }],
  ["an unlink of nothing", { delete: "/tasks/1/tags/lone", status: 404 }],
  ["an unlink by nobody in particular", { as: "anonymous", delete: "/tasks/1/tags/red", status: 401 }],
  ["an unlink that is not one's own", { delete: "/tasks/1/tags/a%2Fb%2Cc", status: 403, code: "forbidden" }],
  ["an unlink that is one's own", { as: "bob", delete: "/tasks/1/tags/a%2Fb%2Cc", status: 204, gone: 1 }],
  ["an unlink that one may not see", { delete: "/tasks/2/tags/a%2Fb%2Cc", status: 404 }],
  ["an unlink of a task that one may not see", { as: "bob", delete: "/tasks/3/tags/red", status: 404 }],
  ["an unlink where only one of two rows is one's own", { delete: "/tasks/1/watchers/bob", status: 403 }],
  ["an unlink of two rows", { delete: "/tasks/1/watchers/ann", status: 204, gone: 2 }],
  [
    "an unlink of two rows of others, by an admin",
    { as: "root", delete: "/tasks/1/watchers/bob", status: 204, gone: 2 },
  ],
  ["an unlink of a key of two columns", { delete: "/tasks/1/rooms/a%2Cb,2", status: 204, gone: 1 }],
  ["an unlink of a table with itself", { delete: "/tasks/1/blocks/2", status: 204, gone: 1 }],
  ["an unlink the wrong way round", { delete: "/tasks/2/blocks/1", status: 404 }],
  ["an unlink with a query string", { delete: "/tasks/1/tags/red?all=1", status: 422 }],
]

test.each(cases)("%s", async (_, { as = "ann", status, code, errors, added = [], gone = 0, ...one }) => {
  let answer: Answer | undefined
  const changes = await changesOf(async () => {
    answer = await w.send(
      as,
      one.put ? "PUT" : "DELETE",
      (one.put ?? one.delete) as string,
      one.json,
      one.headers,
    )
  })
  expect(answer?.status, answer?.text).toBe(status)
  if (status === 204) expect(answer?.text).toBe("")
  if (code) expect(codeOf(answer as Answer)).toBe(code)
  if (errors) expect(pathsOf(answer as Answer)).toEqual(errors)
  expect(changes.added).toHaveLength(added.length)
  for (const [i, row] of added.entries()) expect(changes.added[i]).toMatchObject(row)
  expect(changes.gone).toHaveLength(gone)
})

test.each([
  ["/tasks/2/tags/lone", undefined],
  ["/tasks/2/watchers/root", { reason: "r" }],
  ["/tasks/2/rooms/a%2Cb,1", undefined],
])("PUTs of one link at once are all a 204, and it is there once: %s", async (path, json) => {
  const { added } = await changesOf(async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => w.send("ann", "PUT", path, json)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 204))
  })
  expect(added).toHaveLength(1)
})

test("DELETEs of one link at once are one 204, and 404s", async () => {
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => w.send("ann", "DELETE", "/tasks/1/tags/red")),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404, 404, 404, 404])
})

test.each([
  ["POST", "/tasks/1/tags", "GET, HEAD, QUERY"],
  ["PUT", "/tasks/1/tags", "GET, HEAD, QUERY"],
  ["GET", "/tasks/1/tags/red", "DELETE, PUT"],
  ["PATCH", "/tasks/1/tags/red", "DELETE, PUT"],
  ["POST", "/tasks/1/tags/batch", "DELETE, PUT"],
])("%s %s is a 405: %s", async (method, path, allow) => {
  const answer = await w.send("ann", method, path)
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow])
})

describe("under other rules", () => {
  const over = async (own: Parameters<typeof world>[0], run: (other: World) => Promise<void>) => {
    const other = await world(own)
    try {
      await run(other)
    } finally {
      await other.close()
    }
  }
  const taskTags = blocks().taskTags as object

  test("what is closed to everybody has no route", () =>
    over({ taskTags: { ...taskTags, create: nobody, delete: nobody } }, async ({ send }) => {
      expect((await send("root", "PUT", "/tasks/1/tags/lone")).status).toBe(404)
      expect((await send("root", "DELETE", "/tasks/1/tags/red")).status).toBe(404)
      expect((await send("root", "GET", "/tasks/1/tags")).status).toBe(200)
    }))

  test("a tag that one may see and not name is a 403, one that one may name and not see is linked", () =>
    over({ taskTags: { ...taskTags, fields: { tagId: { refersTo: admin } } } }, async ({ send }) => {
      expect((await send("ann", "PUT", "/tasks/1/tags/lone")).status).toBe(403)
      expect((await send("ann", "PUT", "/tasks/1/tags/hush")).status).toBe(404)
      expect((await send("root", "PUT", "/tasks/1/tags/lone")).status).toBe(204)
    }).then(() =>
      over({ taskTags: { ...taskTags, fields: { tagId: { refersTo: anyone } } } }, async ({ send }) => {
        expect((await send("ann", "PUT", "/tasks/2/tags/hush")).status).toBe(204)
        expect((await send("ann", "PUT", "/tasks/2/tags/nope")).status).toBe(404)
      }),
    ))

  test("a quota counts new links, and none that is there", () =>
    over({ taskTags: { ...taskTags, quota: { per: "addedBy", rows: 4 } } }, async ({ send }) => {
      expect((await send("ann", "PUT", "/tasks/1/tags/red")).status).toBe(204)
      const beyond = await send("ann", "PUT", "/tasks/1/tags/lone")
      expect([beyond.status, codeOf(beyond)]).toEqual([403, "quota_exceeded"])
      expect((await send("bob", "PUT", "/tasks/4/tags/lone")).status).toBe(204)
    }))

  test("a hidden column keeps its links from being removed, and from being found", () =>
    over({ taskTags: { ...taskTags, fields: { tagId: { read: admin } } } }, async ({ send }) => {
      expect((await send("ann", "DELETE", "/tasks/1/tags/red")).status).toBe(404)
      expect((await send("root", "DELETE", "/tasks/1/tags/red")).status).toBe(204)
    }))
})

test("a link that is written is in the next read, and other rows' answers stay", async () => {
  const cached = await world({}, true)
  const { send } = cached
  const ownReads = ["/tasks/1/tags", "/tasks/1/tags?count=exact", "/tasks/1?include=tags"]
  const otherReads = ["/tags/lone/tasks", "/tasks?tags.id=lone", "/projects?include=tasks.tags", "/taskTags"]
  const strangers = ["/tasks/4/tags", "/tasks/4?fields=id&include=tags&include.tags.fields=secret"]
  const reads = [...ownReads, ...otherReads]
  const all = async () => {
    const answers: Answer[] = []
    for (const path of reads) answers.push(await send("ann", "GET", path))
    return answers
  }
  const states = async () => {
    const [first, second] = [await all(), await all()]
    expect(second.map(({ headers }) => headers.get("cache-status"))).toEqual(
      reads.map(() => expect.stringMatching(/hit/)),
    )
    expect(second.map(({ text }) => text)).toEqual(first.map(({ text }) => text))
    return second.map(({ text }) => text)
  }
  const before = await states()
  for (const path of strangers) await send("ann", "GET", path)
  expect((await send("ann", "PUT", "/tasks/1/tags/lone")).status).toBe(204)
  for (const path of strangers)
    expect((await send("ann", "GET", path)).headers.get("cache-status"), path).toMatch(/hit/)
  const linked = await states()
  for (const [i, text] of linked.entries()) expect(text, reads[i]).not.toBe(before[i])
  expect((await send("ann", "GET", "/tasks/1/tags?count=exact")).headers.get("x-total-count")).toBe("3")
  expect((await send("ann", "DELETE", "/tasks/1/tags/lone")).status).toBe(204)
  expect(await states()).toEqual(before)
  // Rows of a junction with a key of its own are answers, too.
  const [watcher] = await cached.stored("taskWatchers")
  const path = `/taskWatchers/${watcher?.id}`
  expect(rowOf(await send("ann", "GET", path))).toMatchObject({ personId: "bob" })
  expect((await send("root", "DELETE", "/tasks/1/watchers/bob")).status).toBe(204)
  expect((await send("ann", "GET", path)).status).toBe(404)
  await cached.close()
})

test("links that are made and removed at once are there or not, and forbidden to nobody who may", async () => {
  const path = "/tasks/1/tags/lone"
  const answers = await Promise.all(
    Array.from({ length: 80 }, (_, n) => w.send("root", n % 2 ? "PUT" : "DELETE", path)),
  )
  const codes = answers.map((answer) => codeOf(answer) ?? answer.status)
  expect(codes.filter((code) => ![204, "not_found", "conflict"].includes(code as string))).toEqual([])
})
