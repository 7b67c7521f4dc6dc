import { sql } from "drizzle-orm"
import { admin, all, any, not, type Rule, signedIn, through, viewerIs, where } from "#weir"

// `admin` is an operator of the API. What is said of an organization's members and admins holds for operators as well.

const isOwner = where("role", "eq", "owner")
const isChief = where("role", "in", ["owner", "admin"])

/** The viewer is a member of the organization whose memberships the path leads to. */
export const memberOf = (path: string): Rule<never> => any(admin, through(path, viewerIs("user_id")))

/** The same, with the role `admin` or `owner`. */
export const adminOf = (path: string): Rule<never> =>
  any(admin, through(path, all(viewerIs("user_id"), isChief)))

/** The same, with the role `owner`. */
export const ownerOf = (path: string): Rule<never> =>
  any(admin, through(path, all(viewerIs("user_id"), isOwner)))

/** The viewer founded the organization, and it has no owner yet. */
export const founder: Rule<"founder_id"> = all(viewerIs("founder_id"), not(through("memberships", isOwner)))

/** A membership that is no owner's. */
export const noOwner: Rule<"role"> = where("role", "ne", "owner")

/** A membership whose organization has an owner besides. */
const anotherOwner: Rule<"id"> = (row, viewer) =>
  through(
    "organization.memberships",
    all<string>(isOwner, (other) => sql`${other("id")} <> ${row("id")}`),
  )(row, viewer)

/** A membership without which its organization still has an owner. The database keeps the last one, too. */
export const notTheLastOwner: Rule<"role" | "id"> = any<"role" | "id">(noOwner, anotherOwner)

/** A user who owns no organization. */
export const ownsNothing: Rule<never> = not(through("memberships", isOwner))

/** The viewer is whom the invitation is for: the user, or whoever is known to have the address. */
export const invited: Rule<"user_id"> = all(
  signedIn,
  any(viewerIs("user_id"), through("addressee", all(viewerIs("id"), where("verified_at", "is_null", false)))),
)

/** An invitation is for a user or for an address. */
export const forOne: Rule<"user_id" | "email"> = any(
  all(where("user_id", "is_null", false), where("email", "is_null", true)),
  all(where("user_id", "is_null", true), where("email", "is_null", false)),
)

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
