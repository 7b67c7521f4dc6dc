import {
  generateDrizzleJson,
  generateMigration,
  generateSQLiteDrizzleJson,
  generateSQLiteMigration,
} from "drizzle-kit/api"
import type { Casing } from "../../db/dialect/casing.ts"
import { dialectName } from "../../db/dialect/choose.ts"
import { withoutPublic } from "../../db/migrations/own-names.ts"
import type { Diff } from "./rebuild.ts"
import { type Kinds, repairPostgres } from "./repair.ts"
import { repairSqlite } from "./repair-sqlite.ts"
import { losses, type Rename, type Snapshot, withRenames } from "./snapshot.ts"
import { between } from "./steps.ts"

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
/** drizzle-kit's snapshot of a schema, of all Postgres schemas in it, as its own `generate` makes it. */
export const snapshotOf = async (
  schema: Record<string, unknown>,
  { before, casing }: { before?: string; casing?: Casing | undefined } = {},
): Promise<Snapshot> =>
  (postgres
    ? generateDrizzleJson(schema, before, undefined, casing)
    : await generateSQLiteDrizzleJson(schema, before, casing)) as unknown as Snapshot

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
  const middle = between(from, to)
  const repairedDiff = async (a: Snapshot, b: Snapshot) =>
    postgres
      ? repairPostgres(await diff(a, b), a, b, fill)
      : await repairSqlite(await diff(a, b), a, b, { fill, empty, diff, kinds })
  const statements = middle
    ? [...(await repairedDiff(from, middle)), ...(await repairedDiff(middle, to))]
    : await repairedDiff(from, to)
  return { statements: [...renames.map(renameStatement), ...statements], losses: losses(from, to) }
}
