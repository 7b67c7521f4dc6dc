import {
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
} from "#weir"
import { adminOf, founder, memberHere, memberOf, sameOrganization, unchanged } from "./rules.ts"
import * as comments from "./schema/comments.ts"
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

export const resources = [
  resource(users, {
    read: any(self, memberOf("memberships.organization.memberships")),
    create: anyone,
    update: self,
    delete: self,
    fields: {
      email: { read: self },
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
  }),
  resource(organizations, {
    // A founder sees the organization before it has an admin, and adds the first.
    read: any(memberOf("memberships"), founder),
    create: signedIn,
    update: adminOf("memberships"),
    delete: adminOf("memberships"),
    fields: { founder_id: creator },
    embed: { memberships: {}, projects: {} },
  }),
  resource(memberships, {
    read: memberOf("organization.memberships"),
    create: any(adminOf("organization.memberships"), through("organization", founder)),
    update: adminOf("organization.memberships"),
    delete: any(adminOf("organization.memberships"), viewerIs("user_id")),
    // Whoever is invited is nobody whom the admin sees yet.
    fields: { organization_id: fixed, user_id: { update: nobody, refersTo: anyone } },
    embed: { organization: {}, user: {} },
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
