import { fnv1a } from "../../lib/fnv.ts"
import { configOf, nameIn, specOf } from "./field.ts"

/** The part of Drizzle's builders of indexes and unique constraints that is read here. */
interface Declared {
  config?: { columns: { name?: string }[]; unique: boolean; where?: unknown; method?: string }
  columns?: { name?: string }[]
}

/**
 * The declared indexes of a table, and one for each reference without: it finds the rows that refer to a row, in the
 * order of their key, as embeds and nested lists read them. SQLite's indexes end in the key by themselves; on Postgres
 * the key is named, and a declared index of the reference alone is made to end in it.
 *
 * `make` makes an index of a name on the columns of these properties.
 */
export function withReferenceIndexes<Extra extends object>(
  table: string,
  builders: Record<string, object>,
  declared: Extra[],
  make: (name: string, columns: string[]) => Extra,
  endsInKey: boolean,
): Extra[] {
  const all = [...declared]
  const isKey = (property: string) => configOf(builders[property] as object).primaryKey
  const key = Object.keys(builders).find(isKey)
  const inDatabase = (property: string) => nameIn(builders[property] as object, property)
  for (const [property, builder] of Object.entries(builders)) {
    if (!specOf(builder)?.reference || isKey(property)) continue
    const properties = endsInKey || key === undefined ? [property] : [property, key]
    const columns = properties.map(inDatabase)
    const column = inDatabase(property)
    if (all.some((extra) => isServedBy(extra as Declared, columns))) continue
    const alone = all.findIndex((extra) => isIndexOf(extra as Declared, column))
    const name = nameOf(all[alone] as Declared | undefined) ?? shortened(`${table}_${column}_index`)
    if (alone < 0) all.push(make(name, properties))
    else all[alone] = make(name, properties)
  }
  return all
}

const nameOf = (declared: Declared | undefined): string | undefined =>
  (declared?.config as { name?: string } | undefined)?.name

const namesOf = ({ config, columns }: Declared): (string | undefined)[] =>
  config?.where === undefined ? (config?.columns ?? columns ?? []).map(({ name }) => name) : []

const isUnique = ({ config, columns }: Declared): boolean => config?.unique ?? columns !== undefined

/** Whether an index finds one row at most by the first of the columns, or all rows in the order of the columns. */
function isServedBy(declared: Declared, columns: string[]): boolean {
  const names = namesOf(declared)
  if (isUnique(declared) && names.length === 1 && names[0] === columns[0]) return true
  const isEnough = columns.length > 1 ? names.length >= columns.length : names.length === 1
  return isEnough && columns.every((column, i) => names[i] === column) && !isHash(declared)
}

/** Whether it is a plain index of that column alone. */
const isIndexOf = (declared: Declared, column: string): boolean => {
  const names = namesOf(declared)
  return !isUnique(declared) && names.length === 1 && names[0] === column && !isHash(declared)
}

const isHash = ({ config }: Declared): boolean => config?.method !== undefined && config.method !== "btree"

/** A name of at most 63 bytes, which is what Postgres keeps: a long one is cut, and a hash tells it from others. */
export function shortened(name: string): string {
  if (Buffer.byteLength(name) <= 63) return name
  return `${Buffer.from(name).subarray(0, 50).toString()}_${fnv1a(name)}`
}
