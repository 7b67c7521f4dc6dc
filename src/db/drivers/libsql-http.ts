import { createClient } from "@libsql/client/web"
import type { Database, Row, Statement } from "../driver.ts"

/** libSQL over HTTP: Turso, or a `sqld` of one's own. `fetch` underneath, so it runs in both runtimes. */
export function openLibsqlHttp(url: string, authToken: string | undefined): Database {
  const remote = createClient({ url, ...(authToken ? { authToken } : {}), intMode: "number" })
  const request = ({ text, params }: Statement) => ({ sql: text, args: params })
  const rowsOf = (result: { rows: { length: number; [i: number]: unknown }[] }): Row[] =>
    result.rows.map((row) => Array.from(row))
  return {
    dialect: "sqlite",
    label: `libSQL at ${new URL(url).host}`,
    connect: () => ({
      query: async (statement) => rowsOf(await remote.execute(request(statement))),
      // A batch is a transaction of its own; a single statement needs none.
      batch: async (statements) => {
        const [first] = statements
        if (first && statements.length === 1) return [rowsOf(await remote.execute(request(first)))]
        return (await remote.batch(statements.map(request), "write")).map(rowsOf)
      },
    }),
    close: async () => remote.close(),
  }
}
