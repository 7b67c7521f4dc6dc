import { type Column, getTableColumns, type SQL, sql, type Table } from "drizzle-orm"
import { expect } from "vitest"
import { expressions } from "../../../src/weir/db/dialect/expressions.ts"
import type { FieldSpec } from "../../../src/weir/db/dialect/field.ts"
import type { Database, Row, Statement } from "../../../src/weir/db/driver.ts"
import { inferSpec } from "../../../src/weir/fields/infer.ts"
import type { Operator } from "../../../src/weir/fields/operators.ts"
import { type FieldType, Invalid } from "../../../src/weir/fields/type.ts"
import { fieldType } from "../../../src/weir/fields/types.ts"
import { compile, withValues } from "../../../src/weir/sql/plan.ts"

/** Values of one column, in ascending order and each once. */
export interface Trial {
  /** The type in DDL, with what belongs to the column. */
  ddl: string
  /** A table with the column as `v`. */
  table: Table
  /** Values as clients send them, with their JSON text where it is not that of the value sent. */
  values: (unknown | Sent)[]
  /** Values that only SQL can write, with their JSON: what stands before the others, and behind them. */
  before?: Written[]
  after?: Written[]
  /** Operands of `contains` in a filter, and which of the values hold them. */
  contains?: [operand: string, rows: number[]][]
}
/** An SQL literal, and the JSON text of the value that it makes. */
export type Written = [literal: string, json: string]

/** A value that is stored in another spelling than it was sent in. */
export class Sent {
  readonly value: unknown
  readonly json: string
  constructor(value: unknown, json: string) {
    this.value = value
    this.json = json
  }
}
/** @example as("2026-01-31T12:00:00+01:00", "2026-01-31T11:00:00.000000Z") */
export const as = (value: unknown, stored: unknown): Sent => new Sent(value, JSON.stringify(stored))

/** Settings that change what a session of Postgres prints and reads. */
const hostile = [
  "set local datestyle = 'SQL, DMY'",
  "set local intervalstyle = 'sql_standard'",
  "set local timezone = 'America/New_York'",
  "set local bytea_output = 'escape'",
]

/** What a column of the table says of itself. */
export const columnOf = (table: Table): Column => getTableColumns(table).v as Column

export function specOf(table: Table): FieldSpec {
  const spec = inferSpec(columnOf(table))
  if (!spec) throw new Error("the type is not known")
  return spec
}

const v = sql`v`
const cast = (value: unknown): SQL => sql`${value}`

/** The comparison of a filter, as the engine writes it. */
export function comparison(type: FieldType, operator: Operator, value: unknown): SQL {
  const bound = type.sql.bind(cast(value))
  const own = type.comparison?.(operator, v, bound)
  if (own) return own
  return operator === "eq" ? sql`v = ${bound}` : sql`${type.ordered(v)} > ${bound}`
}

/** Runs statements in one transaction under settings that no value may depend on: the rows of each. */
export async function run(database: Database, statements: SQL[]): Promise<Row[][]> {
  const settings = database.dialect === "postgres" ? hostile : []
  const all: Statement[] = [
    ...settings.map((text) => ({ text, params: [] })),
    ...statements.map((statement) => withValues(compile(statement), {})),
  ]
  return (await database.connect().batch(all)).slice(settings.length)
}

/** A column in a table of its own, and the values that it is tried with. */
export class ColumnTrial {
  readonly type: FieldType
  private readonly spec: FieldSpec
  private readonly database: Database
  private readonly trial: Trial
  private readonly sent: Sent[]

  constructor(database: Database, trial: Trial) {
    this.database = database
    this.trial = trial
    this.spec = specOf(trial.table)
    this.type = fieldType(this.spec)
    this.sent = trial.values.map((value) => (value instanceof Sent ? value : as(value, value)))
  }

  /** The JSON of each row. Spaces within it, and how the digits of a float are written, are the database's own. */
  private jsonOf = (rows: Row[]): string[] =>
    rows.map(([text]) => {
      const json = String(text).replace(/^\{"v":(.*)\}$/s, "$1")
      const isLoose = this.spec.type === "real" || !this.type.operators.includes("eq")
      return isLoose ? JSON.stringify(JSON.parse(json)) : json
    })

  private run = (statements: SQL[]) => run(this.database, statements)
  private name = sql`column_trial`

  private order = (): SQL =>
    this.type.operators.includes("gt")
      ? sql`${expressions.ordered(this.type.ordered(v), false, true)}, id`
      : sql`id`

  /** The JSON of the rows where a condition holds, in their order. */
  private selected = (where: SQL): SQL =>
    sql`select ${expressions.jsonText(expressions.jsonObject([["v", this.type.sql.json(v)]]))} from ${this.name} where ${where} order by ${this.order()}`

  private encoded = ({ value }: Sent): unknown => {
    const result = this.type.input().safeParse(value)
    if (!result.success) throw new Error(`${JSON.stringify(value)}: ${result.error.message}`)
    return this.type.sql.encode(result.data)
  }

  async open(): Promise<void> {
    await this.run([
      sql`drop table if exists ${this.name}`,
      sql`create table ${this.name} (id integer primary key, v ${sql.raw(this.trial.ddl)})`,
    ])
  }

  /** Writes values one by one, and those that only SQL can write: the JSON of all, in ascending order. */
  async written(): Promise<void> {
    const { before = [], after = [] } = this.trial
    const insert = (id: number, value: SQL) => sql`insert into ${this.name} (id, v) values (${id}, ${value})`
    await this.run([
      ...before.map(([literal], i) => insert(1 + i, sql.raw(literal))),
      ...this.sent.map((one, i) => insert(100 + i, this.type.sql.bind(cast(this.encoded(one))))),
      ...after.map(([literal], i) => insert(10_000 + i, sql.raw(literal))),
    ])
    const [rows = []] = await this.run([this.selected(sql`true`)])
    expect(this.jsonOf(rows)).toEqual([
      ...before.map(([, json]) => json),
      ...this.sent.map(({ json }) => json),
      ...after.map(([, json]) => json),
    ])
  }

  private operands(): { text: string; value: unknown; json: string }[] {
    return this.sent.map(({ value, json }) => {
      const text = typeof value === "string" ? value : JSON.stringify(value)
      const parsed = this.type.parse(text)
      if (parsed instanceof Invalid) throw new Error(`${text}: ${parsed.message}`)
      return { text, json, value: this.type.sql.encode(parsed) }
    })
  }

  /** Each value is found by itself, all by a list of them, and what is greater is greater. */
  async compared(): Promise<void> {
    const { operators } = this.type
    if (operators.includes("eq")) {
      const operands = this.operands()
      const found = await this.run(
        operands.map(({ value }) => this.selected(comparison(this.type, "eq", value))),
      )
      expect(found.map(this.jsonOf)).toEqual(operands.map(({ json }) => [json]))
    }
    if (operators.includes("in")) {
      const list = JSON.stringify(this.operands().map(({ value }) => value))
      const [found = []] = await this.run([this.selected(this.type.sql.oneOf(v, cast(list)))])
      expect(this.jsonOf(found)).toEqual(this.sent.map(({ json }) => json))
    }
    if (operators.includes("gt")) {
      const operands = this.operands()
      const after = this.trial.after?.map(([, json]) => json) ?? []
      const found = await this.run(
        operands.map(({ value }) => this.selected(comparison(this.type, "gt", value))),
      )
      expect(found.map(this.jsonOf)).toEqual(
        operands.map((_, i) => [...operands.slice(i + 1).map(({ json }) => json), ...after]),
      )
    }
    for (const [text, rows] of this.trial.contains ?? []) {
      const operand = this.type.parseOperand?.("contains", text)
      if (operand === undefined || operand instanceof Invalid) throw new Error(`${text} is no operand`)
      const value = this.type.sql.encode(operand)
      const [found = []] = await this.run([this.selected(comparison(this.type, "contains", value))])
      expect(this.jsonOf(found).toSorted(), text).toEqual(rows.map((i) => this.sent[i]?.json).toSorted())
    }
  }

  /** What a cursor holds of a row finds that row again, among all, and those beyond it. */
  async positioned(): Promise<void> {
    const { type } = this
    if (!type.operators.includes("gt")) return
    const position = type.sql.position ?? type.sql.json
    const [rows = []] = await this.run([
      sql`select ${expressions.jsonColumn(position(v))}, id from ${this.name} where v is not null group by id, v order by ${type.ordered(v)}, id`,
    ])
    const values = rows.map(([text]) => JSON.parse(text as string)[0] as unknown)
    expect(values.filter((value) => !type.accepts(value))).toEqual([])
    const same = type.sql.comparable ?? ((value: SQL) => value)
    const at = (value: unknown) => same(type.sql.bind(cast(type.sql.encode(value))))
    const equal = await this.run(
      values.map((value) => sql`select id from ${this.name} where ${same(v)} = ${at(value)}`),
    )
    expect(equal.map((found) => found.map(([id]) => Number(id)))).toEqual(rows.map(([, id]) => [Number(id)]))
    const beyond = await this.run(
      values.map((value) => sql`select count(*) from ${this.name} where ${type.ordered(v)} > ${at(value)}`),
    )
    expect(beyond.map(([row]) => Number(row?.[0]))).toEqual(rows.map((_, i) => rows.length - 1 - i))
  }

  /** Values of a bulk insert, and values without a table, are as those of single inserts. */
  async bulk(): Promise<void> {
    const { sql: columnSql } = this.type
    const expected = this.sent.map(({ json }) => json)
    const list = JSON.stringify(this.sent.map((one) => [columnSql.toElement(this.encoded(one))]))
    const typed = this.sent.map(
      (one) =>
        sql`select ${expressions.jsonText(expressions.jsonObject([["v", columnSql.json(v)]]))} from (select ${columnSql.typed(columnSql.bind(cast(this.encoded(one))))} as v) as typed`,
    )
    const takesNull = !this.trial.ddl.includes("serial")
    const byItself = this.spec.scale === undefined && this.spec.element?.scale === undefined
    const [, , rows = [], , nulls = [], ...others] = await this.run([
      sql`delete from ${this.name}`,
      sql`insert into ${this.name} (v, id) select ${columnSql.fromElement(sql`value`, 0)}, row_number() over () from ${expressions.elements(cast(list))}`,
      this.selected(sql`true`),
      takesNull
        ? sql`insert into ${this.name} (id, v) values (${1_000_000}, ${columnSql.bind(cast(columnSql.encode(null)))})`
        : sql`select 1`,
      this.selected(sql`v is null`),
      ...(byItself ? typed : []),
    ])
    expect(this.jsonOf(rows)).toEqual(expected)
    expect(others.map(this.jsonOf)).toEqual(byItself ? expected.map((json) => [json]) : [])
    expect(this.jsonOf(nulls)).toEqual(takesNull ? ["null"] : [])
  }
}
