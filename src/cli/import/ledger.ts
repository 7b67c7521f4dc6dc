import type { Database, Statement } from "../../db/driver.ts"

/** How far an import has come, as it stands in the database: written with the rows that it counts. */
export interface Stand {
  /** Records of the file that are dealt with, and how many of them were rejected. */
  records: number
  rejected: number
  /** How long the file of rejects was then, in bytes. */
  rejectsBytes: number
  done: boolean
}

const create = `create table if not exists __weir_imports (
  source text primary key, records bigint not null, rejected bigint not null, rejects_bytes bigint not null, done integer not null)`

/** Names are hexadecimal digits and table names: nothing to quote. */
export class ImportLedger {
  private readonly database: Database
  private readonly source: string

  constructor(database: Database, table: string, identity: string) {
    this.database = database
    this.source = `${table}:${identity}`
  }

  /** Where the import of this file stands; undefined where it was never begun. */
  async read(): Promise<Stand | undefined> {
    const client = this.database.connect()
    await client.batch([{ text: create, params: [] }])
    const rows = await client.query({
      text: `select records, rejected, rejects_bytes, done from __weir_imports where source = '${this.source}'`,
      params: [],
    })
    const row = rows[0]?.map(Number)
    if (!row) return undefined
    const [records = 0, rejected = 0, rejectsBytes = 0, done = 0] = row
    return { records, rejected, rejectsBytes, done: done === 1 }
  }

  /** The statement that keeps a stand, for the batch whose rows it counts. */
  keep({ records, rejected, rejectsBytes, done }: Stand): Statement {
    const values = `${records}, ${rejected}, ${rejectsBytes}, ${Number(done)}`
    return {
      text: `insert into __weir_imports values ('${this.source}', ${values}) on conflict (source) do update set records = excluded.records, rejected = excluded.rejected, rejects_bytes = excluded.rejects_bytes, done = excluded.done`,
      params: [],
    }
  }

  forget(): Statement {
    return { text: `delete from __weir_imports where source = '${this.source}'`, params: [] }
  }
}
