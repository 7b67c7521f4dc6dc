// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { sql } from "drizzle-orm"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { MemoryStore } from "../../../src/weir/cache/memory.ts"
import {
  all,
  any,
  anyone,
  nobody,
  not,
  type Rule,
  signedIn,
  through,
  viewerIs,
  where,
} from "../../../src/weir/index.ts"
import { cacheOver } from "../support/fresh.ts"
import type { Who } from "../support/scenarios.ts"
import { idsOf, type Team, team, teamApi } from "./support/team.ts"

const member = through("project.organization.memberships", viewerIs("user_id"))
const chief = through(
  "project.organization.memberships",
  all(where("role", "eq", "chief"), viewerIs("user_id")),
)
const inOrganization = through("organization.memberships", viewerIs("user_id"))

let t: Team
beforeAll(async () => {
  t = await team()
})
afterAll(() => t.close())

type Seen = Partial<Record<Who, number[]>>

describe("tasks that a rule lets through", () => {
  test.each<[string, Rule, Seen]>([
    [
      "a path of three relations",
      member,
      { anonymous: [], ann: [1, 2, 3], bob: [1, 2, 3, 4], root: [1, 2, 3, 4] },
    ],
    ["with a condition at its end", chief, { anonymous: [], ann: [], bob: [1, 2, 3] }],
    [
      "one relation",
      through("project", where("name", "starts_with", "acme")),
      { anonymous: [1, 2, 3], ann: [1, 2, 3] },
    ],
    [
      "a path in two pieces",
      through("project", inOrganization),
      { ann: [1, 2, 3], bob: [1, 2, 3, 4], anonymous: [] },
    ],
    ["to themselves", through("parent", where("title", "eq", "acme 1")), { ann: [2] }],
    ["to their children", through("children", anyone), { ann: [1, 4] }],
    ["to their children's children", through("children.children", anyone), { ann: [] }],
    ["from their parent on", through("parent.project", where("name", "eq", "paid")), { ann: [6] }],
    ["there and back", through("project.tasks", where("title", "eq", "acme 1.1")), { ann: [1, 2] }],
    ["nobody at the end", through("project", nobody), { ann: [], root: [] }],
    [
      "a path that nobody passes",
      through("project.organization.memberships", signedIn),
      { anonymous: [], ann: [1, 2, 3, 4] },
    ],
    ["not", not(member), { anonymous: [1, 2, 3, 4, 5, 6], ann: [4, 5, 6], bob: [5, 6], root: [5, 6] }],
    [
      "not of a null",
      not(viewerIs("author_id")),
      { anonymous: [1, 2, 3, 4, 5, 6], ann: [2, 3, 4], root: [] },
    ],
    ["not not", not(not(viewerIs("author_id"))), { ann: [1, 5, 6], bob: [2, 4], anonymous: [] }],
    ["any", any(member, viewerIs("author_id")), { ann: [1, 2, 3, 5, 6], bob: [1, 2, 3, 4] }],
    ["all", all(member, viewerIs("author_id")), { ann: [1], bob: [2, 4] }],
    [
      "all of any and not",
      all(any(member, viewerIs("author_id")), not(where("parent_id", "is_null", true))),
      { ann: [2, 6] },
    ],
    [
      "SQL at the end",
      through("project", (row) => sql`${row("name")} = 'paid' or ${row("organization_id")} = 3`),
      { ann: [4, 5] },
    ],
    [
      "SQL of both rows",
      (row, viewer) => through("project", (there) => sql`${there("name")} = ${row("title")}`)(row, viewer),
      { ann: [1, 3, 4, 5] },
    ],
    ["a person", through("author", where("username", "eq", "bob")), { ann: [2, 4] }],
  ])("by %s", async (_, rule, seen) => {
    const ask = t.ask(teamApi({ tasks: { read: rule } }))
    for (const [who, ids] of Object.entries(seen)) {
      const list = await ask(who as Who, "GET /tasks?count=exact")
      const found = list.status === 200 ? idsOf(list) : []
      expect([who, found], list.text).toEqual([who, ids])
      if (list.status === 200) expect(list.headers.get("x-total-count")).toBe(String(ids.length))
      for (const id of [1, 4, 6]) {
        const { status } = await ask(who as Who, `GET /tasks/${id}`)
        expect([who, id, status === 200]).toEqual([who, id, ids.includes(id)])
      }
    }
  })
})

describe("where", () => {
  test.each<[string, Rule, number[]]>([
    ["eq", where("title", "eq", "paid"), [4]],
    ["ne", where("author_id", "ne", 1), [2, 3, 4]],
    ["gt", where("weight", "gt", 1), [2, 4]],
    ["gte", where("weight", "gte", 1), [1, 2, 4, 5]],
    ["lt", where("weight", "lt", 1), [6]],
    ["lte", where("weight", "lte", 2.5), [1, 2, 5, 6]],
    ["in", where("weight", "in", [2.5, 0]), [2, 6]],
    ["in none", where("weight", "in", []), []],
    ["nin", where("weight", "nin", [2.5, 0]), [1, 3, 4, 5]],
    ["contains", where("title", "contains", "m"), [1, 2, 3, 5]],
    ["starts_with", where("title", "starts_with", "acme 1"), [1, 2]],
    ["is_null", where("project_id", "is_null", true), [6]],
    ["is not null", where("project_id", "is_null", false), [1, 2, 3, 4, 5]],
    ["a quote", where("title", "eq", "' or '1' = '1"), []],
  ])("%s", async (_, rule, ids) => {
    const ask = t.ask(teamApi({ tasks: { read: rule } }))
    expect(idsOf(await ask("anonymous", "GET /tasks"))).toEqual(ids)
  })
})

describe("writes", () => {
  const api = () =>
    teamApi({
      projects: { read: inOrganization, embed: { tasks: {} } },
      tasks: {
        read: member,
        create: member,
        update: member,
        delete: chief,
        embed: { project: {}, parent: {} },
      },
    })

  test.each<[Who, string, unknown, number]>([
    ["ann", "POST /tasks", { title: "new", project_id: 2 }, 201],
    // A project that she does not see is none that she may name.
    ["ann", "POST /tasks", { title: "new", project_id: 3 }, 422],
    ["ann", "POST /tasks", { title: "new" }, 403],
    ["anonymous", "POST /tasks", { title: "new", project_id: 2 }, 401],
    ["root", "POST /tasks", { title: "new", project_id: 4 }, 422],
    [
      "bob",
      "POST /tasks",
      [
        { title: "a", project_id: 1 },
        { title: "b", project_id: 4 },
      ],
      422,
    ],
    ["ann", "PATCH /tasks/1", { title: "changed" }, 200],
    ["ann", "PATCH /tasks/1", { project_id: 2 }, 200],
    ["ann", "PATCH /tasks/4", { title: "changed" }, 404],
    // Neither away nor into what is not hers.
    ["ann", "PATCH /tasks/2", { project_id: 3 }, 422],
    ["ann", "PATCH /tasks/2", { project_id: null }, 403],
    ["bob", "PATCH /tasks/2", { project_id: 3 }, 200],
    ["ann", "PATCH /tasks/2", { title: "gone from her" }, 404],
    ["bob", "PATCH /tasks/2", { project_id: 1 }, 200],
    ["ann", "DELETE /tasks/3", undefined, 403],
    ["bob", "DELETE /tasks/4", undefined, 403],
    ["ann", "DELETE /tasks/4", undefined, 404],
    ["bob", "DELETE /tasks/3", undefined, 204],
  ])("%s: %s %j is %i", async (who, request, json, status) => {
    const answer = await t.ask(api())(who, request, json)
    expect(answer.status, answer.text).toBe(status)
  })

  test("an embed, a filter and a nested list have the rule as well", async () => {
    const ask = t.ask(
      teamApi({
        projects: { read: inOrganization, embed: { tasks: {} } },
        tasks: { read: anyone, embed: { project: {} } },
      }),
    )
    const all = (await ask("ann", "GET /tasks?include=project")).body as { id: number; project: unknown }[]
    expect(all.filter(({ project }) => project !== null).map(({ id }) => id)).not.toContain(4)
    expect(all.find(({ id }) => id === 1)).toMatchObject({ project: { name: "acme 2" } })
    expect(all.find(({ id }) => id === 4)).toMatchObject({ project: null })
    expect(idsOf(await ask("ann", "GET /tasks?project.name=paid"))).toEqual([])
    expect(idsOf(await ask("bob", "GET /tasks?project.name=paid"))).toEqual([4])
    expect((await ask("ann", "GET /projects/3/tasks")).status).toBe(404)
    expect(idsOf(await ask("bob", "GET /projects/3/tasks"))).toEqual([4])
  })

  test("a field, and what it may refer to", async () => {
    const ask = t.ask(
      teamApi({
        projects: { read: anyone },
        tasks: {
          read: anyone,
          create: anyone,
          fields: {
            weight: { read: member, write: chief },
            project_id: { refersTo: through("organization", where("plan", "eq", "paid")) },
          },
        },
      }),
    )
    expect((await ask("ann", "GET /tasks/5")).body).not.toHaveProperty("weight")
    expect((await ask("bob", "GET /tasks/4")).body).toHaveProperty("weight", 3)
    expect((await ask("bob", "POST /tasks", { title: "x", project_id: 1 })).status).toBe(422)
    expect((await ask("bob", "POST /tasks", { title: "x", project_id: 3 })).status).toBe(201)
    expect((await ask("bob", "POST /tasks", { title: "x", project_id: 3, weight: 1 })).status).toBe(403)
  })

  test("a rule of an update reads the row as it will be", async () => {
    const free = through("project.organization", where("plan", "eq", "free"))
    const ask = t.ask(
      teamApi({ projects: { read: anyone }, tasks: { read: anyone, update: anyone, updatedRow: free } }),
    )
    expect((await ask("ann", "PATCH /tasks/4", { title: "x" })).status).toBe(403)
    expect((await ask("ann", "PATCH /tasks/1", { project_id: 3 })).body).toMatchObject({
      status: 403,
      errors: [{ path: "project_id", code: "forbidden_value" }],
    })
    expect((await ask("ann", "PATCH /tasks/4", { project_id: 1 })).status).toBe(200)
  })
})

test("a change of a membership is seen by the next read of the cache", async () => {
  const cached = await team({ cache: cacheOver(new MemoryStore(8_388_608, undefined)) })
  try {
    const ask = cached.ask(
      teamApi({
        tasks: { read: member },
        memberships: { read: anyone, create: anyone, delete: anyone, update: anyone },
      }),
    )
    const seen = async () => {
      const answer = await ask("ann", "GET /tasks")
      return [/hit|fwd/.exec(answer.headers.get("cache-status") ?? "")?.[0], idsOf(answer)]
    }
    expect(await seen()).toEqual(["fwd", [1, 2, 3]])
    expect(await seen()).toEqual(["hit", [1, 2, 3]])
    expect((await ask("ann", "POST /memberships", { organization_id: 2, user_id: 1 })).status).toBe(201)
    expect(await seen()).toEqual(["fwd", [1, 2, 3, 4]])
    expect((await ask("ann", "DELETE /memberships/1")).status).toBe(204)
    expect(await seen()).toEqual(["fwd", [4]])
    expect((await ask("ann", "PATCH /memberships/4", { user_id: 2 })).status).toBe(200)
    expect(await seen()).toEqual(["fwd", []])
  } finally {
    await cached.close()
  }
})
