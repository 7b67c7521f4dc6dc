import { dialectName } from "../db/dialect/choose.ts"
import type { Field, ResourceOptions, RowVersion } from "./resource.ts"
import { nobody } from "./rules.ts"

/**
 * The option `version`, resolved: what row validators are made of. It takes a column that is counted up from clients. Throws
 * one line that says why a column cannot tell versions apart.
 */
export function rowVersionOf(
  name: string,
  options: ResourceOptions,
  fields: Record<string, Field>,
  keys: readonly string[],
): RowVersion | undefined {
  const made = Object.values(fields).filter(({ spec }) => spec.auto === "version")
  const column = options.version ?? made[0]?.name
  if (column === undefined) return undefined
  const fail = (why: string): never => {
    throw new Error(`${name}: version names "${column}", which ${why}`)
  }
  const field = Object.hasOwn(fields, column) ? fields[column] : undefined
  if (!field && column === "xmin") {
    if (dialectName !== "postgres") fail("Postgres alone has: name a column, such as one made by version()")
    if (keys.length === 0) fail("needs a table with a primary key")
    return { field: "xmin", counts: false }
  }
  if (!field) return fail("is no column")
  if (keys.includes(column)) fail("is the key, and never changes")
  const { type, auto } = field.spec
  if (/timestamp$/.test(type)) {
    if (auto !== "updated" && !field.remade) fail("is not set by each update: give it $onUpdate")
    return { field, counts: false }
  }
  if (type !== "integer" && type !== "bigint") fail(`is no whole number and no time (${type})`)
  if (field.spec.readOnly && auto !== "version") fail("the database sets by itself")
  const rules = options.fields?.[column] ?? {}
  if ([rules.write, rules.create, rules.update].some((rule) => rule !== undefined && rule !== nobody))
    fail("clients may set: its rules to write it must go")
  const counted: Field = {
    ...field,
    write: undefined,
    optional: true,
    initially: undefined,
    made: field.column.default === undefined ? (field.made ?? (() => 1)) : undefined,
    remade: undefined,
  }
  fields[column] = counted
  return { field: counted, counts: true }
}
