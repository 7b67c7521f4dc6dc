import {
  generateDrizzleJson,
  generateMigration,
  generateSQLiteDrizzleJson,
  generateSQLiteMigration,
} from "drizzle-kit/api"
import { dialectName } from "../../db/dialect/choose.ts"
import { withoutPublic } from "../../db/migrations/own-names.ts"
import type { Diff } from "./rebuild.ts"
import { type Kinds, repairPostgres } from "./repair.ts"
import { repairSqlite } from "./repair-sqlite.ts"
import { common, doubts, losses, type Rename, type Snapshot, withRenames } from "./snapshot.ts"

/** The statements of a file, and the data that they lose, one line each. */
export interface Script {
  statements: string[]
  losses: string[]
}

const postgres = dialectName === "postgres"
const asKit = (snapshot: Snapshot) => snapshot as never
const diff: Diff = async (from, to) =>
  postgres
    ? (await generateMigration(asKit(from), asKit(to))).map((text) => withoutPublic(text, () => true))
    : generateSQLiteMigration(asKit(from), asKit(to))
/** drizzle-kit's snapshot of a schema's tables. */
export const snapshotOf = async (schema: Record<string, unknown>, before?: string): Promise<Snapshot> =>
  (postgres
    ? generateDrizzleJson(schema, before)
    : await generateSQLiteDrizzleJson(schema, before)) as unknown as Snapshot

const quote = postgres ? '"' : "`"
const quoted = (text: string): string => `${quote}${text}${quote}`

function renameStatement({ table, column, to }: Rename): string {
  const target = column === undefined ? "" : `COLUMN ${quoted(column)} `
  return `ALTER TABLE ${quoted(table)} RENAME ${target}TO ${quoted(to)};`
}

export interface ScriptOptions {
  renames?: Rename[]
  /** Whether added columns that must have a value get one. */
  fill: boolean
  kinds: Kinds
}

/**
 * The script from one snapshot to another: renames, then removals, then additions.
 */
export async function scriptBetween(
  before: Snapshot,
  to: Snapshot,
  { renames = [], fill, kinds }: ScriptOptions,
): Promise<Script> {
  const empty = await snapshotOf({})
  const from = withRenames(before, renames)
  const between = doubts(from, to).length ? common(from, to) : undefined
  const repairedDiff = async (a: Snapshot, b: Snapshot) =>
    postgres
      ? repairPostgres(await diff(a, b), a, b, fill)
      : await repairSqlite(await diff(a, b), a, b, { fill, empty, diff, kinds })
  const statements = between
    ? [...(await repairedDiff(from, between)), ...(await repairedDiff(between, to))]
    : await repairedDiff(from, to)
  return { statements: [...renames.map(renameStatement), ...statements], losses: losses(from, to) }
}
