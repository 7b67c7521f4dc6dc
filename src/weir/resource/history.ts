import type { Table } from "drizzle-orm"
import { rowHistory } from "../db/dialect/row-history.ts"
import type { Resource } from "./resource.ts"
import { nobody } from "./rules.ts"

/** The option `history`: each change of a row leaves a version; `keep`: for so many days after it was replaced. */
export type HistoryOption = boolean | { keep: number }

/** The option `history`, resolved. */
export interface History {
  /** For how many days a version is kept after it was replaced; undefined for ever. */
  keep: number | undefined
}

const mostDays = 36_500

/** Has resources keep the versions of their rows. Throws one line that says what they lack for it. */
export function linkHistory(resources: readonly Resource[], table: Table | undefined): void {
  if (table && (table as unknown) !== rowHistory)
    throw new Error('defineApi: history must be the table rowHistory of "#weir/schema"')
  for (const resource of resources) {
    const { name, keys, fields, relations, options } = resource
    if (!options.history) continue
    if (!table)
      throw new Error(
        `${name}: history needs its table: \`export { rowHistory } from "#weir/schema"\` in the schema, and defineApi({ history: rowHistory })`,
      )
    if (keys.length === 0) throw new Error(`${name}: history needs a table with a primary key`)
    if (relations.history) throw new Error(`${name}: the relation "history" has the path of a row's versions`)
    const keep = options.history === true ? undefined : options.history.keep
    if (keep !== undefined && !(Number.isInteger(keep) && keep >= 1 && keep <= mostDays))
      throw new Error(`${name}: history.keep must be a whole number of days, from 1 to ${mostDays}`)
    resource.history = { keep }
    // Versions are found by the key: a row keeps it.
    for (const key of keys) {
      const field = fields[key]
      if (field?.write) fields[key] = { ...field, write: { ...field.write, update: nobody } }
    }
  }
}
