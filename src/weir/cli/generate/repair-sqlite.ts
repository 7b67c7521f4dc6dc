import { addColumns, canAddColumns } from "./add-columns.ts"
import { type RebuildOptions, rebuild } from "./rebuild.ts"
import { mustBeFilled, tableOf } from "./repair.ts"
import type { Snapshot, TableSnapshot } from "./snapshot.ts"

/** The name of the table that drizzle-kit's statement creates as its new version, to be renamed later. */
const rebuiltBy = (statement: string): string | undefined =>
  /^CREATE TABLE `__new_([^`]+)`/.exec(statement)?.[1]

/** The table and the column that drizzle-kit's statement adds. */
const addedBy = (statement: string): string[] =>
  /^ALTER TABLE `([^`]+)` ADD `([^`]+)`/.exec(statement)?.slice(1) ?? []

/** The table that drizzle-kit's statement drops. */
const droppedBy = (statement: string): string | undefined => /^DROP TABLE `([^`]+)`/.exec(statement)?.[1]

/** Whether drizzle-kit's statement is one of those by which it changes a table and its indexes. */
function changes({ name }: TableSnapshot, before: TableSnapshot, statement: string): boolean {
  const [, dropped] = /^DROP INDEX(?: IF EXISTS)? `([^`]+)`/.exec(statement) ?? []
  if (dropped !== undefined) return Object.hasOwn(before.indexes, dropped)
  const own = [
    `CREATE TABLE \`__new_${name}\``,
    `INSERT INTO \`__new_${name}\``,
    `ALTER TABLE \`__new_${name}\``,
    `ALTER TABLE \`${name}\` `,
    `DROP TABLE \`${name}\``,
  ]
  return (
    own.some((start) => statement.startsWith(start)) ||
    (/^CREATE (UNIQUE )?INDEX /.test(statement) && statement.includes(` ON \`${name}\``))
  )
}

/** Whether drizzle-kit's statements for a table are replaced: it is rebuilt, or a column that it gets is special. */
function isReplaced(table: TableSnapshot, statements: string[], fill: boolean): boolean {
  return statements.some((statement) => {
    if (rebuiltBy(statement) === table.name) return true
    const [name, columnName = ""] = addedBy(statement)
    const column = table.columns[columnName]
    if (name !== table.name || !column) return false
    // ADD COLUMN accepts constant defaults only, and drizzle-kit forgets what a reference does on delete.
    const computed = typeof column.default === "string" && column.default.startsWith("(")
    return computed || / REFERENCES /.test(statement) || (fill && mustBeFilled(column))
  })
}

/** The names of dropped tables, so that each comes before those that it refers to. */
function childrenFirst(names: string[], from: Snapshot): string[] {
  const ordered: string[] = []
  const visit = (name: string, path: string[]) => {
    if (ordered.includes(name) || path.includes(name)) return
    for (const child of names)
      if (Object.values(tableOf(from, child)?.foreignKeys ?? {}).some(({ tableTo }) => tableTo === name))
        visit(child, [...path, name])
    ordered.push(name)
  }
  for (const name of names) visit(name, [])
  return ordered
}

/**
 * Repairs drizzle-kit's statements for SQLite, so that no row is lost where foreign keys cannot be turned off, as on
 * D1. Columns are added without a rebuild where SQLite can. A rebuild keeps the rows that refer to its table, and a
 * table is dropped when no other refers to it any more. With `fill`, required columns that are added get a value.
 * Expressions of indexes are left unquoted.
 */
export async function repairSqlite(
  statements: string[],
  from: Snapshot,
  to: Snapshot,
  options: RebuildOptions,
): Promise<string[]> {
  let rest = statements
  const changed: string[] = []
  const rebuilt: string[] = []
  for (const table of Object.values(to.tables)) {
    const before = tableOf(from, table.name)
    if (!before || !isReplaced(table, statements, options.fill)) continue
    rest = rest.filter((statement) => !changes(table, before, statement))
    if (canAddColumns(before, table, options.fill))
      changed.push(...(await addColumns(before, table, options)))
    else rebuilt.push(...(await rebuild(table, before, { from, to }, options)))
  }
  if (rebuilt.length) rebuilt.unshift("PRAGMA defer_foreign_keys=ON;")
  // A rebuild needs no foreign keys turned off: what it would delete, it keeps.
  rest = rest.filter((statement) => !/^PRAGMA foreign_keys=/.test(statement))
  const dropped = childrenFirst(
    rest.flatMap((statement) => droppedBy(statement) ?? []),
    from,
  )
  return [
    ...rest.filter((statement) => droppedBy(statement) === undefined),
    ...changed,
    ...rebuilt,
    ...dropped.map((name) => `DROP TABLE \`${name}\`;`),
  ].map((statement) => withExpressions(statement, to))
}

/**
 * An index as it should be. Of a rebuilt table, drizzle-kit quotes an expression as if it were a column's name; one that
 * holds a comma, it takes for several.
 */
function withExpressions(statement: string, to: Snapshot): string {
  const [, start = "", name = ""] = /^(CREATE (?:UNIQUE )?INDEX `([^`]+)` ON `[^`]+` )/.exec(statement) ?? []
  if (!start) return statement
  const index = Object.values(to.tables).flatMap(({ indexes }) => indexes[name] ?? [])[0]
  const columns = (index?.columns ?? []).filter((column) => typeof column === "string")
  if (!columns.some((column) => column.includes(",")))
    return statement.replace(/`([^`]*)`/g, (quoted, part) => (part.includes("(") ? part : quoted))
  const parts = columns.map((column) => (column.includes("(") ? column : `\`${column}\``))
  const condition = index?.where === undefined ? "" : ` WHERE ${index.where}`
  return `${start}(${parts.join(", ")})${condition};`
}
