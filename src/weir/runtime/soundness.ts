import type { Database } from "../db/driver.ts"
import { parsePostgresUrl } from "../db/drivers/postgres-url.ts"
import { examinePostgres } from "../db/examine.ts"
import type { Finding } from "../db/finding.ts"
import type { Settings } from "./settings.ts"

/** The line of a finding. */
export const lineOf = ({ what, remedy }: Finding): string => `${what} (${remedy})`

/** What is wrong with the Postgres of the settings, as a session of this process sees it. */
export function examine({ DATABASE_URL }: Settings, database: Database): Promise<Finding[]> {
  return examinePostgres(database.connect(), parsePostgresUrl(DATABASE_URL).settings.get("search_path"))
}

/**
 * Throws one line where a Postgres would give wrong answers. Returns what else is wrong with it. `mayWrite`: whether
 * one that takes no writes is of use.
 */
export async function requireSound(
  settings: Settings,
  database: Database,
  mayWrite: boolean,
): Promise<Finding[]> {
  if (database.dialect !== "postgres") return []
  const findings = await examine(settings, database)
  const worst = findings.find(({ level }) => level === "refused" || (mayWrite && level === "unwritable"))
  if (worst) throw new Error(`${database.label}: ${lineOf(worst)}`)
  return findings.filter(({ level }) => level === "wrong")
}
