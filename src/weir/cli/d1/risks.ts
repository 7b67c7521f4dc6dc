import type { Database } from "../../db/driver.ts"
import { openLibsqlFile } from "../../db/drivers/libsql-file.ts"
import type { Migration } from "../../db/migrations/files.ts"
import { plain } from "../../db/migrations/ledger.ts"

/** Rows that D1 deletes or changes when a migration drops the table that they refer to. */
export interface Risk {
  tag: string
  /** The table that is dropped, to be made anew or for good. */
  dropped: string
  /** The table whose rows would be deleted or changed, and its column that refers to the dropped table. */
  table: string
  column: string
  effect: "deletes" | "empties"
  /** How many such rows the migrations themselves have inserted by then. */
  inserted: number
}

/** The table that a statement drops. */
const droppedBy = (statement: string): string | undefined =>
  /^drop table (?:if exists )?["`[]?([^"`\]\s;]+)/i.exec(statement)?.[1]

/**
 * Finds the migrations that lose rows on D1, where foreign keys stay on: dropping a table deletes the rows that refer
 * to it with `cascade`, and empties references with `set null`. Plays the migrations into a database in memory, which
 * then tells which tables refer to the dropped one.
 */
export async function findRisks(migrations: Migration[]): Promise<Risk[]> {
  const database = openLibsqlFile("file::memory:", { readers: false })
  try {
    const risks: Risk[] = []
    for (const migration of migrations) risks.push(...(await play(database, migration)))
    return risks
  } finally {
    await database.close()
  }
}

async function play(database: Database, { tag, statements }: Migration): Promise<Risk[]> {
  const client = database.connect()
  const found: Risk[] = []
  let next: string[] = []
  for (const statement of statements) {
    const dropped = droppedBy(statement)
    if (dropped !== undefined) {
      await database.migrate(next)
      next = []
      found.push(...(await risksOfDrop(database, tag, dropped)))
    }
    next.push(statement)
  }
  await database.migrate(next)
  const left = await client.query(plain("select name from sqlite_master where type = 'table'"))
  // Rows of a table that the migration drops as well may go.
  return found.filter(({ table }) => left.some(([name]) => name === table))
}

async function risksOfDrop(database: Database, tag: string, dropped: string): Promise<Risk[]> {
  const client = database.connect()
  // A migration of db:generate has put the rows of these tables aside.
  const rows = await client.query(
    plain(`select m.name, f."from", f.on_delete from sqlite_master m join pragma_foreign_key_list(m.name) f
      where m.type = 'table' and lower(f."table") = lower('${dropped.replaceAll("'", "''")}')
      and lower(m.name) <> lower(f."table") and not exists (select 1 from sqlite_master k where k.name = '__keep_' || m.name)`),
  )
  const risks: Risk[] = []
  for (const [name, column, action] of rows) {
    if (action !== "CASCADE" && action !== "SET NULL" && action !== "SET DEFAULT") continue
    const [[inserted] = []] = await client.query(plain(`select count("${column}") from "${name}"`))
    risks.push({
      tag,
      dropped,
      // The new version of a table that refers to itself takes over its name.
      table: String(name).replace(/^__new_/, ""),
      column: String(column),
      effect: action === "CASCADE" ? "deletes" : "empties",
      inserted: Number(inserted),
    })
  }
  return risks
}
