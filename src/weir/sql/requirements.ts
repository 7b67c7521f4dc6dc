import { is, SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Reference } from "../resource/references.ts"
import type { Resource } from "../resource/resource.ts"
import { rowOf } from "../resource/row-of.ts"
import { clause, conjunction, isOpen, isOpenToAll, type RowSql, type Rule } from "../resource/rules.ts"
import { type ViewerKind, type ViewerSql, viewerKinds } from "../resource/viewer.ts"
import { boundValue, tableOf } from "./columns.ts"
import { compile, type Plan } from "./plan.ts"
import { oneVisible, writtenRow } from "./returning.ts"
import { countedField, nextVersion } from "./validator.ts"
import { Aliases, viewerSql } from "./where.ts"

/** What a write requires of its row, and what is at fault where that does not hold. */
export interface Requirement {
  /**
   * `row`: the row before the write. `new_row`: the row that it leaves. `field`: a field that it sets. `reference`: a
   * row that it names.
   */
  of: "row" | "new_row" | "field" | "reference"
  /** The written columns that it is about. */
  columns: string[]
  holds: SQL | boolean
}

/** A bound value with its type, which a select list or a comparison of two values does not give it. */
export const typedValue = (
  resource: Resource,
  column: string,
  value: SQL = boundValue(resource, column),
): SQL => resource.fields[column]?.type.sql.typed(value) ?? value

/** Columns that a write sets beside those of its client, by the table's own code. */
export interface Made {
  /** Whose values are bound by their names. */
  bound: string[]
  /** Whose values are SQL. */
  expressions: Record<string, SQL>
}

export const nothingMade: Made = { bound: [], expressions: {} }

/** The value of a column that an insert leaves to the database, as far as its default tells: null, for the key. */
export function valueByDefault(resource: Resource, column: string): SQL {
  const byDefault: unknown = resource.fields[column]?.column.default
  return is(byDefault, SQL) ? typedValue(resource, column, sql`(${byDefault})`) : sql`null`
}

/**
 * What a create requires, of a row with these columns (bound by name, unless `given` says otherwise). `chosen` are the fields that the client set to
 * something else than their initial value, and `named` those of them that must name rows which it may see: not those that
 * it makes in the same transaction.
 */
export function createRequirements(
  resource: Resource,
  kind: ViewerKind,
  columns: string[],
  chosen: string[],
  made: Made = nothingMade,
  named: string[] = chosen,
  given: (column: string) => SQL = (column) => boundValue(resource, column),
): Requirement[] {
  const viewer = viewerSql(kind)
  const aliases = new Aliases()
  const row = rowOf(resource, (column) => {
    if (columns.includes(column)) return typedValue(resource, column, given(column))
    const expression = made.expressions[column]
    return expression ? typedValue(resource, column, sql`(${expression})`) : valueByDefault(resource, column)
  })
  const rule = resource.rules.create
  return asked([
    ...chosen.map((column): Requirement => {
      const holds = resource.fields[column]?.write?.create(row, viewer) ?? false
      return { of: "field", columns: [column], holds }
    }),
    ...namedRows(resource, named, viewer, aliases, row),
    { of: "new_row", columns: readBy(resource, rule, kind, columns), holds: rule(row, viewer) },
  ])
}

/**
 * What an update of these columns (bound by name) requires: of the row as it is, of the row as it will be, of each
 * field, and of the rows that it names. A rule that reads no written column holds for both rows or for neither.
 */
export function updateRequirements(
  resource: Resource,
  kind: ViewerKind,
  columns: string[],
  made: Made = nothingMade,
): Requirement[] {
  const viewer = viewerSql(kind)
  const aliases = new Aliases()
  const before = writtenRow(resource)
  const now = Object.values(resource.fields).filter(({ spec }) => spec.auto === "updated")
  const counted = countedField(resource)
  const own = counted ? [...now, counted] : now
  const bySelf = [...own.map(({ name }) => name), ...made.bound, ...Object.keys(made.expressions)]
  const changed = [...columns, ...bySelf]
  const after = rowOf(resource, (column) => {
    const expression = made.expressions[column]
    if (expression) return typedValue(resource, column, sql`(${expression})`)
    if (columns.includes(column) || made.bound.includes(column)) return typedValue(resource, column)
    if (column === counted?.name) return nextVersion(resource, counted)
    return now.some(({ name }) => name === column) ? expressions.now() : before(column)
  })
  const { update, updatedRow } = resource.rules
  const requirements: Requirement[] = [{ of: "row", columns: [], holds: update(before, viewer) }]
  for (const column of columns) {
    const rule = resource.fields[column]?.write?.update
    const moves = rule && readBy(resource, rule, kind, changed).length > 0
    const holds = rule ? conjunction([rule(before, viewer), moves ? rule(after, viewer) : true]) : false
    requirements.push({ of: "field", columns: [column], holds })
  }
  requirements.push(...namedRows(resource, columns, viewer, aliases, after, before))
  const read = readBy(resource, updatedRow, kind, changed)
  const isAsked = read.length > 0 || updatedRow !== update
  const holds = isAsked ? updatedRow(after, viewer) : true
  requirements.push({ of: "new_row", columns: read.filter((column) => columns.includes(column)), holds })
  return asked(requirements)
}

/**
 * What an import requires of a row with these columns, whose values `given` gives: what holds for every row that an
 * admin creates. An action that is closed to admins is open to a command.
 */
export function importRequirements(
  resource: Resource,
  columns: string[],
  given: (column: string) => SQL,
): Requirement[] {
  const viewer = viewerSql("admin")
  const aliases = new Aliases()
  const row = rowOf(resource, (column) =>
    columns.includes(column) ? typedValue(resource, column, given(column)) : valueByDefault(resource, column),
  )
  const named = columns.filter((column) => {
    const reference = resource.refersTo.get(column)
    return reference && isOpen(reference.rule, "admin")
  })
  const { create } = resource.rules
  return asked([
    ...namedRows(resource, named, viewer, aliases, row),
    ...(isOpen(create, "admin") ? [{ of: "new_row" as const, columns: [], holds: create(row, viewer) }] : []),
  ])
}

const asked = (requirements: Requirement[]): Requirement[] =>
  requirements.filter(({ holds }) => holds !== true)

/**
 * The columns of which a create stores what its rules and its quota have judged: null where they are left out, whatever the
 * database would make of them.
 */
export function judgedColumns(resource: Resource): string[] {
  const { fields, quota, rules } = resource
  const own = [rules.create, ...Object.values(fields).flatMap(({ write }) => write?.create ?? [])]
  const read = viewerKinds().flatMap((kind) =>
    own.flatMap((rule) => readBy(resource, rule, kind, Object.keys(fields))),
  )
  return quota ? [...read, quota.column] : read
}

/** Which of the columns a rule reads, for a kind of viewer. */
function readBy(resource: Resource, rule: Rule, kind: ViewerKind, columns: string[]): string[] {
  const read = new Set<string>()
  const row = rowOf(resource, (column) => {
    read.add(column)
    return sql`null`
  })
  rule(row, viewerSql(kind))
  return columns.filter((column) => read.has(column))
}

/**
 * The rows that written columns name are ones that the writer may name, as it names them in `row`. A value that stays as
 * it was `before` is no new name.
 */
function namedRows(
  resource: Resource,
  written: string[],
  viewer: ViewerSql,
  aliases: Aliases,
  row: RowSql,
  before?: RowSql,
): Requirement[] {
  const references = new Set(written.flatMap((column) => resource.refersTo.get(column) ?? []))
  return [...references].map((reference) => {
    const columns = reference.columns.filter((column) => written.includes(column))
    const isAsked = !isOpenToAll(reference.rule, viewer.kind)
    const holds = isAsked ? namesRow(resource, reference, viewer, aliases, row, before) : true
    return { of: "reference", columns, holds }
  })
}

function namesRow(
  { fields }: Resource,
  reference: Reference,
  viewer: ViewerSql,
  aliases: Aliases,
  row: RowSql,
  before: RowSql | undefined,
): SQL {
  const alternatives = [isThere(reference, row, viewer, aliases)]
  const own = reference.columns.flatMap((column) => fields[column] ?? [])
  for (const { name, nullable } of own) if (nullable) alternatives.unshift(sql`${row(name)} is null`)
  // Nobody learns a value that it may not read by trying.
  if (before && own.every(({ read }) => isOpenToAll(read, viewer.kind))) {
    const same = own.map(({ name }) => sql`${before(name)} = ${row(name)}`)
    alternatives.unshift(sql.join(same, sql` and `))
  }
  return sql`(${sql.join(alternatives, sql` or `)})`
}

function isThere(
  { columns, target, foreign, rule }: Reference,
  named: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
): SQL {
  const { alias, row } = aliases.next(target)
  const where = conjunction([
    ...columns.map((column, i) => sql`${row(foreign[i] as string)} = ${named(column)}`),
    rule(row, viewer),
  ])
  return sql`exists (select 1 from ${tableOf(target)} ${alias} where ${clause(where)})`
}

/** All requirements as one condition; undefined where there are none. */
export const conditionOf = (requirements: Requirement[]): SQL | undefined =>
  requirements.length ? clause(conjunction(requirements.map(({ holds }) => holds))) : undefined

/** A condition whose statement fails, and with it the whole batch, where a requirement does not hold. */
export function required(requirements: Requirement[]): SQL | undefined {
  const condition = conditionOf(requirements)
  if (!condition) return undefined
  const failure = expressions.failure("rule", sql`n`)
  return sql`(select case when n = 1 then 1 else ${failure} end from (select case when ${condition} then 1 else 0 end as n) as judged) = 1`
}

/**
 * Says of each requirement whether it holds, as 1 or 0 in a column each. Of an update, `of` the resource's row whose
 * key is bound: no row where the viewer cannot see that one.
 */
export function compileVerdicts(requirements: Requirement[], of?: Resource, kind?: ViewerKind): Plan {
  const columns = requirements.map(({ holds }) => sql`case when ${clause(holds)} then 1 else 0 end`)
  const verdicts = sql`select ${sql.join(columns.length ? columns : [sql`1`], sql`, `)}`
  const from =
    of && kind ? sql` from ${tableOf(of)} where ${oneVisible(of, writtenRow(of), viewerSql(kind))}` : sql``
  return { ...compile(sql`${verdicts}${from}`), bounded: true }
}
