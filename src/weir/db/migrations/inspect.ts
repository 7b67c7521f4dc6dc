import type { DialectName } from "../dialect/choose.ts"
import * as postgres from "../dialect/postgres/inspect.ts"
import * as sqlite from "../dialect/sqlite/inspect.ts"
import type { Client } from "../driver.ts"
import { plain } from "./ledger.ts"

const dialects: Record<DialectName, Omit<typeof sqlite, "present">> = { sqlite, postgres }

/** A database's schema as lines of text. Equal lines mean an equal schema, whatever migrations led to it. */
export async function schemaOf(client: Client, dialect: DialectName): Promise<string[]> {
  const { schema, texts, constraintsIn } = dialects[dialect]
  const lines: string[] = []
  for (const query of schema) for (const [line] of await client.query(plain(query))) lines.push(String(line))
  if (texts)
    for (const [name, text] of await client.query(plain(texts)))
      lines.push(...constraintsIn(String(text)).map((constraint) => `${name} ${constraint}`))
  return lines
}

/** The number of rows in each of the schema's tables, by table name. */
export async function countsOf(client: Client, dialect: DialectName): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const [name, quoted] of await client.query(plain(dialects[dialect].tables))) {
    const rows = await client.query(plain(`select count(*) from ${quoted}`))
    counts.set(String(name), Number(rows[0]?.[0]))
  }
  return counts
}
