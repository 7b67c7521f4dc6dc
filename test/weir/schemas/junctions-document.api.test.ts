import "#fresh"
import { createRoute } from "@hono/zod-openapi"
import { describe, expect, test } from "vitest"
import { anyone, defineApi, nobody, resourcesOf, route, through } from "../../../src/weir/index.ts"
import { appOver } from "../support/fresh.ts"
import { type OpenApi, parsed } from "../support/openapi.ts"
import { apiOf, type Blocks, blocks, schema } from "./junctions/world.ts"

/** What the document says of links, and what a team is told of a wrong one at load. */
async function documentOf(own: Partial<Blocks> = {}): Promise<OpenApi> {
  const subject = { api: apiOf(own), migrations: new URL("file:///none/") }
  const { app } = appOver({ connect: () => {} } as never, { subject })
  return parsed(await (await app.request("/openapi.json")).text())
}

type Params = { name: string; in: string; schema: unknown }[]

test("links are described: their keys, their bodies, their names", async () => {
  const { paths } = await documentOf()
  const found = (path: string, method: string) => paths[path]?.[method] as never as Record<string, unknown>
  const put = found("/tasks/{id}/tags/{tagId}", "put")
  expect(put).toMatchObject({ operationId: "linkTagsOfTask", tags: ["tags"], security: [{ password: [] }] })
  expect((put.parameters as Params).map(({ name, in: place }) => [place, name])).toEqual([
    ["path", "id"],
    ["path", "tagId"],
    ["header", "Prefer"],
  ])
  expect(put.requestBody).toMatchObject({
    required: false,
    content: { "application/json": { schema: { $ref: "#/components/schemas/TagsOfTaskLink" } } },
  })
  expect(Object.keys(put.responses as object).sort()).toEqual([
    "204",
    "401",
    "403",
    "404",
    "409",
    "413",
    "415",
    "422",
    "500",
    "503",
  ])
  expect(found("/tasks/{id}/tags/{tagId}", "delete")).toMatchObject({ operationId: "unlinkTagsOfTask" })
  expect(found("/tasks/{id}/watchers/{personId}", "put").requestBody).toMatchObject({ required: true })
  expect(found("/tasks/{id}/rooms/{house},{number}", "put").requestBody).toBeUndefined()
  expect(found("/rooms/{house},{number}/tasks/{taskId}", "put")).toMatchObject({
    operationId: "linkRoomTasks",
    security: [{ password: [] }, {}],
  })
  expect(found("/tasks/{id}/blocks/{blockedId}", "put")).toMatchObject({ operationId: "linkBlocksOfTask" })
  expect(found("/tasks/{id}/blockedBy/{blockerId}", "put")).toMatchObject({
    operationId: "linkTaskBlockedBy",
  })
  expect(found("/tasks/{id}/tags", "get")).toMatchObject({ operationId: "listTagsOfTask" })
  expect(found("/tasks/{id}/tags", "post")).toBeUndefined()
  const list = found("/tasks", "get").parameters as Params
  for (const name of [
    "include.tags.limit",
    "include.tags.sort",
    "include.tags.fields",
    "include.blocks.skip",
  ])
    expect(list.map((param) => param.name)).toContain(name)
  const operations = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map((one) => one.operationId),
  )
  expect(new Set(operations).size).toBe(operations.length)
})

test("a body has the junction's other columns, but for those that nobody may set", async () => {
  const { components } = await documentOf({
    taskTags: { ...blocks().taskTags, fields: { buried: { write: nobody } } },
  })
  const { properties } = components.schemas.TagsOfTaskLink as { properties: object }
  expect(Object.keys(properties)).toEqual(["note", "place", "addedBy", "addedAt"])
})

test("names that links would have twice are others", async () => {
  const tasks = { ...blocks().tasks, embed: { tags: through("taskTags", "tag"), taskTags: {} } }
  const { paths, components } = await documentOf({
    tasks,
    taskTags: { ...blocks().taskTags, singular: "TagsOfTaskLink" },
  })
  expect(paths["/tasks/{id}/tags/{tagId}"]?.put?.operationId).not.toBe("linkTagsOfTask")
  expect(Object.keys(components.schemas)).toContain("TagsOfTaskLink")
})

describe("one line at load", () => {
  const tasksWith = (embed: object) => () => apiOf({ tasks: { ...blocks().tasks, embed } as never })
  test.each([
    [
      "a first step that is no relation",
      tasksWith({ tags: through("taskTag", "tag") }),
      /^tasks: embed "tags" goes through "taskTag", which is no relation of tasks to a resource: the junction must be one/,
    ],
    [
      "a second step that is no relation",
      tasksWith({ tags: through("taskTags", "tags") }),
      /^tasks: embed "tags" goes through "taskTags" to "tags", which is no relation of taskTags to a resource$/,
    ],
    [
      "a first step to one row",
      tasksWith({ owners: through("project", "tasks") }),
      /^tasks: embed "owners" goes through "project", which leads to one row/,
    ],
    [
      "a second step to many rows",
      () => apiOf({ projects: { read: anyone, embed: { tags: through("tasks", "taskTags") } } }),
      /^projects: embed "tags" goes through "tasks" to "taskTags", which leads to many rows/,
    ],
    [
      "a limit that is none",
      tasksWith({ tags: through("taskTags", "tag", { limit: 0 }) }),
      /^tasks: the limit of embed "tags" must be a whole number/,
    ],
    [
      "a sort by no column",
      tasksWith({ tags: through("taskTags", "tag", { sort: "note" }) }),
      /^tasks: the sort of embed "tags" names "note", which is no column of tags$/,
    ],
    [
      "a name that no query can have",
      tasksWith({ "my tags": through("taskTags", "tag") }),
      /^tasks: embed "my tags" holds more/,
    ],
    [
      "a junction that is no resource",
      () => {
        const { taskTags: _, tags: __, ...others } = blocks()
        const tasks = { ...others.tasks, embed: { tags: through("taskTags", "tag") } }
        return defineApi({
          title: "T",
          version: "1",
          accounts: false,
          schema,
          resources: resourcesOf(schema, { ...others, tags: { read: anyone }, tasks }),
        })
      },
      /^tasks: embed "tags" goes through "taskTags", which is no relation of tasks to a resource: the junction must be one, since its rules say who sees a link$/,
    ],
    [
      "a hand-written route at a link's path",
      () => {
        const config = createRoute({
          method: "put",
          path: "/tasks/{a}/tags/{b}",
          responses: { 204: { description: "x" } },
        })

        return defineApi({
          title: "T",
          version: "1",
          accounts: false,
          schema,
          resources: resourcesOf(schema, blocks()),
          routes: [route(config, (c) => c.body(null, 204))],
        })
      },
      /^PUT \/tasks\/{a}\/tags\/{b}: is served already/,
    ],
  ])("says %s", (_, make, message) => {
    let error: Error | undefined
    try {
      make()
    } catch (thrown) {
      error = thrown as Error
    }
    expect(error?.message).toMatch(message)
    expect(error?.message).not.toContain("\n")
  })

  test("and none for options beside the steps, and a name that a column has", () => {
    const api = tasksWith({
      tags: { ...through("taskTags", "tag"), limit: 20, sort: "-name" },
      title: through("taskTags", "tag"),
    })()
    const { relations } = api.resources.find(({ name }) => name === "tasks") as (typeof api.resources)[0]
    expect(relations.tags).toMatchObject({ limit: 20, sort: "-name" })
    expect(Object.keys(relations)).toEqual(["tags", "titleRow"])
  })
})
