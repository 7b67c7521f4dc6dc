import { and, or, type SQL, sql } from "drizzle-orm"

/** What a viewer is, as far as the shape of a statement goes; the rest is bound as a value. */
export type ViewerKind = "anonymous" | "user" | "admin"

/** Who asks. Identified by every request, required only by the rules. */
export type Viewer = { kind: "anonymous"; id?: undefined } | { kind: "user" | "admin"; id: number }

/** What holds as long as a viewer is what it is taken for; the values are bound by name. */
export interface Guard {
  where: SQL
  values: Record<string, string | number>
}

/** A viewer that was recognised from memory: whoever acts on it guards its statement, or has it confirmed first. */
export interface Unconfirmed {
  guard: Guard
  /** Asks the database, and puts the viewer on the context that it really is. */
  confirm(): Promise<void>
}

/** The viewer as a rule sees it: its kind, and its id as a bound value of the statement. */
export interface ViewerSql {
  kind: ViewerKind
  id: SQL
}

/** A row as a rule sees it: the column of that name in the statement at hand. */
export type RowSql = (column: string) => SQL

/**
 * Who may do what to which rows. A rule is compiled into the statement's WHERE clause, once per kind of
 * viewer: `true` needs no clause, `false` closes the action, SQL chooses the rows.
 */
export type Rule = (row: RowSql, viewer: ViewerSql) => SQL | boolean

export const anyone: Rule = () => true
export const nobody: Rule = () => false
export const signedIn: Rule = (_row, viewer) => viewer.kind !== "anonymous"
export const admin: Rule = (_row, viewer) => viewer.kind === "admin"

/** The viewer whose id is in that column, and admins. */
export const viewerIs =
  (column: string): Rule =>
  (row, viewer) =>
    viewer.kind === "user" ? sql`${row(column)} = ${viewer.id}` : viewer.kind === "admin"

/** The row is the viewer. */
export const self = viewerIs("id")
/** The row is the viewer's, by its `owner_id`. */
export const owner = viewerIs("owner_id")

/** Every one of the rules. */
export const all =
  (...rules: Rule[]): Rule =>
  (row, viewer) =>
    conjunction(rules.map((rule) => rule(row, viewer)))

/** At least one of the rules. */
export const any =
  (...rules: Rule[]): Rule =>
  (row, viewer) => {
    const parts = rules.map((rule) => rule(row, viewer))
    if (parts.includes(true)) return true
    const clauses = parts.filter((part) => typeof part !== "boolean")
    return clauses.length ? (or(...clauses) as SQL) : false
  }

/** All parts hold: `false` if one is closed, `true` if none asks anything. */
export function conjunction(parts: (SQL | boolean)[]): SQL | boolean {
  if (parts.includes(false)) return false
  const clauses = parts.filter((part) => typeof part !== "boolean")
  return clauses.length ? (and(...clauses) as SQL) : true
}

/** A rule's outcome as a WHERE clause. */
export const clause = (outcome: SQL | boolean): SQL =>
  typeof outcome === "boolean" ? (outcome ? sql`1 = 1` : sql`1 = 0`) : outcome
