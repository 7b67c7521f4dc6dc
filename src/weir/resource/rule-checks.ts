import { is, SQL, sql } from "drizzle-orm"
import type { Resource } from "./resource.ts"
import { hidingRow, holdsComment, namedOutright, rowMark } from "./rule-columns.ts"
import { isOpen, isOpenToAll, maxRowRules, type RowSql, type Rule } from "./rules.ts"
import { viewerKinds } from "./viewer.ts"

/** Throws for a rule that names no column of its row, or says nothing: a request would meet it as a 503. */
export function checkRules(resource: Resource): void {
  const { name, fields, rules, refersTo } = resource
  const checked = (what: string, rule: Rule) => checkRule(resource, `${name}: the rule of ${what}`, rule)
  for (const [action, rule] of Object.entries(rules)) checked(action, rule)
  for (const field of Object.values(fields)) {
    checked(`${field.name}.read`, field.read)
    if (!field.write) continue
    const { create, update } = field.write
    checked(`${field.name}.${create === update ? "write" : "create"}`, create)
    checked(`${field.name}.update`, update)
  }
  for (const [column, { target, rule }] of refersTo)
    checkRule(target, `${name}: the rule of ${column}.refersTo, for rows of ${target.name},`, rule)
  for (const kind of viewerKinds) {
    const reads = new Set(Object.values(fields).map(({ read }) => read))
    const byRow = [...reads].filter((rule) => isOpen(rule, kind) && !isOpenToAll(rule, kind))
    if (byRow.length > maxRowRules)
      throw new Error(
        `${name}: ${byRow.length} different rules for reading fields look at the row; there may be ${maxRowRules}`,
      )
  }
}

/** The columns of fields, as the database names them. */
const columnsOf = (fields: Resource["fields"]): string[] =>
  Object.values(fields).map(({ column }) => column.name)

/** Has a rule say what it asks of a row, for each kind of viewer. `where` begins the messages. */
function checkRule({ tableName, fields }: Resource, where: string, rule: Rule): void {
  const row: RowSql = (column) => {
    if (!Object.hasOwn(fields, column)) throw new Error(`${where} names "${column}", which is no column`)
    return rowMark
  }
  const propertyOf = (column: string) =>
    Object.values(fields).find((field) => field.column.name === column)?.name ?? column
  for (const kind of viewerKinds) {
    const outcome: unknown = rule(row, { kind, id: sql`null` })
    if (typeof outcome === "boolean") continue
    if (!is(outcome, SQL)) throw new Error(`${where} returns neither SQL nor true or false`)
    if (holdsComment(outcome))
      throw new Error(`${where} holds a comment of SQL, which could hide what follows`)
    const column = namedOutright(outcome, tableName, columnsOf(fields))
    if (column)
      throw new Error(`${where} names the column "${column}" itself: write row("${propertyOf(column)}")`)
    const hiding = hidingRow(outcome, tableName)
    if (hiding)
      throw new Error(
        `${where} has a subselect that reads ${hiding} by the name of the rule's own row: give it another, as in "from ${tableName} other"`,
      )
  }
}
