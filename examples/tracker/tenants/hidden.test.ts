// First: it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { issue } from "./tries.ts"
import { type Tenants, tables, tenants } from "./world.ts"

let w: Tenants
beforeAll(async () => {
  w = await tenants()
})
afterAll(() => w.close())

describe("a hidden row is answered as one that is not there", () => {
  const missing = 9_000_002
  const project = { organization_id: 1, name: "x" }
  const pairs: [string, (id: number) => [string, string, unknown?]][] = [
    ...tables.flatMap((table): typeof pairs => [
      [`GET ${table}`, (id) => ["GET", `/${table}/${id}`]],
      [`HEAD ${table}`, (id) => ["HEAD", `/${table}/${id}`]],
      [`GET ${table} by id`, (id) => ["GET", `/${table}?id=${id}&count=exact`]],
      [`DELETE ${table}`, (id) => ["DELETE", `/${table}/${id}`]],
    ]),
    ["PATCH organizations", (id) => ["PATCH", `/organizations/${id}`, { name: "x" }]],
    ["PATCH projects", (id) => ["PATCH", `/projects/${id}`, { name: "x" }]],
    ["PATCH issues", (id) => ["PATCH", `/issues/${id}`, { title: "x", assignee_id: 3 }]],
    ["PATCH issues, wrongly", (id) => ["PATCH", `/issues/${id}`, { assignee_id: missing }]],
    ["PATCH comments", (id) => ["PATCH", `/comments/${id}`, { text: "x" }]],
    ["PATCH memberships", (id) => ["PATCH", `/memberships/${id}`, { role: "admin" }]],
    ["PATCH users to a taken name", (id) => ["PATCH", `/users/${id}`, { username: "mel" }]],
    ["an assignee", (id) => ["PATCH", "/issues/1", { assignee_id: id }]],
    ["a new issue's organization", (id) => ["POST", "/issues", issue({ organization_id: id })]],
    ["a new issue's project", (id) => ["POST", "/issues", issue({ project_id: id })]],
    ["a new issue's parent", (id) => ["POST", "/issues", issue({ parent_id: id })]],
    ["a new issue's assignee", (id) => ["POST", "/issues", issue({ assignee_id: id })]],
    [
      "all references at once",
      (id) => [
        "POST",
        "/issues",
        issue({ organization_id: id, project_id: id, parent_id: id, assignee_id: id }),
      ],
    ],
    [
      "a reference in an array",
      (id) => ["POST", "/projects", [project, { ...project, organization_id: id }]],
    ],
    ["a label that is there", (id) => ["POST", "/labels", { organization_id: 1, issue_id: id, name: "bug" }]],
    ["a membership", (id) => ["POST", "/memberships", { organization_id: id, user_id: 1 }]],
    ["a list within it", (id) => ["GET", `/organizations/${id}/projects?count=exact`]],
    ["a create within it", (id) => ["POST", `/organizations/${id}/projects`, { name: "x" }]],
    ["a wrong create within it", (id) => ["POST", `/organizations/${id}/projects`, { name: 1 }]],
    ["a create within it of another", (id) => ["POST", `/organizations/${id}/projects`, project]],
    ["a label within it", (id) => ["POST", `/issues/${id}/labels`, { organization_id: 1, name: "bug" }]],
    ["a filter through it", (id) => ["GET", `/issues?project.id=${id}`]],
    ["a password", (id) => ["PATCH", `/users/${id}`, { password: "a new password", current_password: "x" }]],
  ]
  // An ETag is that of the links, too, which have the id.
  const isVolatile = /^(x-request-id|server-timing|etag)$/

  test.each(pairs)("%s", async (_, tried) => {
    const plain = async (id: number) => {
      const [method, path, body] = tried(id)
      const { status, headers, text } = await w.as("ann", method, path, body)
      const kept = [...headers].filter(([name]) => !isVolatile.test(name))
      const whole = JSON.stringify([status, kept, text.replace(/"request_id":"[^"]*"/, "")])
      return whole.replace(new RegExp(`\\b${id}\\b`, "g"), "id")
    }
    const [hidden, none] = [await plain(2), await plain(missing)]
    expect(hidden).toEqual(none)
  })

  test("even with the ETag of those who see it", async () => {
    const seen = await w.as("bob", "GET", "/issues/2")
    expect(seen.status).toBe(200)
    const etag = String(seen.headers.get("etag"))
    expect((await w.as("bob", "GET", "/issues/2", undefined, { "if-none-match": etag })).status).toBe(304)
    expect((await w.as("ann", "GET", "/issues/2", undefined, { "if-none-match": etag })).status).toBe(404)
    expect((await w.as("ann", "GET", "/issues/2", undefined, { "if-none-match": "*" })).status).toBe(404)
  })
})

test("who is removed sees nothing any more, and an admin who is none any more changes nothing", async () => {
  const sees = async () => {
    const answers = [
      await w.as("mel", "GET", "/issues/1"),
      await w.as("mel", "GET", "/organizations/1/projects"),
    ]
    const list = await w.as("mel", "GET", "/issues")
    return [...answers.map(({ status }) => status), (list.body as unknown[]).length]
  }
  const writes = async () => [
    (await w.as("mel", "PATCH", "/memberships/5", { role: "member" })).status,
    (await w.as("mel", "PATCH", "/issues/1", { title: "Open" })).status,
    (await w.as("mel", "POST", "/issues", issue())).status,
  ]
  // Twice, so that the answers are kept where there is a cache.
  for (let i = 0; i < 2; i++) expect(await sees()).toEqual([200, 200, 3])
  expect((await w.as("ann", "PATCH", "/memberships/3", { role: "admin" })).status).toBe(200)
  expect(await writes()).toEqual([200, 200, 201])
  expect((await w.as("ann", "PATCH", "/memberships/3", { role: "member" })).status).toBe(200)
  expect(await writes()).toEqual([403, 200, 201])
  expect((await w.as("ann", "DELETE", "/memberships/3")).status).toBe(204)
  expect(await sees()).toEqual([404, 404, 0])
  expect(await writes()).toEqual([404, 404, 422])
})
