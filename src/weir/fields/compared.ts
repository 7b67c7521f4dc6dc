import { type SQL, sql } from "drizzle-orm"
import type { ColumnSql } from "../db/dialect/column-sql.ts"
import { expressions } from "../db/dialect/expressions.ts"
import type { Operator } from "./operators.ts"
import type { FieldType } from "./type.ts"

const signs: Partial<Record<Operator, SQL>> = {
  eq: sql`=`,
  gt: sql`>`,
  gte: sql`>=`,
  lt: sql`<`,
  lte: sql`<=`,
}

/** How values are compared and sorted that do not compare as they are stored, by what the dialect makes of them. */
export function comparedBy({ comparable }: ColumnSql): Partial<FieldType> {
  if (!comparable) return {}
  return {
    ordered: comparable,
    comparison: (operator, column, value) => {
      const [left, right] = [comparable(column), comparable(value)]
      const sign = signs[operator]
      if (sign) return sql`${left} ${sign} ${right}`
      return operator === "ne" ? expressions.distinct(left, right) : undefined
    },
  }
}
