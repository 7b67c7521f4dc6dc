import {
  admin,
  all,
  any,
  anyone,
  hashPassword,
  nobody,
  resource,
  self,
  signedIn,
  through,
  type Viewer,
  verifyPassword,
  viewerIs,
  where,
} from "#weir"
import {
  adminOf,
  forOne,
  founder,
  invited,
  memberHere,
  memberOf,
  noOwner,
  notTheLastOwner,
  ownerOf,
  ownsNothing,
  sameOrganization,
  unchanged,
} from "./rules.ts"
import * as comments from "./schema/comments.ts"
import * as invitations from "./schema/invitations.ts"
import * as issues from "./schema/issues.ts"
import * as labels from "./schema/labels.ts"
import * as memberships from "./schema/memberships.ts"
import * as organizations from "./schema/organizations.ts"
import * as projects from "./schema/projects.ts"
import * as statuses from "./schema/statuses.ts"
import * as users from "./schema/users.ts"

/** A field that holds whoever creates the row. */
const creator = { write: nobody, initially: (viewer: Viewer) => viewer.id }
/** A field that is set at creation and never again: an update does not move a row. */
const fixed = { update: nobody }
/** How long an invitation can be accepted, in ms. */
const invitationMs = 7 * 24 * 3_600_000
const inAWeek = () => new Date(Date.now() + invitationMs).toISOString()

export const resources = [
  resource(users, {
    read: any(self, memberOf("memberships.organization.memberships")),
    create: anyone,
    update: self,
    // An owner hands the organization over first, or deletes it.
    delete: all(self, ownsNothing),
    fields: {
      email: { read: self },
      role: { read: self, write: admin },
      verified_at: { read: self, write: admin },
      hashed_password: {
        read: nobody,
        secret: {
          as: "password",
          confirm: "current_password",
          min: 8,
          max: 200,
          hash: hashPassword,
          verify: verifyPassword,
        },
      },
    },
    // GET /users/me/memberships, with include=organization.
    embed: { memberships: {}, invitations: {} },
  }),
  resource(organizations, {
    // A founder sees the organization before it has an owner, and becomes the first.
    read: any(memberOf("memberships"), founder),
    create: signedIn,
    update: adminOf("memberships"),
    delete: ownerOf("memberships"),
    fields: { founder_id: creator },
    embed: { memberships: {}, invitations: {}, projects: {} },
  }),
  resource(memberships, {
    read: memberOf("organization.memberships"),
    // All others are invited, and accept.
    create: any(
      admin,
      all(viewerIs("user_id"), where("role", "eq", "owner"), through("organization", founder)),
    ),
    update: all(
      notTheLastOwner,
      any(ownerOf("organization.memberships"), all(adminOf("organization.memberships"), noOwner)),
    ),
    updatedRow: any(ownerOf("organization.memberships"), all(adminOf("organization.memberships"), noOwner)),
    // Whoever is a member may leave.
    delete: all(
      notTheLastOwner,
      any(
        viewerIs("user_id"),
        ownerOf("organization.memberships"),
        all(adminOf("organization.memberships"), noOwner),
      ),
    ),
    fields: { organization_id: fixed, user_id: fixed },
    embed: { organization: {}, user: {} },
  }),
  resource(invitations, {
    read: any(adminOf("organization.memberships"), invited),
    create: all(adminOf("organization.memberships"), forOne),
    // To decline, or to withdraw. To accept has a route of its own: it makes the membership, too.
    update: all(where("state", "eq", "pending"), any(adminOf("organization.memberships"), invited)),
    updatedRow: any(
      all(adminOf("organization.memberships"), where("state", "eq", "withdrawn")),
      all(invited, where("state", "eq", "declined")),
    ),
    delete: adminOf("organization.memberships"),
    fields: {
      organization_id: fixed,
      // Whoever is invited is nobody whom the admin sees yet.
      user_id: { update: nobody, refersTo: anyone },
      email: fixed,
      role: fixed,
      invited_by: creator,
      state: { create: nobody },
      expires_at: { write: nobody, initially: inAWeek },
      acceptance: { read: nobody, write: nobody },
    },
    embed: { organization: {}, user: {}, inviter: {} },
  }),
  resource(projects, {
    read: memberOf("organization.memberships"),
    create: memberOf("organization.memberships"),
    update: memberOf("organization.memberships"),
    delete: adminOf("organization.memberships"),
    fields: { organization_id: fixed },
    embed: { organization: {}, issues: {}, statuses: { limit: 10 } },
  }),
  resource(statuses, {
    read: memberOf("organization.memberships"),
    create: all(memberOf("organization.memberships"), sameOrganization("project_id", "projects")),
    delete: any(viewerIs("author_id"), adminOf("organization.memberships")),
    fields: { author_id: creator },
    embed: { project: {}, author: {} },
    // The guess would be "statuse".
    singular: "status",
  }),
  resource(issues, {
    read: memberOf("organization.memberships"),
    create: all(
      memberOf("organization.memberships"),
      sameOrganization("project_id", "projects"),
      sameOrganization("parent_id", "issues"),
      memberHere("assignee_id"),
    ),
    update: memberOf("organization.memberships"),
    // Who has left the organization stays the assignee until another is named.
    updatedRow: any(memberHere("assignee_id"), unchanged("assignee_id", "issues")),
    delete: any(viewerIs("author_id"), adminOf("organization.memberships")),
    fields: { organization_id: fixed, project_id: fixed, parent_id: fixed, author_id: creator },
    embed: { project: {}, parent: {}, children: {}, author: {}, assignee: {}, comments: {}, labels: {} },
  }),
  resource(comments, {
    read: memberOf("organization.memberships"),
    create: all(memberOf("organization.memberships"), sameOrganization("issue_id", "issues")),
    update: viewerIs("author_id"),
    delete: any(viewerIs("author_id"), adminOf("organization.memberships")),
    fields: { organization_id: fixed, issue_id: fixed, author_id: creator },
    embed: { issue: {}, author: {} },
  }),
  resource(labels, {
    read: memberOf("organization.memberships"),
    create: all(memberOf("organization.memberships"), sameOrganization("issue_id", "issues")),
    delete: memberOf("organization.memberships"),
    embed: { issue: {} },
  }),
]
