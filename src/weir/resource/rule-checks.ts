import { getTableColumns, getTableName, is, SQL, sql, type Table } from "drizzle-orm"
import { propertyOf } from "../db/dialect/foreign-keys.ts"
import type { ApiTables } from "./api-tables.ts"
import type { Resource } from "./resource.ts"
import { type RuleCheck, scoped } from "./row-of.ts"
import { hidingRow, holdsComment, namedOutright, rowMark } from "./rule-columns.ts"
import { isOpen, isOpenToAll, maxRowRules, type RowSql, type Rule, unboundViewer } from "./rules.ts"
import { unscoped } from "./scopes.ts"
import { type ViewerSql, viewerKinds } from "./viewer.ts"

/** Throws for a rule that names no column of its row, or says nothing: a request would meet it as a 503. */
export function checkRules(resource: Resource): void {
  const { name, fields, rules, refersTo } = resource
  // Most fields have the same rules, and actions often have.
  const done = new Set<Rule>()
  const checked = (what: string, rule: Rule) => {
    const plain = unscoped(rule)
    if (!done.has(plain)) checkRule(resource, `${name}: the rule of ${what}`, plain)
    done.add(plain)
  }
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
  for (const kind of viewerKinds()) {
    const reads = new Set(Object.values(fields).map(({ read }) => read))
    const byRow = [...reads].filter((rule) => isOpen(rule, kind) && !isOpenToAll(rule, kind))
    if (byRow.length > maxRowRules)
      throw new Error(
        `${name}: ${byRow.length} different rules for reading fields look at the row; there may be ${maxRowRules}`,
      )
  }
}

/** Has a rule of a resource say what it asks of a row, for each kind of viewer. `where` begins the messages. */
function checkRule(resource: Resource, where: string, rule: Rule): void {
  const { table, tables, fields } = resource
  const own = { table, has: (column: string) => Object.hasOwn(fields, column) }
  for (const kind of viewerKinds()) outcomeOf([own], { where, tables, rule, viewer: unboundViewer(kind) })
}

/** The table of a rule, and what it may name of it. */
interface RuleTable {
  table: Table
  has(column: string): boolean
}

interface Checked {
  where: string
  tables: ApiTables | undefined
  rule: Rule
  viewer: ViewerSql
}

/** What a rule comes to, checked. The last of the tables is its own; the others are those of the rules around it. */
function outcomeOf(around: RuleTable[], checked: Checked): SQL | boolean {
  const { where, tables, rule, viewer } = checked
  const own = around.at(-1) as RuleTable
  const refuse = (why: string): never => {
    throw new Error(`${where} ${why}`)
  }
  const row: RowSql = (column) =>
    own.has(column) ? rowMark : refuse(`names "${column}", which is no column`)
  const inner: RuleCheck["inner"] = (path, target, rule, viewer) => {
    const columns = getTableColumns(target)
    const there = { table: target, has: (column: string) => Object.hasOwn(columns, column) }
    const outcome = outcomeOf([...around, there], {
      ...checked,
      where: `${where} through "${path}"`,
      rule,
      viewer,
    })
    return outcome !== false && sql`${rowMark} = ${rowMark}`
  }
  if (tables) scoped({ table: own.table, tables, depth: 0, check: { refuse, inner } }, row)
  const outcome: unknown = rule(row, viewer)
  if (typeof outcome === "boolean") return outcome
  if (!is(outcome, SQL)) return refuse("returns neither SQL nor true or false")
  if (holdsComment(outcome)) return refuse("holds a comment of SQL, which could hide what follows")
  for (const { table } of around) checkNames(outcome, table, refuse)
  return outcome
}

/** Throws where SQL names columns of a rule's table itself, or hides its row. */
function checkNames(outcome: SQL, table: Table, refuse: (why: string) => never): void {
  const name = getTableName(table)
  const columns = Object.values(getTableColumns(table))
  const names = columns.map((column) => column.name)
  const named = namedOutright(outcome, name, names)
  const column = columns.find((one) => one.name === named)
  if (column) refuse(`names the column "${named}" itself: write row("${propertyOf(table, column)}")`)
  const hiding = hidingRow(outcome, name)
  if (hiding)
    refuse(
      `has a subselect that reads ${hiding} by the name of the rule's own row: give it another, as in "from ${name} other"`,
    )
}
