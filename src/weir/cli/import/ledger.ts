import { classify } from "../../db/dialect/errors.ts"
import type { Database, Statement } from "../../db/driver.ts"
import { ledgers, plain } from "../../db/migrations/ledger.ts"

/** How far an import has come, as it stands in the database: written with the rows that it counts. */
export interface ImportProgress {
  /** Whether its rows wait until all have been read. */
  atomic: boolean
  /** Records of the file that are dealt with, and how many of them were rejected. */
  records: number
  rejected: number
  /** How long the file of rejects was then, in bytes. */
  rejectsBytes: number
  done: boolean
}

const table = "__weir_imports"
const create = `create table if not exists ${table} (
  source text primary key, atomic integer not null, records bigint not null, rejected bigint not null, rejects_bytes bigint not null, done integer not null)`

/** Names are hexadecimal digits and table names: nothing to quote. */
export class ImportLedger {
  private readonly database: Database
  private readonly source: string

  constructor(database: Database, tableName: string, identity: string) {
    this.database = database
    this.source = `${tableName}:${identity}`
  }

  /** Where the import of this file stands; undefined where it was never begun. */
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
   * What must come before the rows of a batch: it fails where another process has brought the import further than
   * `records`. The place of the statement that does so is the second value.
   */
  held(records: number): [Statement[], number] {
    const { lock, refuse } = ledgers[this.database.dialect]
    const found = `coalesce((select records from ${table} where source = '${this.source}'), 0)`
    return [[...lock, refuse(`${found} <> ${records}`)].map(plain), lock.length]
  }

  /** The statement that keeps an import's progress, for the batch whose rows it counts. */
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

/** Forgets the imports into a table that is no more; where there never was one, there is nothing to forget. */
export async function forgetImports(database: Database, tableName: string): Promise<void> {
  try {
    await database.connect().batch([plain(`delete from ${table} where source like '${tableName}:%'`)])
  } catch (error) {
    if (classify(error)?.kind !== "unmigrated") throw error
  }
}
