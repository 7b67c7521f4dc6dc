import { issue } from "./tries.ts"
import type { Who } from "./world.ts"

/** Who sends what within one's own organization, in this order. */
export const controls: [Who, string, string, unknown?][] = [
  ["ann", "PATCH", "/organizations/1", { name: "Uno" }],
  ["mel", "PATCH", "/projects/1", { name: "Primo" }],
  ["mel", "PATCH", "/issues/1", { assignee_id: 1, title: "Mine" }],
  ["ann", "PATCH", "/issues/1", '{"assignee_id":3.0}'],
  ["both", "PATCH", "/issues/2", { assignee_id: 2 }],
  // Nina is no member here: she stays until another is named.
  ["ann", "PATCH", "/issues/4", { title: "Mixed up", assignee_id: 4 }],
  ["ann", "PATCH", "/issues/4", { title: "Mixed" }],
  ["ann", "PATCH", "/issues/4", { assignee_id: null }],
  ["ann", "PATCH", "/comments/1", { text: "Hi" }],
  ["ann", "PATCH", "/memberships/3", { role: "admin" }],
  ["mel", "PATCH", "/memberships/3", { role: "member" }],
  ["ann", "PATCH", "/memberships/7", { role: "owner" }],
  ["ada", "PATCH", "/memberships/7", { role: "admin" }],
  ["ann", "PATCH", "/users/me", { username: "Ann" }],
  ["ann", "POST", "/projects", { organization_id: 1, name: "x" }],
  ["mel", "POST", "/organizations/1/projects", [{ name: "x" }, { organization_id: 1, name: "y" }]],
  ["mel", "POST", "/issues", issue({ parent_id: 1, assignee_id: 6, author_id: 3 })],
  ["mel", "POST", "/issues", [issue(), issue({ assignee_id: 1 })]],
  ["both", "POST", "/issues", issue({ organization_id: 2, project_id: 2, parent_id: 2, assignee_id: 4 })],
  ["ann", "POST", "/projects/1/issues", { organization_id: 1, title: "x" }],
  ["ann", "POST", "/issues/1/children", { organization_id: 1, project_id: 1, title: "x" }],
  ["ann", "POST", "/issues/1/comments", { organization_id: 1, text: "x" }],
  ["ann", "POST", "/issues/1/labels", { organization_id: 1, name: "new" }],
  ["ann", "POST", "/projects/1/statuses", { organization_id: 1, state: "at_risk" }],
  ["out", "POST", "/organizations", { name: "Mine" }],
  // Its founder is not yet a member, and becomes the owner.
  ["out", "POST", "/memberships", { organization_id: 3, user_id: 5, role: "owner" }],
  ["out", "DELETE", "/organizations/3"],
  ["ada", "POST", "/organizations/1/invitations", { user_id: 2 }],
  ["ada", "PATCH", "/invitations/3", { state: "withdrawn" }],
  ["ada", "DELETE", "/invitations/3"],
  ["out", "PATCH", "/invitations/2", { state: "declined" }],
  ["ann", "DELETE", "/labels/1"],
  ["ann", "DELETE", "/statuses/1"],
  ["ann", "DELETE", "/comments/1"],
  ["ann", "DELETE", "/issues/3"],
  ["ann", "DELETE", "/projects/3"],
]
