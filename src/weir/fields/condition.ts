import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Operator } from "./operators.ts"
import type { FieldType } from "./type.ts"

/** The condition that a column of that type compares so with a bound operand; of `is_null`, `isNull` is the operand. */
export function condition(
  type: FieldType,
  operator: Operator,
  column: SQL,
  operand: SQL,
  isNull?: boolean,
): SQL {
  const value = type.sql.bind(operand)
  const comparable = type.ordered(column)
  const own = type.comparison?.(operator, column, operand) ?? type.sql.compared?.(operator, column, value)
  if (own) return own
  switch (operator) {
    case "eq":
      return sql`${column} = ${value}`
    case "ne":
      // A null counts as different from any value.
      return expressions.distinct(column, value)
    case "gt":
      return sql`${comparable} > ${value}`
    case "gte":
      return sql`${comparable} >= ${value}`
    case "lt":
      return sql`${comparable} < ${value}`
    case "lte":
      return sql`${comparable} <= ${value}`
    case "in":
      return type.sql.oneOf(column, operand)
    case "nin":
      return sql`(${column} is null or not ${type.sql.oneOf(column, operand)})`
    case "contains":
      return expressions.contains(column, value)
    case "starts_with":
      return expressions.startsWith(column, value)
    case "icontains":
      return expressions.contains(expressions.caseless(column), expressions.caseless(value))
    case "istarts_with":
      return expressions.startsWith(expressions.caseless(column), expressions.caseless(value))
    case "ilike":
      return expressions.like(column, value)
    case "between":
    case "exists":
      throw new Error(`${operator} is made of other conditions`)
    case "is_null": {
      const own = type.sql.isNull?.(column)
      if (own) return isNull ? own : sql`not ${own}`
      return isNull ? sql`${column} is null` : sql`${column} is not null`
    }
  }
}
