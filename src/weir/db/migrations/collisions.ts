import { classify } from "../dialect/errors.ts"
import type { Database, Row } from "../driver.ts"
import { plain } from "./ledger.ts"

const uniqueIndex = /^create unique index\s+\S+\s+on\s+(\S+)\s+(?:using btree\s+)?\((.+)\);?$/is
const uniqueConstraint = /^alter table\s+(\S+)\s+add constraint\s+\S+\s+unique\s*\((.+)\);?$/is

/** Most values that a message names. */
const mostNamed = 5

/**
 * The values that keep a migration's statement from making something unique, in words for whoever must change them.
 * Undefined where the statement failed for another reason.
 */
export async function collisionsOf(
  database: Database,
  statement: string,
  error: unknown,
): Promise<string | undefined> {
  const text = statement.trim()
  const [, table, columns] = uniqueIndex.exec(text) ?? uniqueConstraint.exec(text) ?? []
  if (!table || !columns || classify(error)?.kind !== "unique") return undefined
  const query = `select ${columns}, count(*) from ${table} group by ${columns} having count(*) > 1 order by 1`
  let rows: Row[]
  try {
    rows = (await database.connect().query(plain(query))).filter((row) => !row.includes(null))
  } catch {
    // The migration renames or adds the columns, and was undone.
    return `rows of ${table} collide in ${columns}, as the migration makes them: make their values differ, and migrate again`
  }
  if (rows.length === 0) return undefined
  const named = rows.slice(0, mostNamed).map((row) => {
    const values = row.slice(0, -1).map((value) => JSON.stringify(value))
    return `${values.join(", ")} (${row.at(-1)} rows)`
  })
  const more = rows.length > mostNamed ? ` and ${rows.length - mostNamed} more` : ""
  return `rows of ${table} collide in ${columns}: ${named.join("; ")}${more}. Change all but one of each, and migrate again`
}
