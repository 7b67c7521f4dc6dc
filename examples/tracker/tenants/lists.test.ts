// First: it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Tenants, tables, tenants } from "./world.ts"

let w: Tenants
beforeAll(async () => {
  w = await tenants()
})
afterAll(() => w.close())

describe("a list shows nothing of others", () => {
  const lists: [string, number[]][] = [
    ...tables
      .filter((table) => table !== "users")
      .map((table): [string, number[]] => [
        `/${table}?organization_id=2`.replace("organizations?organization_id", "organizations?id"),
        [],
      ]),
    ["/organizations", [1]],
    ["/users?sort=id", [1, 3, 6, 8]],
    ["/issues?sort=id", [1, 3, 4]],
    ["/issues?id[in]=1,2,5", [1]],
    ["/issues?title[contains]=Secret", []],
    ["/issues?project.name=Second", []],
    ["/issues?project.name[ne]=First", []],
    ["/issues?project.organization.name=Two", []],
    ["/issues?parent.title=Secret", []],
    ["/issues?parent.title[starts_with]=S", []],
    ["/issues?parent.comments.text[contains]=secret", []],
    ["/issues?assignee.username=nina", []],
    ["/issues?author.username=bob", []],
    ["/projects?issues.title=Secret", []],
    ["/projects?issues.comments.text[contains]=secret", []],
    ["/organizations?memberships.user_id=2", []],
    ["/organizations?memberships.user.username=nina", []],
    ["/memberships?user.username=nina", []],
    ["/users?email[contains]=@", [1]],
    ["/users?email=mel@example.com", []],
    ["/users?username[starts_with]=n", []],
  ]
  test.each(lists)("GET %s", async (path, ids) => {
    const answer = await w.as("ann", "GET", `${path}${path.includes("?") ? "&" : "?"}count=exact`)
    expect(answer.status, answer.text).toBe(200)
    expect((answer.body as { id: number }[]).map(({ id }) => id)).toEqual(ids)
    expect(answer.headers.get("x-total-count")).toBe(String(ids.length))
    expect(answer.text).not.toMatch(/secret/i)
  })

  test("in embeds of rows that refer to them, at any depth", async () => {
    const include = "project,parent,parent.children,assignee,author,children,comments"
    const mixed = await w.as("ann", "GET", `/issues/4?include=${include}`)
    expect(mixed.body).toMatchObject({
      id: 4,
      project: null,
      parent: null,
      assignee: null,
      author: { id: 1 },
    })
    const whole = await w.as("ann", "GET", "/organizations?include=projects.issues.comments,memberships.user")
    for (const answer of [mixed, whole]) expect(answer.text).not.toMatch(/secret|nina|bob@|mel@/i)
    // As many children as there are of one's own.
    const parent = await w.as("bob", "GET", "/issues/2?include=children")
    expect((parent.body as { children: { id: number }[] }).children.map(({ id }) => id)).toEqual([5])
  })

  test("in a cursor", async () => {
    const first = await w.as("ann", "GET", "/users?sort=-email&limit=1&fields=id")
    expect(first.body).toEqual([{ id: 3 }])
    const cursor = /[?&]after=([^&]*)/.exec(String(first.links.next))?.[1] ?? ""
    expect(cursor).not.toBe("")
    expect(Buffer.from(decodeURIComponent(cursor), "base64").toString()).not.toMatch(/mel|both|example/)
    const next = await w.as("ann", "GET", String(first.links.next))
    expect((next.body as { id: number }[]).map(({ id }) => id)).not.toContain(3)
  })

  test("by the order of a field that is hidden", async () => {
    const ids = async (sort: string) =>
      ((await w.as("ann", "GET", `/users?sort=${sort}`)).body as { id: number }[]).map(({ id }) => id)
    expect(await ids("email,id")).toEqual([1, 3, 6, 8])
    expect(await ids("-email,id")).toEqual([3, 6, 8, 1])
  })
})
