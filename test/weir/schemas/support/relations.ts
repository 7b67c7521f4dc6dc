import {
  createTableRelationsHelpers,
  extractTablesRelationalConfig,
  is,
  normalizeRelation,
  One,
  type Relation,
} from "drizzle-orm"
import type { Row } from "../../support/samples.ts"
import type { TableFacts } from "./facts.ts"
import type { PeoplesSchema } from "./schemas.ts"

/** A relation that may be embedded, in properties. */
export interface RelationFacts {
  /** The member that holds what is embedded. */
  name: string
  /** Drizzle's name; undefined where it follows from a foreign key. */
  declared: string | undefined
  kind: "one" | "many"
  target: TableFacts
  fields: string[]
  references: string[]
}

/** A relation that Drizzle itself cannot answer. */
export interface Unanswerable {
  table: string
  name: string
}

const tableOf = ({ tables }: PeoplesSchema, table: unknown): TableFacts => {
  const found = tables.find((facts) => facts.table === table)
  if (!found) throw new Error("a relation to a table that is not exported")
  return found
}

const propertyOf = ({ columns }: TableFacts, name: string): string =>
  Object.keys(columns).find((property) => columns[property]?.name === name) ?? name

/** A name that a column has already is given to the column. */
const memberOf = ({ columns }: TableFacts, name: string): string => (name in columns ? `${name}Row` : name)

function declaredOf(schema: PeoplesSchema) {
  const { tables, tableNamesMap } = extractTablesRelationalConfig(schema.module, createTableRelationsHelpers)
  const normalized = (relation: Relation) => {
    try {
      return normalizeRelation(tables, tableNamesMap, relation)
    } catch {
      return undefined
    }
  }
  return { tables, normalized }
}

/** The relations of each table: those that Drizzle answers, and where it has none, those of foreign keys. */
export function relationsOf(schema: PeoplesSchema): Map<TableFacts, RelationFacts[]> {
  const { tables, normalized } = declaredOf(schema)
  const all = schema.tables.map((facts): [TableFacts, RelationFacts[]] => {
    const declared = Object.entries(tables[facts.name]?.relations ?? {})
    if (declared.length === 0) return [facts, derivedOf(schema, facts)]
    const relations = declared.flatMap(([name, relation]): RelationFacts[] => {
      const sides = normalized(relation)
      if (!sides) return []
      const target = tableOf(schema, relation.referencedTable)
      return [
        {
          name: memberOf(facts, name),
          declared: name,
          kind: is(relation, One) ? "one" : "many",
          target,
          fields: sides.fields.map((column) => propertyOf(facts, column.name)),
          references: sides.references.map((column) => propertyOf(target, column.name)),
        },
      ]
    })
    return [facts, relations]
  })
  return new Map(all)
}

/** `memberId` without its end; undefined where it has none. */
const stemOf = (property: string): string | undefined => /^(.+?)(Id|_id)$/.exec(property)?.[1]
const singularOf = (name: string): string => name.replace(/s$/, "")

/** Whether a row is pointed at by one row at most. */
const isOne = ({ key, uniques }: TableFacts, columns: string[]): boolean =>
  [key, ...uniques].some((properties) => properties.every((property) => columns.includes(property)))

function derivedOf(schema: PeoplesSchema, facts: TableFacts): RelationFacts[] {
  const ones = facts.references.map(({ columns, target, foreign }) => ({
    name: memberOf(facts, stemOf(columns[0] as string) ?? singularOf(tableOf(schema, target).name)),
    declared: undefined,
    kind: "one" as const,
    target: tableOf(schema, target),
    fields: columns,
    references: foreign,
  }))
  const manies = schema.tables.flatMap((other) =>
    other.references
      .filter(({ target }) => target === facts.table)
      .map(({ columns, foreign }) => ({
        name: memberOf(facts, isOne(other, columns) ? singularOf(other.name) : other.name),
        declared: undefined,
        kind: isOne(other, columns) ? ("one" as const) : ("many" as const),
        target: other,
        fields: foreign,
        references: columns,
      })),
  )
  return [...ones, ...manies]
}

/** The declared relations that Drizzle cannot answer. */
export function unanswerable(schema: PeoplesSchema): Unanswerable[] {
  const { tables, normalized } = declaredOf(schema)
  return schema.tables.flatMap(({ name: table }) =>
    Object.entries(tables[table]?.relations ?? {})
      .filter(([, relation]) => !normalized(relation))
      .map(([name]) => ({ table, name })),
  )
}

/** The rows of the target that belong to a row. */
export const relatedTo = ({ fields, references }: RelationFacts, row: Row, targets: Row[]): Row[] =>
  targets.filter((target) =>
    fields.every((field, i) => row[field] !== null && row[field] === target[references[i] as string]),
  )
