import { sql } from "drizzle-orm"
import type { Rule } from "#weir"

// Where the viewer is an admin, it is the operator of a command: the API gives no account that role.

/** The viewer is a member of the organization in that column. */
export const memberOf =
  <C extends string>(column: C): Rule<C> =>
  (row, viewer) =>
    viewer.kind === "user"
      ? sql`exists (select 1 from memberships m where m.organization_id = ${row(column)} and m.user_id = ${viewer.id})`
      : viewer.kind === "admin"

/** The viewer is a member with the role `admin` of the organization in that column. */
export const adminOf =
  <C extends string>(column: C): Rule<C> =>
  (row, viewer) =>
    viewer.kind === "user"
      ? sql`exists (select 1 from memberships m where m.organization_id = ${row(column)} and m.user_id = ${viewer.id} and m.role = 'admin')`
      : viewer.kind === "admin"

/** The organization in that column has no admin. */
export const withoutAdmin =
  <C extends string>(column: C): Rule<C> =>
  (row) =>
    sql`not exists (select 1 from memberships m where m.organization_id = ${row(column)} and m.role = 'admin')`

/** The viewer founded the organization in that column, and it has no admin. */
export const founderOf =
  <C extends string>(column: C): Rule<C> =>
  (row, viewer) =>
    viewer.kind === "user"
      ? sql`exists (select 1 from organizations o where o.id = ${row(column)} and o.founder_id = ${viewer.id} and not exists (select 1 from memberships m where m.organization_id = o.id and m.role = 'admin'))`
      : viewer.kind === "admin"

/** The viewer and the user in that column are members of one organization. */
export const colleagueOf =
  <C extends string>(column: C): Rule<C> =>
  (row, viewer) =>
    viewer.kind === "user"
      ? sql`exists (select 1 from memberships mine join memberships theirs on theirs.organization_id = mine.organization_id where mine.user_id = ${viewer.id} and theirs.user_id = ${row(column)})`
      : viewer.kind === "admin"

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
