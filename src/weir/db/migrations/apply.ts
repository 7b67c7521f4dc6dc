import type { DialectName } from "../dialect/choose.ts"
import { classify } from "../dialect/errors.ts"
import type { Database } from "../driver.ts"
import type { Migration } from "./files.ts"
import { isPending, ledgers, type MigrationStatus, plain, readLedger, statusAgainst } from "./ledger.ts"

export type Direction = "up" | "down"

/** A migration that cannot be applied or undone; the message is one line that says why. */
export class MigrationError extends Error {}

/** A step of a migration as the database is given it: all of it, or nothing. */
interface Step {
  statements: string[]
  /** Where the migration's own statements begin and end among them. */
  from: number
  to: number
}

/** The statements that apply or undo a migration and keep the ledger. */
export function stepOf(dialect: DialectName, migration: Migration, direction: Direction): Step {
  const { table, lock, refuse, check, needless } = ledgers[dialect]
  const { tag, stamp, hash, down } = migration
  const isThere = `exists (select 1 from ${table} where created_at = ${stamp})`
  const own = direction === "up" ? migration.statements : down?.statements
  if (!own) throw new MigrationError(`${tag} has no way back: npm run db:generate makes what is missing`)
  const kept = own.filter((statement) => !needless.test(statement))
  const before = [...lock, refuse(direction === "up" ? isThere : `not ${isThere}`)]
  const record =
    direction === "up"
      ? `insert into ${table} (hash, created_at) values ('${hash}', ${stamp})`
      : `delete from ${table} where created_at = ${stamp}`
  return {
    statements: [...before, ...kept, ...check, record],
    from: before.length,
    to: before.length + kept.length,
  }
}

/** Where a database stands. Throws when it cannot be reached. */
export async function migrationStatus(database: Database, migrations: Migration[]): Promise<MigrationStatus> {
  return statusAgainst(migrations, await readLedger(database.connect(), database.dialect))
}

/**
 * Applies or undoes one migration, all or nothing. False where another process was quicker. Throws one line
 * that names the statement which failed; the database is then as it was.
 */
export async function step(database: Database, migration: Migration, direction: Direction): Promise<boolean> {
  const { statements, from, to } = stepOf(database.dialect, migration, direction)
  try {
    await database.migrate(statements)
    return true
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
      throw new MigrationError(`${name} would leave rows whose references lead nowhere; nothing was changed`)
    const text = statements[at]?.replace(/\s+/g, " ").slice(0, 160)
    throw new MigrationError(
      `${name} failed at its statement ${at - from + 1} of ${to - from}, and nothing was changed: ${message}: ${text}`,
    )
  }
}

/** Makes the ledger where there is none. Behind the lock: Postgres' `if not exists` fails when two make it at once. */
export async function prepareLedger(database: Database): Promise<void> {
  const { lock, create } = ledgers[database.dialect]
  await database.connect().batch([...lock, ...create].map(plain))
}

/** Throws one line where a migration was edited after it had been applied. */
export function refuseEdited({ migrations }: MigrationStatus): void {
  const edited = migrations.find(({ state }) => state === "edited")
  if (edited)
    throw new MigrationError(
      `${edited.migration.tag} was edited after it had been applied here: put it back as it was, and make a new migration of the change`,
    )
}

/**
 * Applies what is pending, up to `last` where it is given, and answers with the names. Each migration is all
 * or nothing. Throws one line where a migration was edited after it had been applied, or fails.
 */
export async function migrate(
  database: Database,
  migrations: Migration[],
  options: { last?: Migration; onStep?: (migration: Migration) => void } = {},
): Promise<string[]> {
  await prepareLedger(database)
  const found = await migrationStatus(database, migrations)
  const end = options.last ? migrations.indexOf(options.last) + 1 : migrations.length
  const waiting = found.migrations.slice(0, end).filter(isPending)
  if (waiting.length) refuseEdited(found)
  const applied: string[] = []
  for (const { migration } of waiting) {
    options.onStep?.(migration)
    if (await step(database, migration, "up")) applied.push(migration.tag)
  }
  return applied
}
