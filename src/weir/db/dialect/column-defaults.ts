import type { Column, SQL, Table } from "drizzle-orm"
import { type FieldSpec, specOf } from "./field.ts"

/** How a literal default is written where the database has another form of the value than JSON. */
interface Written<V> {
  sql(value: V): SQL
  json(value: V): string
}

/** A builder whose literal defaults are written so. Expressions stay what they are. */
export function writtenDefault<B extends object, V>(builder: B, written: Written<V>): B {
  const own = builder as B & { default(value: unknown): unknown }
  const set = own.default.bind(own)
  own.default = (value) => {
    if (typeof value === "object" && value !== null && "getSQL" in value) return set(value)
    const spec = specOf(builder) as FieldSpec
    spec.initial = written.json(value as V)
    return set(written.sql(value as V))
  }
  return builder
}

/** Types that make their own values, by what a column has that refers to such a key. */
const plain: Record<string, string> = { smallserial: "smallint", serial: "integer", bigserial: "bigint" }

/** A column that a statement reads as text, since drivers would make a JavaScript number of it. */
export interface ReadAsText {
  readAsText?: boolean
}

/** A builder of such a column. */
export function readAsText<B extends object>(builder: B): B {
  const own = builder as unknown as { build(table: Table): Column }
  const build = own.build.bind(own)
  own.build = (table) => Object.assign(build(table), { readAsText: true } satisfies ReadAsText)
  return builder
}

/** A builder whose column has the type of another column, which is looked up once all tables are made. */
export function typedAs<B extends object>(builder: B, target: () => Column): B {
  const own = builder as unknown as { build(table: Table): Column }
  const build = own.build.bind(own)
  own.build = (table) => {
    const column = build(table)
    Object.defineProperty(column, "readAsText", { get: () => (target() as ReadAsText).readAsText })
    return Object.assign(column, {
      getSQLType: () => plain[target().getSQLType()] ?? target().getSQLType(),
      mapFromDriverValue: (value: unknown) => target().mapFromDriverValue(value),
      mapToDriverValue: (value: unknown) => target().mapToDriverValue(value),
    })
  }
  return builder
}
