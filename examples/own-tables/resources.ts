import {
  admin,
  any,
  anyone,
  hashPassword,
  nobody,
  resourcesOf,
  signedIn,
  through,
  verifyPassword,
  viewerIs,
} from "#weir"
import * as schema from "./schema/index.ts"

/** Who is a member of the project. */
const inProject = any(admin, through("memberships", viewerIs("memberId")))
/** The same of a row that belongs to a project. */
const ofProject = any(admin, through("project.memberships", viewerIs("memberId")))
/** The same of a row that belongs to a task. */
const ofTask = any(admin, through("task.project.memberships", viewerIs("memberId")))

/** What the API serves: a block per table, by the name of its export. */
export const resources = resourcesOf(schema, {
  members: {
    read: signedIn,
    create: anyone,
    update: viewerIs("id"),
    fields: {
      email: { read: viewerIs("id") },
      role: { write: admin },
      passwordHash: {
        read: nobody,
        secret: {
          as: "password",
          confirm: "currentPassword",
          min: 8,
          max: 200,
          hash: hashPassword,
          verify: verifyPassword,
        },
      },
    },
  },
  projects: {
    read: inProject,
    create: admin,
    update: inProject,
    embed: { tasks: {}, memberships: {} },
  },
  memberships: {
    read: ofProject,
    create: ofProject,
    delete: ofProject,
    fields: { memberId: { refersTo: signedIn } },
    embed: { member: {}, project: {} },
  },
  tasks: {
    read: ofProject,
    create: ofProject,
    update: ofProject,
    delete: ofProject,
    restore: ofProject,
    softDelete: "deletedAt",
    embed: { project: {}, tags: through("taskTags", "tag") },
  },
  tags: { read: signedIn, create: signedIn },
  taskTags: { read: ofTask, create: ofTask, delete: ofTask },
})
