import { type SQL, sql } from "drizzle-orm"
import { type Condition, comparisonsOf } from "../query/condition.ts"
import type { Relation } from "../resource/resource.ts"
import { certain, clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerSql } from "../resource/viewer.ts"
import { tableOf } from "./columns.ts"
import { filtered, memberOf, related } from "./filters.ts"
import type { Aliases } from "./where.ts"

/** What the conditions of one statement share. */
interface Scope {
  viewer: ViewerSql
  aliases: Aliases
  /** The values of a column in few rows, among which are all that the statement can return. */
  few?: Few | undefined
  /** The sets that the outermost set needs, as those of filters. Undefined outside of a set. */
  sets?: SQL[]
}

type Few = (column: string) => SQL

/** Conditions of any kind as SQL, under the viewer's rules for the rows and fields that they name. */
export const conditionsOf = (
  conditions: Condition[],
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
  few?: Few,
): (SQL | boolean)[] => conditions.map((one) => conditionOf(one, row, { viewer, aliases, few }))

function conditionOf(condition: Condition, row: RowSql, scope: Scope): SQL | boolean {
  switch (condition.kind) {
    case "comparison":
      return conjunction(filtered([condition.filter], row, scope.viewer, scope.aliases, scope.few))
    case "and":
      return conjunction(condition.parts.map((part) => conditionOf(part, row, scope)))
    case "or":
      return disjunction(condition.parts.map((part) => conditionOf(part, row, scope)))
    case "not":
      return negation(conditionOf(condition.part, row, scope))
    case "related": {
      const { relation, part, quantifier } = condition
      const exists =
        isSharedRow(relation) && leadsToMany(part)
          ? isInSet(condition, row, scope)
          : isRelated(condition, row, scope)
      if (typeof exists === "boolean") return quantifier === "some" ? exists : !exists
      if (quantifier === "some") return certain(exists)
      return certain(sql`(${exists}) is not true`)
    }
  }
}

type Related = Extract<Condition, { kind: "related" }>

/** What a related row must be to count: of `every`, one that does not pass. */
function counted({ part, quantifier }: Related, there: RowSql, scope: Scope): SQL | boolean {
  const passes = conditionOf(part, there, scope)
  return quantifier === "every" ? negation(passes) : passes
}

/** Whether a row has a related one that counts. */
function isRelated(condition: Related, row: RowSql, { few: _, ...scope }: Scope): SQL | boolean {
  const { relation } = condition
  const { viewer, aliases } = scope
  const { alias, row: there } = aliases.next(relation.target)
  // What nests stands first: SQLite's parser keeps what stands before it on its small stack.
  const where = conjunction([
    counted(condition, there, scope),
    related(relation, row, there, viewer, aliases, true),
    relation.target.rules.read(there, viewer),
  ])
  return (
    where !== false && sql`exists (select 1 from ${tableOf(relation.target)} ${alias} where ${clause(where)})`
  )
}

/**
 * The same for a row that many share, whose own related rows decide: those that count are a set, which is made once. They
 * would else be looked through for each row that shares it.
 */
function isInSet(condition: Related, row: RowSql, { few, sets, ...scope }: Scope): SQL | boolean {
  const { relation } = condition
  const { source, target } = relation
  const { viewer, aliases } = scope
  const [local, foreign] = [relation.local[0] as string, relation.foreign[0] as string]
  const { alias, row: there } = aliases.next(target)
  const all = sets ?? []
  const where = conjunction([
    few ? sql`${there(foreign)} in (${few(local)})` : true,
    counted(condition, there, { ...scope, sets: all }),
    target.fields[foreign]?.read(there, viewer) ?? false,
    target.rules.read(there, viewer),
  ])
  if (where === false) return false
  const isMember = memberOf(
    row(local),
    sql`select ${there(foreign)} as _k from ${tableOf(target)} ${alias} where ${clause(where)}`,
    { aliases, sets, all },
  )
  return conjunction([source.fields[local]?.read(row, viewer) ?? false, isMember])
}

/** Whether a row may be related to many others that are alike in this. */
const isSharedRow = ({ kind, local }: Relation): boolean => kind === "one" && local.length === 1

/** Whether a condition looks through rows of which one row has many. */
const leadsToMany = (condition: Condition): boolean =>
  comparisonsOf(condition).some(({ through }) => through.some(({ kind }) => kind === "many"))

/** At least one part holds: never, where there is none. */
function disjunction(parts: (SQL | boolean)[]): SQL | boolean {
  if (parts.includes(true)) return true
  const clauses = parts.filter((part) => typeof part !== "boolean")
  if (clauses.length < 2) return clauses[0] ?? false
  return sql`(${sql.join(
    clauses.map((one) => sql`(${clause(one)})`),
    sql` or `,
  )})`
}

/** What does not hold: also what compares with null. */
const negation = (part: SQL | boolean): SQL | boolean =>
  typeof part === "boolean" ? !part : sql`(${clause(part)}) is not true`
