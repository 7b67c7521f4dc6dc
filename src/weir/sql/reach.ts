import { getTableName, type Name, type SQL, sql, type Table } from "drizzle-orm"
import { indexedColumns } from "../db/dialect/foreign-keys.ts"
import { changesRows, type ForeignAction, type Referrer, referrersOf } from "../db/dialect/referrers.ts"
import type { Resource } from "../resource/resource.ts"
import { bound, compile, type Plan } from "./plan.ts"

/** What a write of a table's rows leads to in other tables. */
export interface Reach {
  /**
   * Answers a row where more rows than are bound as `@most` go or change with those of a condition. Undefined where none can.
   */
  probe: ((where: SQL) => Plan) | undefined
  /** Tables that are gone through for each row, since no index finds the rows that refer to it. */
  scans: string[]
}

/** Longest chain of references that is followed, and most chains of all: at their end, one row is as good as many. */
const most = { steps: 4, chains: 100 }

const alias = (n: number): Name => sql.identifier(`@${n}`)
const root = sql.identifier("@root")

/** A chain of references, from the rows that are written. */
interface Chain {
  steps: Referrer[]
  next: Chain[]
}

/** The foreign keys that lead from a table to rows that are written as well. */
const leadingFrom = (table: Table, action: ForeignAction, columns?: readonly string[]): Referrer[] =>
  referrersOf(table).filter(
    (key) =>
      changesRows(key[action]) && (!columns || key.foreignColumns.some(({ name }) => columns.includes(name))),
  )

/** What a delete reaches, or an update of these columns, by their names in the database. */
export function reachOf({ table }: Resource, columns?: readonly string[]): Reach {
  const action = columns ? "onUpdate" : "onDelete"
  let chains = 0
  const scans = new Set<string>()
  const follow = (steps: Referrer[]): Chain => {
    chains += 1
    const last = steps.at(-1) as Referrer
    // Rows that keep their key lead no further.
    const goesOn = !columns && last.onDelete === "cascade" && steps.length < most.steps
    const further = goesOn ? leadingFrom(last.table, action) : []
    if (goesOn) note(last.table)
    return { steps, next: chains < most.chains ? further.map((key) => follow([...steps, key])) : [] }
  }
  const note = (of: Table) => {
    for (const key of referrersOf(of))
      if (!isIndexed(key) && (!columns || key.foreignColumns.some(({ name }) => columns.includes(name))))
        scans.add(getTableName(key.table))
  }
  note(table)
  const first = leadingFrom(table, action, columns).map((key) => follow([key]))
  const probe = first.length ? (where: SQL) => compileProbe(table, first, where, scans.size === 0) : undefined
  return { probe, scans: [...scans] }
}

const isIndexed = ({ table, columns: [first] }: Referrer): boolean =>
  first !== undefined && indexedColumns(table).has(first.name)

function compileProbe(table: Table, chains: Chain[], where: SQL, bounded: boolean): Plan {
  const names = new Set(chains.flatMap(({ steps }) => steps[0]?.foreignColumns.map(({ name }) => name) ?? []))
  const columns = [...names].map((name) => sql.identifier(name))
  const rows = sql`with ${root} as materialized (select ${sql.join(columns, sql`, `)} from ${table} where ${where})`
  // Not an `or`: SQLite may compute both of its sides, and what is bounded here is so by what comes before it.
  return { ...compile(sql`${rows} select 1 where ${anyOf(chains)} = 1`), bounded }
}

/** 1 where one of some chains has many rows at its end, or goes on to where many are; else 0. */
const anyOf = (chains: Chain[]): SQL =>
  sql`case ${sql.join(
    chains.map((chain) => sql`when ${hasMany(chain)} = 1 then 1`),
    sql` `,
  )} else 0 end`

function hasMany({ steps, next }: Chain): SQL {
  const isEnd = steps.length === most.steps
  const many = sql`exists (${rowsOf(steps)} limit 1 offset ${isEnd ? sql`0` : bound("@most")})`
  if (next.length === 0) return many
  return sql`(case when not exists (${rowsOf(steps)}) then 0 when ${many} then 1 else ${anyOf(next)} end)`
}

/** The rows at the end of a chain, which are found step by step. */
function rowsOf(steps: Referrer[]): SQL {
  const joins = steps.map(({ table, columns, foreignColumns }, i) => {
    const before = i === 0 ? root : alias(i)
    const same = columns.map(
      ({ name }, n) =>
        sql`${alias(i + 1)}.${sql.identifier(name)} = ${before}.${sql.identifier(foreignColumns[n]?.name ?? "")}`,
    )
    return sql`cross join ${table} as ${alias(i + 1)} on ${sql.join(same, sql` and `)}`
  })
  return sql`select 1 from ${root} ${sql.join(joins, sql` `)}`
}
