import { fresh } from "#fresh"
import { type Call, caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { appOver, type Fresh } from "../support/fresh.ts"
import { type Data, model } from "./model.ts"
import { Oracle } from "./oracle.ts"
import { create } from "./rows.ts"
import { queryApi, tables } from "./schema.ts"

/** An app over tables of its own with those rows, and the oracle that knows them. */
export interface QueryWorld extends Pick<Fresh, "database"> {
  call: Call
  oracle: Oracle
  close(): Promise<void>
}

export async function queryWorld(data: Data): Promise<QueryWorld> {
  const made = await fresh()
  const { database } = made
  await createTables(database, tables)
  const subject = { api: queryApi(), migrations: new URL("file:///none/") }
  const { app } = appOver(database, { subject })
  const call = caller(app)
  await create(data, call, database)
  const close = async () => {
    const drops = Object.keys(model).map((name) => ({ text: `drop table if exists ql_${name}`, params: [] }))
    await database.connect().batch(drops)
    await made.close()
  }
  return { database, call, oracle: new Oracle(data), close }
}
