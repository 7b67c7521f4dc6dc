import { type Column, getTableColumns, getTableName, type Table } from "drizzle-orm"
import { primaryKeyOf, propertyOf } from "../db/dialect/foreign-keys.ts"
import { dialectFault } from "../db/dialect/names.ts"
import { DeclaredRelations, type TableRelation } from "./declared-relations.ts"
import { type NamedTable, namedTable, relationsOf } from "./derived-relations.ts"
import { type Field, fieldFrom } from "./field.ts"
import { tablesOf } from "./load-tables.ts"
import type { Resource } from "./resource.ts"

/** The tables of an API, served or not: how rows of one lead to those of another, for rules in words. */
export class ApiTables {
  readonly declared: DeclaredRelations
  private readonly served: Map<Table, Resource>
  private readonly others = new Map<Table, NamedTable>()
  private readonly relations = new Map<Table, Map<string, TableRelation>>()

  constructor(resources: readonly Resource[], schema: Record<string, unknown>) {
    const modules = new Set([schema, ...resources.map(({ module }) => module)])
    this.declared = new DeclaredRelations([...modules].flatMap((module) => Object.values(module)))
    this.served = new Map(resources.map((resource) => [resource.table, resource]))
    const exports = new Map<unknown, string>()
    for (const module of modules)
      for (const [name, value] of Object.entries(module))
        if (name !== "default" && !exports.has(value)) exports.set(value, name)
    for (const table of tablesOf(resources, schema))
      if (!this.served.has(table) && !dialectFault(table))
        this.others.set(table, namedTable(table, exports.get(table) ?? getTableName(table)))
  }

  /** What a table is called. */
  nameOf(table: Table): string {
    return (this.served.get(table) ?? this.others.get(table))?.name ?? getTableName(table)
  }

  /** The relations along a path such as `project.members`, or in words why there is no such path. */
  path(table: Table, path: string): TableRelation[] | string {
    const steps: TableRelation[] = []
    let here = table
    for (const name of path.split(".")) {
      const relation = this.relationsFrom(here).get(name)
      if (!relation) return this.missing(here, name)
      steps.push(relation)
      here = relation.target
    }
    return steps
  }

  /** The column that says of a row that it is softly deleted, where there is one. */
  softDeleted(table: Table): Column | undefined {
    return this.served.get(table)?.softDelete?.field.column
  }

  /** The field of a column; undefined where there is none, or its type is not known. */
  field(table: Table, name: string): Field | undefined {
    const resource = this.served.get(table)
    if (resource) return Object.hasOwn(resource.fields, name) ? resource.fields[name] : undefined
    const columns: Record<string, Column> = getTableColumns(table)
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined
    if (!column) return undefined
    const keys = primaryKeyOf(table).map((key) => propertyOf(table, key))
    const isKey = keys.includes(name)
    return fieldFrom({
      table,
      name,
      column,
      isKey,
      isWholeKey: isKey && keys.length === 1,
      uniques: new Set(),
      options: {},
    })
  }

  /** The relations of a table, by the names that embeds have, and by those of the schema. */
  private relationsFrom(table: Table): Map<string, TableRelation> {
    let relations = this.relations.get(table)
    if (!relations) {
      const source =
        this.served.get(table) ?? this.others.get(table) ?? namedTable(table, getTableName(table))
      relations = relationsOf(source, this.declared, this.served, this.others)
      for (const [name, relation] of [...relations])
        if (source.fields[name] && !relations.has(`${name}Row`)) relations.set(`${name}Row`, relation)
      this.relations.set(table, relations)
    }
    return relations
  }

  private missing(table: Table, name: string): string {
    const unresolved = this.declared.of(table).find((one) => one.name === name)
    if (unresolved && "why" in unresolved)
      return `the relation "${name}" of ${this.nameOf(table)} does not say its columns: ${unresolved.why}`
    const names = [...this.relationsFrom(table).keys()]
    const there = names.length ? `there are ${names.join(", ")}` : "it has none"
    return `${this.nameOf(table)} has no relation "${name}": ${there} (tables that no resource leads to are known by defineApi's schema)`
  }
}
