// First: it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Tenants, tenants, type Who } from "./world.ts"

/** Every action on organization 1, by everybody. What is refused changes nothing. */
const viewers = {
  anonymous: "anonymous",
  // A member of the other organization.
  outsider: "nina",
  invited: "out",
  member: "mel",
  admin: "ada",
  owner: "ann",
  operator: "api",
} satisfies Record<string, Who>
type Viewer = keyof typeof viewers
const names = Object.keys(viewers) as Viewer[]

const userIds: Partial<Record<Viewer, number>> = {
  outsider: 4,
  invited: 5,
  member: 3,
  admin: 8,
  owner: 1,
  operator: 9,
}
const own: Partial<Record<Viewer, number>> = { outsider: 4, member: 3, admin: 7, owner: 1 }
/** The viewer's own membership; that of another where it has none. */
const ownMembership = (viewer: Viewer) => `/memberships/${own[viewer] ?? 3}`

interface Action {
  name: string
  method: string
  path: string | ((viewer: Viewer) => string)
  body?: object | ((viewer: Viewer) => object)
  /** By viewer, in the order of `viewers`. */
  statuses: [number, number, number, number, number, number, number]
}

const role = (text: string) => ({ role: text })
const state = (text: string) => ({ state: text })
const invite = "/organizations/1/invitations"

// biome-ignore format: a table
const actions: Action[] = [
  // anonymous, outsider, invited, member, admin, owner, operator
  { name: "read the organization", method: "GET", path: "/organizations/1", statuses: [401, 404, 404, 200, 200, 200, 200] },
  { name: "rename it", method: "PATCH", path: "/organizations/1", body: { name: "x" }, statuses: [401, 404, 404, 403, 200, 200, 200] },
  { name: "delete it", method: "DELETE", path: "/organizations/1", statuses: [401, 404, 404, 403, 403, 204, 204] },
  { name: "found another", method: "POST", path: "/organizations", body: { name: "x" }, statuses: [401, 201, 201, 201, 201, 201, 201] },
  { name: "found one for another", method: "POST", path: "/organizations", body: { name: "x", founder_id: 2 }, statuses: [401, 403, 403, 403, 403, 403, 403] },

  { name: "read a membership", method: "GET", path: "/memberships/1", statuses: [401, 404, 404, 200, 200, 200, 200] },
  { name: "list memberships", method: "GET", path: "/organizations/1/memberships", statuses: [401, 404, 404, 200, 200, 200, 200] },
  { name: "list one's own", method: "GET", path: "/users/me/memberships?include=organization", statuses: [401, 200, 200, 200, 200, 200, 200] },
  { name: "make a stranger a member", method: "POST", path: "/memberships", body: { organization_id: 1, user_id: 2 }, statuses: [401, 422, 422, 422, 422, 422, 201] },
  { name: "make oneself the owner", method: "POST", path: "/memberships", body: (v) => ({ organization_id: 1, user_id: userIds[v], role: "owner" }), statuses: [401, 422, 422, 403, 403, 403, 201] },
  { name: "make a member an admin", method: "PATCH", path: "/memberships/5", body: role("admin"), statuses: [401, 404, 404, 403, 200, 200, 200] },
  { name: "make a member an owner", method: "PATCH", path: "/memberships/5", body: role("owner"), statuses: [401, 404, 404, 403, 403, 200, 200] },
  { name: "make an admin a member", method: "PATCH", path: "/memberships/7", body: role("member"), statuses: [401, 404, 404, 403, 200, 200, 200] },
  { name: "raise oneself to admin", method: "PATCH", path: (v) => ownMembership(v), body: role("admin"), statuses: [401, 403, 404, 403, 200, 403, 200] },
  { name: "raise oneself to owner", method: "PATCH", path: (v) => ownMembership(v), body: role("owner"), statuses: [401, 403, 404, 403, 403, 403, 200] },
  { name: "lower the last owner", method: "PATCH", path: "/memberships/1", body: role("member"), statuses: [401, 404, 404, 403, 403, 403, 403] },
  { name: "remove the last owner", method: "DELETE", path: "/memberships/1", statuses: [401, 404, 404, 403, 403, 403, 403] },
  { name: "remove an admin", method: "DELETE", path: "/memberships/7", statuses: [401, 404, 404, 403, 204, 204, 204] },
  { name: "remove a member", method: "DELETE", path: "/memberships/5", statuses: [401, 404, 404, 403, 204, 204, 204] },
  { name: "leave", method: "DELETE", path: (v) => ownMembership(v), statuses: [401, 204, 404, 204, 204, 403, 204] },
  { name: "move one's membership", method: "PATCH", path: (v) => ownMembership(v), body: { organization_id: 2 }, statuses: [401, 403, 403, 403, 403, 403, 403] },
  { name: "give one's membership away", method: "PATCH", path: (v) => ownMembership(v), body: { user_id: 2 }, statuses: [401, 403, 403, 403, 403, 403, 403] },

  { name: "read an invitation", method: "GET", path: "/invitations/1", statuses: [401, 404, 200, 404, 200, 200, 200] },
  { name: "list invitations", method: "GET", path: invite, statuses: [401, 404, 404, 200, 200, 200, 200] },
  { name: "invite a user", method: "POST", path: invite, body: { user_id: 2 }, statuses: [401, 404, 404, 403, 201, 201, 201] },
  { name: "invite an address", method: "POST", path: invite, body: { email: "new@example.com", role: "admin" }, statuses: [401, 404, 404, 403, 201, 201, 201] },
  { name: "invite an owner", method: "POST", path: invite, body: { user_id: 2, role: "owner" }, statuses: [401, 422, 422, 422, 422, 422, 422] },
  { name: "invite both at once", method: "POST", path: invite, body: { user_id: 2, email: "new@example.com" }, statuses: [401, 404, 404, 403, 403, 403, 403] },
  { name: "invite nobody", method: "POST", path: invite, body: {}, statuses: [401, 404, 404, 403, 403, 403, 403] },
  { name: "invite for long", method: "POST", path: invite, body: { user_id: 2, expires_at: "2100-01-01T00:00:00Z" }, statuses: [401, 404, 404, 403, 403, 403, 403] },
  { name: "invite in another's name", method: "POST", path: invite, body: { user_id: 2, invited_by: 1 }, statuses: [401, 404, 404, 403, 403, 201, 403] },
  { name: "invite to the other organization", method: "POST", path: "/invitations", body: { organization_id: 2, user_id: 3 }, statuses: [401, 403, 422, 422, 422, 422, 201] },
  { name: "withdraw", method: "PATCH", path: "/invitations/1", body: state("withdrawn"), statuses: [401, 404, 403, 404, 200, 200, 200] },
  { name: "decline", method: "PATCH", path: "/invitations/1", body: state("declined"), statuses: [401, 404, 200, 404, 403, 403, 200] },
  { name: "accept by a patch", method: "PATCH", path: "/invitations/1", body: state("accepted"), statuses: [401, 404, 403, 404, 403, 403, 403] },
  { name: "raise an invitation", method: "PATCH", path: "/invitations/1", body: role("admin"), statuses: [401, 403, 403, 403, 403, 403, 403] },
  { name: "send it to another", method: "PATCH", path: "/invitations/1", body: { user_id: 2 }, statuses: [401, 403, 403, 403, 403, 403, 403] },
  { name: "delete an invitation", method: "DELETE", path: "/invitations/1", statuses: [401, 404, 403, 404, 204, 204, 204] },
  { name: "accept", method: "POST", path: "/invitations/1/accept", statuses: [401, 404, 201, 404, 404, 404, 404] },
  { name: "accept none", method: "POST", path: "/invitations/99/accept", statuses: [401, 404, 404, 404, 404, 404, 404] },

  { name: "become an operator", method: "PATCH", path: "/users/me", body: role("admin"), statuses: [401, 403, 403, 403, 403, 403, 200] },
  { name: "verify oneself", method: "PATCH", path: "/users/me", body: { verified_at: "2026-01-01T00:00:00Z" }, statuses: [401, 403, 403, 403, 403, 403, 200] },
  { name: "delete one's account", method: "DELETE", path: "/users/me", statuses: [401, 204, 204, 204, 204, 403, 204] },
]

let w: Tenants
beforeAll(async () => {
  w = await tenants()
})
afterAll(() => w.close())

const cells = actions.flatMap((action) =>
  names.map((viewer, i) => ({ ...action, viewer, status: action.statuses[i] as number })),
)

describe.each(actions)("$name", ({ name }) => {
  test.each(cells.filter((cell) => cell.name === name))("$viewer: $status", async (cell) => {
    const { viewer, method, path, body, status } = cell
    const before = await w.everything()
    const at = typeof path === "string" ? path : path(viewer)
    const answer = await w.as(viewers[viewer], method, at, typeof body === "function" ? body(viewer) : body)
    expect(answer.status, answer.text).toBe(status)
    if (status >= 400 || method === "GET") expect(await w.everything()).toEqual(before)
    else {
      await w.close()
      w = await tenants()
    }
  })
})
