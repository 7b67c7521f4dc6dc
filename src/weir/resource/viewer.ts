import type { SQL } from "drizzle-orm"
import type { Key } from "./key.ts"
import { baseOf, type ViewerKind } from "./viewer-kind.ts"

export { type BaseKind, baseOf, isAdmin, type ViewerKind, viewerKinds } from "./viewer-kind.ts"

/** Who asks. Identified with every request, required only by the rules. */
export type Viewer =
  | ({ kind: "anonymous"; id?: undefined } & { [Name in keyof Identity]?: undefined })
  | ({ kind: Exclude<ViewerKind, "anonymous">; id: Key } & Identity)

/** What else there is to know of who has signed in. */
export interface Identity {
  /** The role of the account, where accounts have roles. */
  role?: string | undefined
  /** What the token of another issuer says. */
  claims?: Readonly<Record<string, unknown>> | undefined
  /** What the key that was sent is for. Absent where anything may be done that the account may. */
  scopes?: readonly string[] | undefined
  /** The session that the access token is of. */
  session?: number | undefined
  /** Whether it must set up a second factor before anything else. */
  lacksFactor?: boolean | undefined
  /** The key of the admin who acts as this viewer. */
  actor?: Key | undefined
}

/** What a team tells the types of, in `declare module "#weir"`. */
// biome-ignore lint/suspicious/noEmptyInterface: a team's own declaration merges into it
export interface Register {}

/** The type of a viewer's id in hand-written routes: a number, unless `Register` has `viewerId: string`. */
export type ViewerId = Register extends { viewerId: infer Id extends Key } ? Id : number

/** The roles of accounts: any text, unless `Register` has `role: "user" | "editor" | "admin"`. */
export type RoleName = Register extends { role: infer Role extends string } ? Role : string

/** Who asks, as hand-written routes see it. */
export type RouteViewer =
  | ({ kind: "anonymous"; id?: undefined } & { [Name in keyof Identity]?: undefined })
  | ({ kind: "user" | "admin"; id: ViewerId } & Identity)

/** A viewer as hand-written routes see it: what it is to begin with, whatever its role and scopes. */
export const routeViewer = (viewer: Viewer): RouteViewer =>
  viewer.kind === "anonymous" || viewer.kind === "user" || viewer.kind === "admin"
    ? (viewer as RouteViewer)
    : ({ ...viewer, kind: baseOf(viewer.kind) } as RouteViewer)

export const anonymous: Viewer = { kind: "anonymous" }

/** The viewer as a rule sees it: its kind and role, and its id and claims as bound values of the statement. */
export interface ViewerSql {
  kind: "anonymous" | "user" | "admin"
  id: SQL
  /** The role of the account, where a rule names it by `role()`. */
  role?: string | undefined
  /**
   * A claim of another issuer's token as text, by its path, such as `org_id` or `app_metadata.org`; null where there is
   * none, and for tokens of this API.
   */
  claim(path: string): SQL
  /** The whole kind, scopes included. */
  whole?: ViewerKind
}

/** A condition of SQL that holds while a recalled viewer is still what it was; its values are bound by name. */
export interface ViewerGuard {
  /** Tells conditions of different texts apart. */
  name: string
  where: SQL
  values: Record<string, string | number>
}

/** A viewer recognised from memory: a statement is guarded against its having changed, or the viewer read again. */
export interface RecalledViewer {
  guard: ViewerGuard
  /** Reads the viewer from the database, and replaces the call's viewer by it. */
  confirm(): Promise<void>
}
