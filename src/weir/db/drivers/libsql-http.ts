import { createClient } from "@libsql/client/http"
import type { Deadline } from "../deadline.ts"
import type { Database, Row, Statement } from "../driver.ts"
import { asBytes, decoded } from "./libsql-sent.ts"
import { replaying } from "./replaying.ts"

interface Result {
  columns: string[]
  rows: { length: number; [i: number]: unknown }[]
}

/** libSQL over HTTP: Turso, or a self-hosted `sqld`. It uses `fetch`, so it runs in both runtimes. */
export function openLibsqlHttp(url: string, authToken: string | undefined): Database {
  // Servers listen to HTTP and WebSockets at one address; the client for both would make the Worker larger.
  const remote = createClient({
    url: url.replace(/^ws(s?):/, "http$1:"),
    ...(authToken ? { authToken } : {}),
    intMode: "number",
  })
  const request = ({ text, params }: Statement) => ({ sql: asBytes(text), args: params })
  const rowsOf = (result: Result, { header, text }: Statement): Row[] => {
    const read: Row[] = result.rows.map((row) => Array.from(row))
    const rows = asBytes(text) === text ? read : decoded(read)
    return header ? [result.columns, ...rows] : rows
  }
  const rowsOfAll = (statements: Statement[], results: Result[]) =>
    statements.map((statement, i) => rowsOf(results[i] as Result, statement))
  const query = async (statement: Statement) => rowsOf(await remote.execute(request(statement)), statement)
  const undone = async (statements: Statement[]): Promise<Row[][]> => {
    const transaction = await remote.transaction("write")
    try {
      return rowsOfAll(statements, await transaction.batch(statements.map(request)))
    } finally {
      // Where it fails, the server rolls back once the stream is closed.
      await transaction.rollback().catch(() => {})
    }
  }
  return {
    dialect: "sqlite",
    label: `libSQL at ${new URL(url).host}`,
    connect: (deadline) => ({
      query,
      rehearse: () => replaying(query, (statements) => retryBusy(() => undone(statements), deadline)),
      // A single statement needs no explicit transaction.
      batch: (statements) =>
        retryBusy(async () => {
          const [first] = statements
          if (first && statements.length === 1) return [rowsOf(await remote.execute(request(first)), first)]
          return rowsOfAll(statements, await remote.batch(statements.map(request), "write"))
        }, deadline),
    }),
    migrate: async (statements) => {
      await retryBusy(() => remote.migrate(statements), undefined)
    },
    close: async () => remote.close(),
  }
}

/** Runs a write up to five times. The server refuses writes that wait long for others; a refused one has no effect. */
async function retryBusy<T>(work: () => Promise<T>, deadline: Deadline | undefined): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const busy = /SQLITE_BUSY|database is locked/i.test(String((error as Error).message))
      if (!busy || attempt === 5 || deadline?.expired) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100 * attempt))
    }
  }
}
