import { classify } from "../../db/dialect/errors.ts"
import type { Database, Statement } from "../../db/driver.ts"
import { ledgerOf, ledgers, plain } from "../../db/migrations/ledger.ts"

/** The progress of an import. It is stored in the same transaction as the rows that it counts. */
export interface ImportProgress {
  /** Whether rows stay in a staging table until all records have been read. */
  atomic: boolean
  /** The number of records that were imported or rejected so far. */
  records: number
  /** The number of those that were rejected. */
  rejected: number
  /** The length of the file of rejected records at that point, in bytes. */
  rejectsBytes: number
  done: boolean
}

const table = "__weir_imports"
const create = `create table if not exists ${table} (
  source text primary key, atomic integer not null, records bigint not null, rejected bigint not null, rejects_bytes bigint not null, done integer not null)`

/** Reads and writes the progress of one import. Its key, a resource's name and hexadecimal digits, needs no quoting. */
export class ImportLedger {
  private readonly database: Database
  private readonly source: string

  constructor(database: Database, tableName: string, identity: string) {
    this.database = database
    this.source = `${tableName}:${identity}`
  }

  /** The progress of the import; undefined where it was never begun. Creates the ledger's table if missing. */
  async read(): Promise<ImportProgress | undefined> {
    const client = this.database.connect()
    await client.batch([...ledgers[this.database.dialect].lock, create].map(plain))
    const rows = await client.query(
      plain(
        `select atomic, records, rejected, rejects_bytes, done from ${table} where source = '${this.source}'`,
      ),
    )
    const row = rows[0]?.map(Number)
    if (!row) return undefined
    const [atomic = 0, records = 0, rejected = 0, rejectsBytes = 0, done = 0] = row
    return { atomic: atomic === 1, records, rejected, rejectsBytes, done: done === 1 }
  }

  /**
   * Statements for the start of each batch, and the index of the one that fails if another process has changed the
   * progress from `records`, or finished the import.
   */
  guard(records: number): [Statement[], number] {
    const { lock, refuse } = ledgers[this.database.dialect]
    const progress = `select case when done = 1 then -1 else records end from ${table} where source = '${this.source}'`
    return [[...lock, refuse(`coalesce((${progress}), 0) <> ${records}`)].map(plain), lock.length]
  }

  /** The statement that stores the progress, for the batch whose rows it counts. */
  keep({ atomic, records, rejected, rejectsBytes, done }: ImportProgress): Statement {
    const values = `${Number(atomic)}, ${records}, ${rejected}, ${rejectsBytes}, ${Number(done)}`
    return plain(
      `insert into ${table} values ('${this.source}', ${values}) on conflict (source) do update set atomic = excluded.atomic, records = excluded.records, rejected = excluded.rejected, rejects_bytes = excluded.rejects_bytes, done = excluded.done`,
    )
  }

  forget(): Statement {
    return plain(`delete from ${table} where source = '${this.source}'`)
  }
}

/** Deletes the progress of all imports into a resource. Does nothing where there never was an import. */
export async function forgetImports(database: Database, name: string): Promise<void> {
  try {
    const client = database.connect()
    // Another API may have one further on in Postgres's search_path.
    const own = (await ledgerOf(client, database.dialect)).beside(table)
    await client.batch([
      plain(
        `delete from ${own} where substr(source, 1, ${name.length + 1}) = '${name.replaceAll("'", "''")}:'`,
      ),
    ])
  } catch (error) {
    if (classify(error)?.kind !== "unmigrated") throw error
  }
}
