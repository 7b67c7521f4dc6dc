import { and, or, type SQL, sql } from "drizzle-orm"
import { operand } from "./operand.ts"
import { anyRow } from "./row-of.ts"
import type { RoleName, Viewer, ViewerKind, ViewerSql } from "./viewer.ts"
import { nameRole, partsOf } from "./viewer-kind.ts"

/** A row as a rule sees it: the column of that name in the statement at hand. */
export type RowSql<Column extends string = string> = (column: Column) => SQL

/**
 * Who may do what to which rows. A rule is compiled into the statement's WHERE clause, once per kind of
 * viewer: `true` needs no clause, `false` closes the action, SQL chooses the rows. `Column` is the union of the
 * columns that the rule reads, so that a table without one of them refuses the rule.
 *
 * @example const published: Rule<"state"> = (row) => sql`${row("state")} = 'published'`
 */
export type Rule<Column extends string = string> = (row: RowSql<Column>, viewer: ViewerSql) => SQL | boolean

export const anyone: Rule<never> = () => true
/**
 * Anyone, for a trial on one's own machine: production does not start while a resource has this rule. `npm run adopt --
 * --open` writes it.
 */
export const openToAnyone: Rule<never> = () => true
export const nobody: Rule<never> = () => false
export const signedIn: Rule<never> = (_row, viewer) => viewer.kind !== "anonymous"
export const admin: Rule<never> = (_row, viewer) => viewer.kind === "admin"

/**
 * Viewers with one of these roles, and admins.
 *
 * @example update: any(owner, role("editor", "publisher"))
 */
export function role(...names: [RoleName, ...RoleName[]]): Rule<never> {
  for (const name of names) nameRole(name)
  const rule: Rule<never> = (_row, viewer) =>
    viewer.kind === "admin" || (viewer.role !== undefined && (names as string[]).includes(viewer.role))
  roleNames.set(rule, names)
  return rule
}

/** The roles that a rule names, or the rules that it is made of. */
const roleNames = new WeakMap<Rule, readonly string[]>()
export const rolesIn = (rule: Rule): readonly string[] => roleNames.get(rule) ?? []

/** The columns of the rules that `viewerIs` has made. */
const viewerColumns = new WeakMap<Rule, string>()

/**
 * The viewer whose id is in that column, and admins.
 *
 * @example update: viewerIs("author_id")
 */
export function viewerIs<Column extends string>(column: Column): Rule<Column> {
  const rule: Rule<Column> = (row, viewer) =>
    viewer.kind === "user" ? sql`${row(column)} = ${viewer.id}` : viewer.kind === "admin"
  viewerColumns.set(rule, column)
  return rule
}

/** The column of a rule that `viewerIs` made; undefined for any other. */
export const columnOf = (rule: Rule): string | undefined => viewerColumns.get(rule)

/** A rule that stands for another: it is of the same column, where that has one. */
export function sameColumn(rule: Rule, other: Rule): Rule {
  const column = viewerColumns.get(rule)
  if (column !== undefined) viewerColumns.set(other, column)
  return other
}

/** The row is the viewer. */
export const self: Rule<"id"> = viewerIs("id")
/** The row is the viewer's, by its `owner_id`. */
export const owner: Rule<"owner_id"> = viewerIs("owner_id")
/** The document is the viewer's, by its `_owner_id`. */
export const documentOwner: Rule<"_owner_id"> = viewerIs("_owner_id")

/**
 * Every one of the rules. In a resource's options, a rule that is written in place may name any column of its table.
 *
 * @example update: all(owner, (row) => sql`${row("state")} = 'draft'`)
 */
export function all<Column extends string = never>(...rules: Rule<NoInfer<Column>>[]): Rule<Column>
export function all<Column extends string>(...rules: Rule<Column>[]): Rule<Column>
export function all(...rules: Rule[]): Rule {
  return ofParts(rules, (row, viewer) => conjunction(rules.map((rule) => rule(row, viewer))))
}

/**
 * At least one of the rules. In a resource's options, a rule that is written in place may name any column of its
 * table.
 *
 * @example read: any(owner, (row) => sql`${row("public")}`)
 */
export function any<Column extends string = never>(...rules: Rule<NoInfer<Column>>[]): Rule<Column>
export function any<Column extends string>(...rules: Rule<Column>[]): Rule<Column>
export function any(...rules: Rule[]): Rule {
  return ofParts(rules, (row, viewer) => {
    const parts = rules.map((rule) => rule(row, viewer))
    if (parts.includes(true)) return true
    const clauses = parts.filter((part) => typeof part !== "boolean")
    return clauses.length ? (or(...clauses) as SQL) : false
  })
}

const trials = new WeakSet<Rule>([openToAnyone])

/** Whether a rule is `openToAnyone`, or made of it. */
export const isForTrial = (rule: Rule): boolean => trials.has(rule)

/** A rule that was made of others. */
export function ofParts(parts: Rule[], rule: Rule): Rule {
  if (parts.some(isForTrial)) trials.add(rule)
  const names = parts.flatMap(rolesIn)
  if (names.length) roleNames.set(rule, names)
  return rule
}

/**
 * Where the rule does not hold: also where it compares a null, and for viewers to whom it is closed.
 *
 * @example read: not(where("state", "eq", "draft"))
 */
export function not<Column extends string>(rule: Rule<Column>): Rule<Column> {
  return ofParts([rule], (row, viewer) => {
    const outcome = rule(row, viewer)
    if (typeof outcome === "boolean") return !outcome
    return certain(whole.has(outcome) ? sql`not ${outcome}` : sql`(${outcome}) is not true`)
  }) as Rule<Column>
}

/** Conditions in one piece that are never null. */
const whole = new WeakSet<SQL>()

/** A condition that is never null, and needs no parentheses. */
export function certain(condition: SQL): SQL {
  whole.add(condition)
  return condition
}

/** All parts hold: `false` if one is closed, `true` if none asks anything. */
export function conjunction(parts: (SQL | boolean)[]): SQL | boolean {
  if (parts.includes(false)) return false
  const clauses = parts.filter((part) => typeof part !== "boolean")
  const [first, ...others] = clauses
  if (!first) return true
  if (others.length === 0) return first
  const operands = clauses.map(operand)
  const whole = and(...operands) as SQL
  bare.set(whole, sql.join(operands, sql` and `))
  return whole
}

/** Conjunctions without their parentheses. */
const bare = new WeakMap<SQL, SQL>()

/** A rule's outcome as a WHERE clause, without parentheses around it: SQLite's parser nests to a depth of 100 only. */
export function clause(outcome: SQL | boolean): SQL {
  if (typeof outcome !== "boolean") return bare.get(outcome) ?? outcome
  return outcome ? sql`1 = 1` : sql`1 = 0`
}

/** The outcome of a rule for a kind of viewer: SQL where it depends on the row. */
function outcomeOf(rule: Rule, kind: ViewerKind): SQL | boolean {
  // Keys have scopes without number.
  if (kind.endsWith("]")) return rule(anyRow, unboundViewer(kind))
  let outcome = outcomes.get(rule)
  if (!outcome) {
    outcome = {}
    outcomes.set(rule, outcome)
  }
  outcome[kind] ??= rule(anyRow, unboundViewer(kind))
  return outcome[kind]
}
const outcomes = new WeakMap<Rule, Partial<Record<ViewerKind, SQL | boolean>>>()

/** A viewer of that kind, for what a rule comes to without a statement. */
export function unboundViewer(kind: ViewerKind): ViewerSql {
  const { base, role } = partsOf(kind)
  return { kind: base, role, whole: kind, id: sql`null`, claim: () => sql`null` }
}

/** Whether a rule admits that kind of viewer to any row at all. */
export const isOpen = (rule: Rule, kind: ViewerKind): boolean => outcomeOf(rule, kind) !== false

/** Whether a rule admits that kind of viewer to every row. */
export const isOpenToAll = (rule: Rule, kind: ViewerKind): boolean => outcomeOf(rule, kind) === true

/** Whether a rule holds for the viewer without a row: for hand-written routes. */
export const holdsFor = (rule: Rule, viewer: Viewer): boolean => outcomeOf(rule, viewer.kind) === true

/** Most different rules for reading fields that look at the row: each doubles the variants of the row's JSON. */
export const maxRowRules = 4
