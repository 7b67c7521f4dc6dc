import {
  type Column,
  createTableRelationsHelpers,
  getTableName,
  is,
  Many,
  One,
  Relations,
  type Table,
} from "drizzle-orm"
import { foreignKeysOf, primaryKeyOf, uniqueSets } from "../db/dialect/foreign-keys.ts"
import { hasPrototype } from "../lib/prototype.ts"

/** A relation of a table as its team declares it, or as a foreign key says. Columns are in the same order on both sides. */
export interface TableRelation {
  name: string
  kind: "one" | "many"
  target: Table
  local: Column[]
  foreign: Column[]
}

/** A relation that does not say by which columns rows are related. */
export interface Unresolved {
  name: string
  why: string
}

type DrizzleRelation = One | Many<string>

/** Reads Drizzle's `relations()`. The only file that knows their form: drizzle 1.0 has another, `defineRelations`. */
export class DeclaredRelations {
  private readonly byTable = new Map<Table, Map<string, DrizzleRelation>>()

  /** `values` are the exports of schema modules, whatever they are. */
  constructor(values: Iterable<unknown>) {
    for (const declared of new Set(values)) {
      if (!hasPrototype(declared) || !is(declared, Relations)) continue
      const own = this.byTable.get(declared.table) ?? new Map<string, DrizzleRelation>()
      const config = declared.config(createTableRelationsHelpers(declared.table)) as Record<string, unknown>
      for (const [name, relation] of Object.entries(config))
        if (is(relation, One) || is(relation, Many)) own.set(name, relation)
      this.byTable.set(declared.table, own)
    }
  }

  /** The relations that are declared of a table. */
  of(table: Table): (TableRelation | Unresolved)[] {
    return [...(this.byTable.get(table) ?? [])].map(([name, relation]) => this.resolve(table, name, relation))
  }

  private resolve(table: Table, name: string, relation: DrizzleRelation): TableRelation | Unresolved {
    const target = relation.referencedTable
    const kind = is(relation, One) ? "one" : "many"
    if (is(relation, One) && relation.config) {
      const { fields, references } = relation.config
      return { name, kind, target, local: fields, foreign: references }
    }
    const inverse = this.inverseOf(table, relation)
    if (typeof inverse !== "string") return { name, kind, target, ...inverse }
    return { name, why: inverse }
  }

  /** The columns of the relation on the other side that this one mirrors, or of the one foreign key that there is. */
  private inverseOf(
    table: Table,
    { referencedTable, relationName }: DrizzleRelation,
  ): Pick<TableRelation, "local" | "foreign"> | string {
    const ones = [...(this.byTable.get(referencedTable)?.values() ?? [])].filter(
      (other): other is One =>
        is(other, One) && other.config !== undefined && other.referencedTable === table,
    )
    const named = ones.filter((other) => other.relationName === relationName)
    const candidates = relationName !== undefined && (named.length || ones.length > 1) ? named : ones
    const [one] = candidates
    if (one?.config && candidates.length === 1)
      return { local: one.config.references, foreign: one.config.fields }
    const keys = foreignKeysOf(referencedTable).filter(({ foreignTable }) => foreignTable === table)
    const [key] = keys
    if (key && keys.length === 1 && candidates.length === 0)
      return { local: key.foreignColumns, foreign: key.columns }
    const what = candidates.length ? `${candidates.length} relations back` : "no relation back"
    return `${getTableName(referencedTable)} has ${what}, and ${keys.length} foreign keys to it`
  }
}

/** Whether no two rows of a table have the same values in these columns. */
export function isUniqueIn(table: Table, columns: readonly Column[]): boolean {
  const names = new Set(columns.map(({ name }) => name))
  const sets = [...uniqueSets(table), primaryKeyOf(table).map(({ name }) => name)]
  return sets.some((set) => set.length > 0 && set.every((name) => names.has(name)))
}

/** Whether two lists hold the same columns. */
export const sameColumns = (a: readonly Column[], b: readonly Column[]): boolean =>
  a.length === b.length &&
  a.every((column) =>
    b.some((other) => other === column || (other.table === column.table && other.name === column.name)),
  )
