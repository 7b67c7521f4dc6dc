import { type Column, getTableColumns, type SQL, sql } from "drizzle-orm"
import { propertyOf } from "../db/dialect/foreign-keys.ts"
import { condition } from "../fields/condition.ts"
import { readList, readOperand } from "../fields/operand.ts"
import type { Operator } from "../fields/operators.ts"
import { Invalid, type Scalar } from "../fields/type.ts"
import type { TableRelation } from "./declared-relations.ts"
import type { Field } from "./field.ts"
import { anyRow, type RowScope, scoped, scopeOf } from "./row-of.ts"
import { certain, clause, conjunction, ofParts, type RowSql, type Rule } from "./rules.ts"

type ListOperator = "in" | "nin"
type ValueOperator = Exclude<Operator, ListOperator | "is_null">

/**
 * The column has such a value: with the operators of filters, and values as JSON has them.
 *
 * @example read: any(owner, where("state", "in", ["published", "archived"]))
 */
export function where<Column extends string>(
  column: Column,
  operator: ValueOperator,
  value: Scalar,
): Rule<Column>
export function where<Column extends string>(
  column: Column,
  operator: ListOperator,
  values: readonly Scalar[],
): Rule<Column>
export function where<Column extends string>(
  column: Column,
  operator: "is_null",
  isNull: boolean,
): Rule<Column>
export function where(column: string, operator: Operator, value: unknown): Rule {
  return (row) => {
    const scope = scopeOf(row, "where()")
    const here = row(column)
    if (!scope) return here
    const refuse = refusing(scope)
    const field = scope.tables.field(scope.table, column)
    if (!field)
      return refuse(`compares "${column}" of ${scope.tables.nameOf(scope.table)}, whose type is not known`)
    return compared(field, operator, value, here, refuse)
  }
}

const refusing =
  ({ check }: RowScope) =>
  (why: string): never => {
    if (check) return check.refuse(why)
    throw new Error(`a rule ${why}`)
  }

function compared(
  { name, spec, type, nullable }: Field,
  operator: Operator,
  value: unknown,
  column: SQL,
  refuse: (why: string) => never,
): SQL {
  const known: readonly Operator[] = nullable ? [...type.operators, "is_null"] : type.operators
  if (!known.includes(operator))
    return refuse(
      `compares "${name}" by "${operator}", which it does not have: ${known.length ? `it has ${known.join(", ")}` : "it is not compared"}`,
    )
  const isList = operator === "in" || operator === "nin"
  if (Array.isArray(value) !== isList)
    return refuse(`compares "${name}" by "${operator}" with ${isList ? "what is no list" : "a list"}`)
  if (operator === "is_null") {
    if (typeof value !== "boolean") return refuse(`compares "${name}" by is_null with neither true nor false`)
    return condition(type, operator, column, column, value)
  }
  const operands: unknown[] = Array.isArray(value) ? value : [value]
  const texts = operands.map(String)
  const wrong = (why: string) => refuse(`compares "${name}" with ${JSON.stringify(value)}: it ${why}`)
  if (operands.some((one) => one === null || one === undefined)) return wrong("is no value: use is_null")
  const { values } = spec
  const isWhole = operator !== "contains" && operator !== "starts_with"
  if (values && isWhole && texts.some((text) => !values.includes(text)))
    return wrong(`must be one of ${values.join(", ")}`)
  const operand = isList ? readList(type, operator, texts) : readOperand(type, operator, texts[0] as string)
  if (operand instanceof Invalid) return wrong(operand.message)
  return condition(type, operand.operator, column, sql`${operand.value}`)
}

/**
 * The rule holds for some row that the path leads to: by names of relations, over tables that are served or not. Rows
 * that are softly deleted lead nowhere.
 *
 * @example read: through("project.organization.memberships", viewerIs("userId"))
 */
export function through(path: string, rule: Rule): Rule<never> {
  return ofParts([rule], (row, viewer) => {
    const scope = scopeOf(row, "through()")
    if (!scope) return rule(anyRow, viewer) !== false && anyRow("")
    const { table, tables, check } = scope
    const steps = tables.path(table, path)
    if (typeof steps === "string") return refusing(scope)(`goes through "${path}", and ${steps}`)
    const { from, where, last } = joined(steps, row, scope)
    if (check) return check.inner(path, (steps.at(-1) as TableRelation).target, rule, viewer)
    // What nests stands first: SQLite's parser keeps what stands before it on its small stack.
    const outcome = conjunction([rule(last, viewer), ...where])
    return outcome !== false && certain(sql`exists (select 1 from ${from} where ${clause(outcome)})`)
  }) as Rule<never>
}

/** The tables of a path joined, the conditions on the first, and the row of the last. */
function joined(
  steps: TableRelation[],
  row: RowSql,
  { table, tables, depth }: RowScope,
): { from: SQL; where: SQL[]; last: RowSql } {
  const parts: SQL[] = []
  let where: SQL[] = []
  let here = (column: Column): SQL => row(propertyOf(table, column) ?? column.name)
  for (const [i, { target, local, foreign }] of steps.entries()) {
    const alias = sql.identifier(`@r${depth + i}`)
    const outer = here
    const there = (column: Column): SQL => sql`${alias}.${sql.identifier(column.name)}`
    const on = local.map((column, n) => sql`${there(foreign[n] as Column)} = ${outer(column)}`)
    const hidden = tables.softDeleted(target)
    if (hidden) on.push(sql`${there(hidden)} is null`)
    if (i === 0) where = on
    parts.push(
      i === 0 ? sql`${target} ${alias}` : sql` join ${target} ${alias} on ${sql.join(on, sql` and `)}`,
    )
    here = there
  }
  const { target } = steps.at(-1) as TableRelation
  const columns: Record<string, Column> = getTableColumns(target)
  const at = here
  const last = scoped({ table: target, tables, depth: depth + steps.length }, (name) => {
    const column = columns[name]
    if (!column) throw new Error(`a rule names "${name}", which is no column of ${tables.nameOf(target)}`)
    return at(column)
  })
  return { from: sql.join(parts), where, last }
}
