import type { SQL } from "drizzle-orm"
import type { Key } from "./key.ts"

export const viewerKinds = ["anonymous", "user", "admin"] as const

/** What a viewer is, as far as the shape of a statement goes; the rest is bound as a value. */
export type ViewerKind = (typeof viewerKinds)[number]

/** Who asks. Identified with every request, required only by the rules. */
export type Viewer = { kind: "anonymous"; id?: undefined } | { kind: "user" | "admin"; id: Key }

/** What a team tells the types of, in `declare module "#weir"`. */
// biome-ignore lint/suspicious/noEmptyInterface: a team's own declaration merges into it
export interface Register {}

/** The type of a viewer's id in hand-written routes: a number, unless `Register` has `viewerId: string`. */
export type ViewerId = Register extends { viewerId: infer Id extends Key } ? Id : number

/** Who asks, as hand-written routes see it. */
export type RouteViewer = { kind: "anonymous"; id?: undefined } | { kind: "user" | "admin"; id: ViewerId }

export const anonymous: Viewer = { kind: "anonymous" }

/** The viewer as a rule sees it: its kind, and its id as a bound value of the statement. */
export interface ViewerSql {
  kind: ViewerKind
  id: SQL
}

/** A condition of SQL that holds while a recalled viewer is still what it was; its values are bound by name. */
export interface ViewerGuard {
  where: SQL
  values: Record<string, string | number>
}

/** A viewer recognised from memory: a statement is guarded against its having changed, or the viewer read again. */
export interface RecalledViewer {
  guard: ViewerGuard
  /** Reads the viewer from the database, and replaces the call's viewer by it. */
  confirm(): Promise<void>
}
