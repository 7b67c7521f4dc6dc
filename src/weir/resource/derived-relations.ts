import { type Column, getTableColumns, type Table } from "drizzle-orm"
import { foreignKeysOf, propertyOf } from "../db/dialect/foreign-keys.ts"
import { type DeclaredRelations, isUniqueIn, sameColumns, type TableRelation } from "./declared-relations.ts"
import { pascal, singularOf } from "./names.ts"

/** What relations are named by: a resource, or a table that is none. */
export interface NamedTable {
  table: Table
  name: string
  singular: string
  fields: Record<string, unknown>
}

export type ByTable = ReadonlyMap<Table, NamedTable>

/** A table that is no resource, under the name of its export. */
export const namedTable = (table: Table, name: string): NamedTable => ({
  table,
  name,
  singular: singularOf(name),
  fields: getTableColumns(table),
})

/**
 * The relations of a table by their names in the schema: those that are declared, then what the foreign keys of each
 * of these groups of tables say beyond them.
 */
export function relationsOf(
  source: NamedTable,
  declared: DeclaredRelations,
  ...groups: ByTable[]
): Map<string, TableRelation> {
  const relations = new Map<string, TableRelation>()
  for (const relation of declared.of(source.table))
    if (!("why" in relation)) relations.set(relation.name, relation)
  for (const byTable of groups)
    for (const derived of [...towards(source, byTable), ...inverse(source, byTable)])
      place(source, relations, derived)
  return relations
}

function place(
  source: NamedTable,
  relations: Map<string, TableRelation>,
  { others, ...derived }: Derived,
): void {
  const isKnown = [...relations.values()].some(
    ({ target, local, foreign }) =>
      target === derived.target && sameColumns(local, derived.local) && sameColumns(foreign, derived.foreign),
  )
  if (isKnown) return
  const name = [derived.name, ...others].find((one) => !relations.has(one) && !source.fields[one])
  if (name !== undefined) relations.set(name, { ...derived, name })
}

/** A relation that a foreign key says, and names for it where the first is taken. */
type Derived = TableRelation & { others: string[] }

/** The rows that a table's own foreign keys name. */
function towards(source: NamedTable, byTable: ByTable): Derived[] {
  return foreignKeysOf(source.table).flatMap(({ columns, foreignTable, foreignColumns }) => {
    const target = byTable.get(foreignTable)
    if (!target) return []
    const name = nameOfKey(source, columns, target)
    const others = [target.singular, `${name}Row`]
    return [{ name, others, kind: "one", target: foreignTable, local: columns, foreign: foreignColumns }]
  })
}

/** What a foreign key is called as a relation: `memberId` is `member`; a key of several columns, as its target's rows. */
function nameOfKey(source: NamedTable, columns: readonly Column[], target: NamedTable): string {
  const property = columns.length === 1 && columns[0] ? propertyOf(source.table, columns[0]) : undefined
  const stem = property?.replace(/(_id|Id|ID)$/, "")
  return stem && stem !== property ? stem : target.singular
}

/** The rows whose foreign keys name this table's. */
function inverse(source: NamedTable, byTable: ByTable): Derived[] {
  return [...byTable.values()].flatMap((other) => {
    const keys = foreignKeysOf(other.table).filter(({ foreignTable }) => foreignTable === source.table)
    return keys.map(({ columns, foreignColumns }): Derived => {
      const kind = isUniqueIn(other.table, columns) ? "one" : "many"
      const plain = kind === "one" ? other.singular : other.name
      const by = `${plain}By${pascal(nameOfKey(other, columns, source))}`
      // Two keys may have one name: then each is called by its columns.
      const properties = columns.map((column) => pascal(propertyOf(other.table, column) ?? column.name))
      const byColumns = `${plain}By${properties.join("")}`
      const [name, ...others] = keys.length > 1 ? [by, byColumns] : [plain, by, byColumns]
      return {
        name: name as string,
        others,
        kind,
        target: other.table,
        local: foreignColumns,
        foreign: columns,
      }
    })
  })
}
