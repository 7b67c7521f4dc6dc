import { relations } from "drizzle-orm"
import {
  id,
  integer,
  itself,
  oneOf,
  real,
  references,
  table,
  text,
  timestamp,
} from "../../../../src/weir/schema.ts"
import { users } from "../../fixture/src/schema/users.ts"

export const organizations = table("organizations", {
  id: id(),
  title: text({ max: 40 }).notNull(),
  plan: oneOf(["free", "paid"]).notNull().default("free"),
  deleted_at: timestamp(),
})

/** No resource: nobody lists it, and rules alone read it. */
export const memberships = table("memberships", {
  id: id(),
  organization_id: references(() => organizations.id).notNull(),
  user_id: references(() => users.id).notNull(),
  role: oneOf(["member", "chief"]).notNull().default("member"),
})

export const projects = table("projects", {
  id: id(),
  name: text({ max: 40 }).notNull().unique(),
  organization_id: references(() => organizations.id).notNull(),
  deleted_at: timestamp(),
})

export const tasks = table("tasks", {
  id: id(),
  title: text({ max: 40 }).notNull(),
  project_id: references(() => projects.id),
  parent_id: references(itself),
  author_id: references(() => users.id),
  weight: real(),
  deleted_at: integer(),
})

/** Accounts that are softly deleted. */
export const staff = table("staff", {
  id: id(),
  email: text({ max: 100, format: "email" }).notNull().unique(),
  hashed_password: text({ max: 200 }).notNull(),
  role: oneOf(["user", "admin"]).notNull().default("user"),
  deleted_at: timestamp(),
})

export const tasksRelations = relations(tasks, ({ one, many }) => ({
  project: one(projects, { fields: [tasks.project_id], references: [projects.id] }),
  parent: one(tasks, { fields: [tasks.parent_id], references: [tasks.id], relationName: "tree" }),
  children: many(tasks, { relationName: "tree" }),
}))
