import { type SQL, sql } from "drizzle-orm"
import type { Field, Resource, ResourceOptions, SoftDelete } from "./resource.ts"
import { all, nobody } from "./rules.ts"

/** A resource whose rows are softly deleted. */
export type SoftlyDeleted = Resource & { softDelete: SoftDelete }

export const isSoftlyDeleted = (resource: Resource): resource is SoftlyDeleted =>
  resource.softDelete !== undefined

/** The types of columns that can say when a row was deleted. */
const times: ReadonlySet<string> = new Set([
  "timestamp",
  "local_timestamp",
  "date",
  "integer",
  "bigint",
  "real",
])

/**
 * The option `softDelete`, resolved. It takes the column from clients, and hides deleted rows by the rule `read`. Throws
 * one line where the column cannot say when a row was deleted.
 */
export function softDeleteOf(
  name: string,
  { softDelete: column, restore }: ResourceOptions,
  fields: Record<string, Field>,
  rules: Resource["rules"],
): SoftDelete | undefined {
  if (column === undefined) {
    if (restore)
      throw new Error(`${name}: restore is a rule of rows that softDelete keeps; there is no softDelete`)
    return undefined
  }
  const field = Object.hasOwn(fields, column) ? fields[column] : undefined
  if (!field) throw new Error(`${name}: softDelete names "${column}", which is no column`)
  const why = unfitness(field)
  if (why) throw new Error(`${name}: softDelete names "${column}", which ${why}`)
  const taken: Field = { ...field, write: undefined, made: undefined, remade: undefined, optional: true }
  fields[column] = taken
  const { read } = rules
  const softDelete: SoftDelete = { field: taken, read, present: (row) => sql`${row(column)} is null` }
  if (read !== nobody) rules.read = all(read, softDelete.present)
  return softDelete
}

/** Why a field cannot say when its row was deleted. */
function unfitness({ spec, type, nullable, column }: Field): string | undefined {
  if (!times.has(spec.type)) return `is no timestamp, date or number (${spec.type})`
  if (!nullable) return "must be nullable: it is null in rows that are not deleted"
  if (type.generated || spec.readOnly) return "the database or the engine sets by itself"
  if (column.hasDefault) return "has a default: a new row would be a deleted one"
  return undefined
}

const millisPerSecond = 1000

/** Now, as a soft delete sets it: of a number, milliseconds since 1970, or seconds where these are too many. */
export function deletionTime({ field: { spec, type } }: SoftDelete, now = new Date()): unknown {
  const text = now.toISOString()
  switch (spec.type) {
    case "timestamp":
      return type.input().parse(text)
    case "local_timestamp":
      return type.input().parse(text.slice(0, -1))
    case "date":
      return text.slice(0, "2026-01-31".length)
    default:
      for (const value of [now.getTime(), Math.floor(now.getTime() / millisPerSecond)])
        for (const form of [value, String(value)]) {
          const read = type.input().safeParse(form)
          if (read.success) return read.data
        }
      throw new RangeError(`${spec.type} holds no time of now`)
  }
}

/** The condition that a row of the resource is not deleted, by its column; undefined where rows are never softly deleted. */
export const isPresent = ({ softDelete }: Resource): SQL | undefined =>
  softDelete && sql`${softDelete.field.column} is null`
