import { createClient } from "@libsql/client/web"
import type { Deadline } from "../deadline.ts"
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
    connect: (deadline) => ({
      query: async (statement) => rowsOf(await remote.execute(request(statement))),
      // A batch is a transaction of its own; a single statement needs none.
      batch: (statements) =>
        untilFree(async () => {
          const [first] = statements
          if (first && statements.length === 1) return [rowsOf(await remote.execute(request(first)))]
          return (await remote.batch(statements.map(request), "write")).map(rowsOf)
        }, deadline),
    }),
    migrate: async (statements) => {
      await untilFree(() => remote.migrate(statements), undefined)
    },
    close: async () => remote.close(),
  }
}

/** Writes wait for each other at the server, and it refuses those that wait long: nothing was done, so they try again. */
async function untilFree<T>(work: () => Promise<T>, deadline: Deadline | undefined): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      const busy = /SQLITE_BUSY|database is locked/i.test(String((error as Error).message))
      if (!busy || tries === 5 || deadline?.expired) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100 * tries))
    }
  }
}
