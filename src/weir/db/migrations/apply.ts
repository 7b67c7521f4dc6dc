import { classify } from "../dialect/errors.ts"
import type { Database } from "../driver.ts"
import { collisionsOf } from "./collisions.ts"
import type { Migration } from "./files.ts"
import {
  isPending,
  type Ledger,
  type LedgerPlace,
  ledgerOf,
  type MigrationStatus,
  plain,
  readLedger,
  statusAgainst,
} from "./ledger.ts"
import { ownNames } from "./own-names.ts"

export type Direction = "up" | "down"

/** A migration that cannot be applied or rolled back. The message is one line with the reason. */
export class MigrationError extends Error {}

/** One migration in one direction, as the statements of one transaction. */
interface Step {
  statements: string[]
  /** The range of the migration's own statements: `from` inclusive, `to` exclusive. */
  from: number
  to: number
}

/** The statements that apply or roll back a migration and update the ledger. Throws where there is no way back. */
export function stepOf(ledger: Ledger, migration: Migration, direction: Direction): Step {
  const { table, lock, refuse, check, needless } = ledger
  const { tag, stamp, hash, down } = migration
  const isThere = `exists (select 1 from ${table} where created_at = ${stamp})`
  const own = direction === "up" ? migration.statements : down?.statements
  if (!own) throw new MigrationError(`${tag} has no way back: npm run db:generate makes what is missing`)
  const effective = own.filter((statement) => !needless.test(statement))
  const before = [...lock, refuse(direction === "up" ? isThere : `not ${isThere}`)]
  const record =
    direction === "up"
      ? `insert into ${table} (hash, created_at) values ('${hash}', ${stamp})`
      : `delete from ${table} where created_at = ${stamp}`
  return {
    statements: [...before, ...effective, ...check, record],
    from: before.length,
    to: before.length + effective.length,
  }
}

/** The state of every migration in a database. Throws where the database cannot be reached. */
export async function migrationStatus(
  database: Database,
  migrations: Migration[],
  place?: LedgerPlace,
): Promise<MigrationStatus> {
  return statusAgainst(migrations, await readLedger(database.connect(), database.dialect, place))
}

/**
 * Applies or rolls back one migration as one transaction. False where another process did it first. Throws a
 * `MigrationError` that names the failed statement; the database is then unchanged.
 */
export async function step(
  database: Database,
  migration: Migration,
  direction: Direction,
  place?: LedgerPlace,
): Promise<boolean> {
  const ledger = await ledgerOf(database.connect(), database.dialect, place)
  const { statements, from, to } = stepOf(ledger, migration, direction)
  try {
    await database.migrate(statements)
  } catch (error) {
    const at = (error as { statementIndex?: unknown }).statementIndex
    const name = direction === "up" ? migration.tag : `The way back of ${migration.tag}`
    const { message } = error as Error
    if (typeof at !== "number") {
      if (classify(error)) throw error
      throw new MigrationError(`${name} failed, and nothing was changed: ${message}`)
    }
    if (at === from - 1) return false
    if (at >= to)
      throw new MigrationError(`${name} would leave rows that refer to missing rows; nothing was changed`)
    const collisions = await collisionsOf(database, statements[at] as string, error)
    if (collisions) throw new MigrationError(`${name} failed, and nothing was changed: ${collisions}`)
    const text = statements[at]?.replace(/\s+/g, " ").slice(0, 160)
    throw new MigrationError(
      `${name} failed at its statement ${at - from + 1} of ${to - from}, and nothing was changed: ${message}: ${text}`,
    )
  }
  await confirm(database, migration, direction, place)
  return true
}

/** Reads the ledger back: a pooler can lose a transaction and still answer that it was committed. */
async function confirm(
  database: Database,
  { tag, stamp }: Migration,
  direction: Direction,
  place: LedgerPlace | undefined,
): Promise<void> {
  const ledger = await readLedger(database.connect(), database.dialect, place)
  if (ledger.some((row) => row.stamp === stamp) === (direction === "up")) return
  const outcome = direction === "up" ? "applied" : "rolled back"
  throw new MigrationError(
    `${tag} was not ${outcome}, although ${database.label} said so. Behind a pooler, give DATABASE_URL ?pooler=transaction, or the server's own address`,
  )
}

/** Creates a missing ledger table, under the lock: Postgres's `if not exists` fails when two create it at once. */
export async function prepareLedger(
  database: Database,
  migrations: Migration[],
  place?: LedgerPlace,
): Promise<void> {
  const client = database.connect()
  const { lock, create } = await ledgerOf(client, database.dialect, place)
  await client.batch([...lock, ...create([...ownNames(migrations)])].map(plain))
}

/** Throws a `MigrationError` where a migration was edited after it had been applied. */
export function refuseEdited({ migrations }: MigrationStatus): void {
  const edited = migrations.find(({ state }) => state === "edited")
  if (edited)
    throw new MigrationError(
      `${edited.migration.tag} was edited after it had been applied here: restore its file and make a new migration of the change`,
    )
}

/**
 * Applies the pending migrations, up to and including `last` if given, each as one transaction. Returns the tags of
 * those it applied. Throws a `MigrationError` where one fails or was edited after it had been applied.
 */
export async function migrate(
  database: Database,
  migrations: Migration[],
  options: { last?: Migration; onStep?: (migration: Migration) => void; ledger?: LedgerPlace } = {},
): Promise<string[]> {
  const { ledger } = options
  if (migrations.length === 0) return []
  await prepareLedger(database, migrations, ledger)
  const status = await migrationStatus(database, migrations, ledger)
  const end = options.last ? migrations.indexOf(options.last) + 1 : migrations.length
  const pending = status.migrations.slice(0, end).filter(isPending)
  if (pending.length) refuseEdited(status)
  const applied: string[] = []
  for (const { migration } of pending) {
    options.onStep?.(migration)
    if (await step(database, migration, "up", ledger)) applied.push(migration.tag)
  }
  return applied
}
