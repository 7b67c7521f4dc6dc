import { type SQL, sql } from "drizzle-orm"
import type { Condition } from "../query/condition.ts"
import { certain, clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerSql } from "../resource/viewer.ts"
import { tableOf } from "./columns.ts"
import { filtered, related } from "./filters.ts"
import type { Aliases } from "./where.ts"

/** Conditions of any kind as SQL, under the viewer's rules for the rows and fields that they name. */
export const conditionsOf = (
  conditions: Condition[],
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
): (SQL | boolean)[] => conditions.map((one) => conditionOf(one, row, viewer, aliases))

function conditionOf(condition: Condition, row: RowSql, viewer: ViewerSql, aliases: Aliases): SQL | boolean {
  switch (condition.kind) {
    case "comparison":
      return conjunction(filtered([condition.filter], row, viewer, aliases))
    case "and":
      return conjunction(conditionsOf(condition.parts, row, viewer, aliases))
    case "or":
      return disjunction(conditionsOf(condition.parts, row, viewer, aliases))
    case "not":
      return negation(conditionOf(condition.part, row, viewer, aliases))
    case "related": {
      const { relation, quantifier, part } = condition
      const { alias, row: there } = aliases.next(relation.target)
      const passes = conditionOf(part, there, viewer, aliases)
      // What nests stands first: SQLite's parser keeps what stands before it on its small stack.
      const where = conjunction([
        quantifier === "every" ? negation(passes) : passes,
        related(relation, row, there, viewer, aliases, true),
        relation.target.rules.read(there, viewer),
      ])
      if (where === false) return quantifier !== "some"
      const exists = sql`exists (select 1 from ${tableOf(relation.target)} ${alias} where ${clause(where)})`
      return certain(quantifier === "some" ? exists : sql`not ${exists}`)
    }
  }
}

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
