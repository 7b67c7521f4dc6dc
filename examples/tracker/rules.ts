import { sql } from "drizzle-orm"
import { admin, all, any, not, type Rule, through, viewerIs, where } from "#weir"

// Where the viewer is an admin, it is the operator of a command: the API gives no account that role.

const chief = where("role", "eq", "admin")

/** The viewer is a member of the organization whose memberships the path leads to. */
export const memberOf = (path: string): Rule<never> => any(admin, through(path, viewerIs("user_id")))

/** The same, with the role `admin`. */
export const adminOf = (path: string): Rule<never> =>
  any(admin, through(path, all(viewerIs("user_id"), chief)))

/** The viewer founded the organization, and it has no admin. */
export const founder: Rule<"founder_id"> = all(viewerIs("founder_id"), not(through("memberships", chief)))

/** The row that the column refers to, if any, belongs to the same organization. */
export const sameOrganization =
  <C extends string>(column: C, table: string): Rule<C | "organization_id"> =>
  (row) =>
    sql`(${row(column)} is null or exists (select 1 from ${sql.identifier(table)} other where other.id = ${row(column)} and other.organization_id = ${row("organization_id")}))`

/** The user in that column, if any, is a member of the row's organization. */
export const memberHere =
  <C extends string>(column: C): Rule<C | "organization_id"> =>
  (row) =>
    sql`(${row(column)} is null or exists (select 1 from memberships m where m.user_id = ${row(column)} and m.organization_id = ${row("organization_id")}))`

/** For `updatedRow`: the column is as it was before the update. */
export const unchanged =
  <C extends string>(column: C, table: string): Rule<C | "id"> =>
  (row) =>
    sql`exists (select 1 from ${sql.identifier(table)} past where past.id = ${row("id")} and past.${sql.identifier(column)} = ${row(column)})`
