// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { ensureFirstAdmin } from "../../../src/weir/auth/first-admin.ts"
import { MemoryStore } from "../../../src/weir/cache/memory.ts"
import { admin, anyone, signedIn, through, viewerIs, where } from "../../../src/weir/index.ts"
import { caller } from "../support/client.ts"
import { appOver, cacheOver, fixture } from "../support/fresh.ts"
import type { Who } from "../support/scenarios.ts"
import { idsOf, staffApi, type Team, type TeamOptions, team, teamApi } from "./support/team.ts"

const open = { read: anyone, create: anyone, update: anyone, delete: signedIn, restore: signedIn }
const options: TeamOptions = {
  organizations: { ...open, softDelete: "deleted_at", restore: admin, embed: { projects: {} } },
  projects: { ...open, softDelete: "deleted_at", embed: { tasks: {}, organization: {} } },
  tasks: {
    ...open,
    delete: viewerIs("author_id"),
    restore: viewerIs("author_id"),
    softDelete: "deleted_at",
    embed: { project: {}, parent: {}, children: {} },
  },
}

let t: Team
let ask: ReturnType<Team["ask"]>
beforeEach(async () => {
  t = await team({ cache: cacheOver(new MemoryStore(8_388_608, undefined)) })
  ask = t.ask(teamApi(options))
})
afterEach(() => t.close())

const status = async (who: Who, request: string, json?: unknown) => (await ask(who, request, json)).status
/** Members of the body of an answer. */
const body = async (who: Who, request: string, json?: unknown) =>
  (await ask(who, request, json)).body as Record<string, unknown> & { id: number }[]

describe("a row that is softly deleted", () => {
  test("is kept, and is in no answer", async () => {
    const paths = ["/projects/1", "/projects/1/tasks", "/projects", "/tasks/1?include=project"]
    for (const path of paths) await ask("ann", `GET ${path}`)
    expect(await status("ann", "DELETE /projects/1")).toBe(204)
    const [stored] = await t.run("select count(*), count(deleted_at) from projects")
    expect(stored?.map(Number)).toEqual([4, 1])
    for (const who of ["anonymous", "ann", "root"] as const) {
      expect(await status(who, "GET /projects/1")).toBe(404)
      expect(await status(who, "GET /projects/1/tasks")).toBe(404)
      const list = await ask(who, "GET /projects?count=exact")
      expect([idsOf(list), list.headers.get("x-total-count")]).toEqual([[2, 3, 4], "3"])
      expect(idsOf(await ask(who, "GET /projects?deleted_at[is_null]=false"))).toEqual([])
      expect(await body(who, "GET /tasks/1?include=project")).toMatchObject({ project_id: 1, project: null })
      expect(idsOf(await ask(who, "GET /tasks?project.name=acme%201"))).toEqual([])
      expect(idsOf(await ask(who, "GET /tasks?project.organization_id=1"))).toEqual([3])
      expect(await body(who, "GET /organizations/1?include=projects")).toMatchObject({
        projects: [{ id: 2 }],
      })
      expect(idsOf(await ask(who, "GET /organizations/1/projects"))).toEqual([2])
      expect(idsOf(await ask(who, "GET /organizations?projects.name=acme%201"))).toEqual([])
    }
  })

  test("is not there for writes, and is not named by new rows", async () => {
    await ask("ann", "DELETE /projects/1")
    for (const who of ["ann", "root"] as const) {
      expect(await status(who, "PATCH /projects/1", { name: "x" })).toBe(404)
      expect(await status(who, "DELETE /projects/1")).toBe(404)
      const refused = await ask(who, "POST /tasks", { title: "x", project_id: 1 })
      expect([refused.status, refused.text]).toEqual([422, expect.stringContaining("unknown_reference")])
      expect(await status(who, "POST /projects/1/tasks", { title: "x" })).toBe(404)
      expect(await status(who, "PATCH /tasks/4", { project_id: 1 })).toBe(422)
      // A reference that stays as it was is no new one.
      expect(await status(who, "PATCH /tasks/2", { title: "y", project_id: 1 })).toBe(200)
      // Its unique value is still taken.
      const taken = await ask(who, "POST /projects", { name: "acme 1", organization_id: 1 })
      expect([taken.status, (taken.body as { code: string }).code]).toEqual([409, "duplicate"])
    }
  })

  test("is not named where refersTo opens its table either", async () => {
    await ask("ann", "DELETE /projects/1")
    const tasks = { ...options.tasks, fields: { project_id: { refersTo: anyone } } }
    const free = t.ask(teamApi({ ...options, tasks }))
    expect((await free("ann", "POST /tasks", { title: "x", project_id: 1 })).status).toBe(422)
    expect((await free("ann", "POST /tasks", { title: "x", project_id: 2 })).status).toBe(201)
  })

  test("leads nowhere in rules through it", async () => {
    const member = through("project.organization.memberships", viewerIs("user_id"))
    const through_ = t.ask(teamApi({ ...options, tasks: { read: member } }))
    expect(idsOf(await through_("bob", "GET /tasks"))).toEqual([1, 2, 3, 4])
    await ask("ann", "DELETE /projects/1")
    expect(idsOf(await through_("bob", "GET /tasks"))).toEqual([3, 4])
    await ask("ann", "DELETE /organizations/1")
    expect(idsOf(await through_("bob", "GET /tasks"))).toEqual([4])
    expect(await status("root", "POST /organizations/1/restore")).toBe(200)
    expect(idsOf(await through_("bob", "GET /tasks"))).toEqual([3, 4])
  })

  test("is deleted under the rule of delete, at a time that its column can hold", async () => {
    expect(await status("anonymous", "DELETE /tasks/1")).toBe(401)
    expect(await status("bob", "DELETE /tasks/1")).toBe(403)
    expect(await status("ann", "DELETE /tasks/99")).toBe(404)
    const before = Math.floor(Date.now() / 1000)
    expect(await status("ann", "DELETE /tasks/1")).toBe(204)
    const [row] = await t.run("select deleted_at from tasks where id = 1")
    const seconds = Number(row?.[0]) > 1e11 ? Number(row?.[0]) / 1000 : Number(row?.[0])
    expect(Math.floor(seconds)).toBeGreaterThanOrEqual(before)
    expect(seconds).toBeLessThan(before + 600)
    expect(await body("ann", "GET /tasks/2?include=parent")).toMatchObject({ parent: null })
    expect(idsOf(await ask("ann", "GET /tasks?parent.id=1"))).toEqual([])
  })
})

describe("a client", () => {
  test("never sets the column", async () => {
    for (const [request, json] of [
      ["POST /projects", { name: "x", organization_id: 1, deleted_at: null }],
      ["POST /projects", { name: "x", organization_id: 1, deleted_at: "2026-01-31T12:00:00Z" }],
      ["PATCH /projects/1", { deleted_at: "2026-01-31T12:00:00Z" }],
    ] as const) {
      const answer = await ask("root", request, json)
      expect([answer.status, answer.text]).toEqual([422, expect.stringContaining("deleted_at")])
    }
    expect(await body("ann", "POST /projects", { name: "x", organization_id: 1 })).toMatchObject({
      deleted_at: null,
    })
  })
})

describe("restore", () => {
  test("answers the row as it was, which is there again", async () => {
    const before = await body("ann", "GET /tasks/1")
    await ask("ann", "DELETE /tasks/1")
    expect(await status("ann", "GET /tasks/1")).toBe(404)
    const restored = await ask("ann", "POST /tasks/1/restore")
    expect([restored.status, restored.body]).toEqual([200, before])
    expect(await body("bob", "GET /tasks/1")).toEqual(before)
    expect(idsOf(await ask("bob", "GET /tasks"))).toContain(1)
  })

  test.each<[Who, string, number]>([
    ["anonymous", "POST /tasks/1/restore", 401],
    ["bob", "POST /tasks/1/restore", 403],
    ["ann", "POST /tasks/1/restore", 200],
    ["root", "POST /tasks/1/restore", 200],
    ["ann", "POST /tasks/2/restore", 404],
    ["ann", "POST /tasks/99/restore", 404],
    ["ann", "POST /tasks/x/restore", 422],
    ["ann", "POST /tasks/1/restore?x=1", 422],
    ["ann", "POST /tasks/batch/restore", 404],
    ["ann", "GET /tasks/1/restore", 405],
    ["ann", "POST /organizations/1/restore", 403],
  ])("%s: %s is %i", async (who, request, expected) => {
    await ask("ann", "DELETE /tasks/1")
    await ask("ann", "DELETE /organizations/1")
    expect((await ask(who, request)).status).toBe(expected)
  })

  test("twice is a 404, and so is a row that the viewer could not see", async () => {
    await ask("ann", "DELETE /tasks/1")
    expect(await status("ann", "POST /tasks/1/restore")).toBe(200)
    expect(await status("ann", "POST /tasks/1/restore")).toBe(404)
    const hidden = t.ask(
      teamApi({ tasks: { ...open, read: where("title", "eq", "none"), softDelete: "deleted_at" } }),
    )
    await ask("ann", "DELETE /tasks/1")
    expect((await hidden("ann", "POST /tasks/1/restore")).status).toBe(404)
  })

  test("is a 409 where a value was taken meanwhile", async () => {
    await t.run("create unique index open_titles on tasks (title) where deleted_at is null")
    await ask("ann", "DELETE /tasks/1")
    expect(await status("ann", "POST /tasks", { title: "acme 1", project_id: 1 })).toBe(201)
    const refused = await ask("ann", "POST /tasks/1/restore")
    expect([refused.status, (refused.body as { code: string }).code]).toEqual([409, "duplicate"])
    expect(await status("ann", "GET /tasks/1")).toBe(404)
  })

  test("has no route without a rule, or without softDelete", async () => {
    const { restore: _, ...closed } = open
    const none = t.ask(teamApi({ projects: { ...closed, softDelete: "deleted_at" }, tasks: closed }))
    for (const path of ["/projects/1/restore", "/tasks/1/restore"])
      expect((await none("root", `POST ${path}`)).status).toBe(404)
    const text = (await none("ann", "GET /openapi.json")).text
    expect(text).not.toContain("/restore")
  })
})

test("the document has the operation, and says that deletes hide", async () => {
  const { paths, components } = (await ask("ann", "GET /openapi.json")).body as {
    paths: Record<string, Record<string, { operationId: string; responses: object; description: string }>>
    components: { schemas: Record<string, { properties: object }> }
  }
  const { post } = paths["/tasks/{id}/restore"] ?? {}
  expect(post?.operationId).toBe("restoreTask")
  expect(Object.keys(post?.responses ?? {})).toEqual(
    expect.arrayContaining(["200", "401", "403", "404", "409"]),
  )
  expect(paths["/tasks/{id}"]?.delete?.description).toMatch(/kept and hidden/)
  expect(components.schemas.Task?.properties).toHaveProperty("deleted_at")
  for (const name of ["TaskCreate", "TaskUpdate"])
    expect(components.schemas[name]?.properties).not.toHaveProperty("deleted_at")
})

test("an account that is softly deleted signs in no more, and its tokens end", async () => {
  const api = staffApi()
  const staff = t.ask(api)
  const secret = "a password of its own"
  const login = async () => {
    const form = new URLSearchParams({ username: "kim@example.com", password: secret })
    const answer = await caller(appOver(t.w.database, { subject: { ...fixture, api } }).app)(
      "POST",
      "/auth/token",
      {
        body: form.toString(),
        headers: { "content-type": "application/x-www-form-urlencoded" },
      },
    )
    return { status: answer.status, token: (answer.body as { access_token?: string }).access_token }
  }
  expect(
    (await staff("anonymous", "POST /staff", { email: "kim@example.com", password: secret })).status,
  ).toBe(201)
  const { status, token } = await login()
  expect(status).toBe(200)
  const call = caller(appOver(t.w.database, { subject: { ...fixture, api }, cache: t.w.cache }).app)
  const as = async (method: string, path: string, json?: unknown) =>
    (await call(method, path, { token, ...(json === undefined ? {} : { json }) })).status
  expect(await as("GET", "/staff/me")).toBe(200)
  // Remembered: its next create is guarded by its own statement.
  expect(await as("POST", "/tasks", { title: "x" })).toBe(201)
  expect(await as("DELETE", "/staff/me")).toBe(204)
  expect(await as("POST", "/tasks", { title: "y" })).toBe(401)
  expect(await as("GET", "/staff/me")).toBe(401)
  expect(await as("GET", "/tasks")).toBe(401)
  expect((await login()).status).toBe(400)

  const client = t.w.database.connect()
  const accounts = api.accounts as NonNullable<typeof api.accounts>
  const counts = async () =>
    (await t.run("select count(*), count(deleted_at) from staff where role = 'admin'"))[0]?.map(Number)
  await ensureFirstAdmin(accounts, client, { email: "kim@example.com", password: secret })
  expect(await counts()).toEqual([1, 0])
  await t.run("update staff set deleted_at = '2026-01-31T12:00:00.000Z'")
  await ensureFirstAdmin(accounts, client, { email: "lee@example.com", password: secret })
  expect(await counts()).toEqual([2, 1])
  await client.close?.()
})
