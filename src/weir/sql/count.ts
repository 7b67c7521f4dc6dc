import { sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { ListQuery } from "../query/query.ts"
import { clause, conjunction } from "../resource/rules.ts"
import { costOfList } from "./bounded.ts"
import { tableOf } from "./columns.ts"
import { conditionsOf } from "./conditions.ts"
import { filtered } from "./filters.ts"
import { compile, type Plan } from "./plan.ts"
import { searchClause } from "./search.ts"
import { within } from "./select.ts"
import { Aliases, viewerSql } from "./where.ts"

/** The statements that count all rows of a list. */
export interface CountPlan {
  exact: Plan
  /** One row with the database's plan, which says how many it expects. Absent where it does not estimate. */
  estimate: Plan | undefined
}

export function compileCount(query: ListQuery): CountPlan {
  const { resource, parent } = query
  const viewer = viewerSql(query.viewer)
  const aliases = new Aliases()
  const { alias, row } = aliases.next(resource)
  const where = clause(
    conjunction([
      ...(parent ? within(parent, row, viewer, aliases) : []),
      resource.rules.read(row, viewer),
      ...filtered(query.filters, row, viewer, aliases),
      ...conditionsOf(query.conditions, row, viewer, aliases),
      ...searchClause(query, alias, row).matches,
    ]),
  )
  const from = sql`from ${tableOf(resource)} ${alias} where ${where}`
  const { explained } = expressions
  const cost = costOfList({ ...query, includes: [], counts: [], count: true })
  return {
    exact: { ...compile(sql`select count(*) ${from}`), ...cost },
    estimate: explained && { ...compile(explained(sql`select 1 ${from}`)), bounded: true },
  }
}
