import { setPriority } from "node:os"
import { FileConnection } from "./libsql-connection.ts"
import { openFile } from "./libsql-open.ts"
import type { ReaderReply, ReaderRequest } from "./libsql-readers.ts"
import { followParent, maxRowsPerReply } from "./libsql-subprocess.ts"

// A reader process: it runs the statements that its parent sends, one at a time, on a connection that cannot write.
const path = followParent()
// What is slow makes way for the process that serves what is quick.
setPriority(5)

const connection = new FileConnection(path)
connection.db.exec("pragma query_only = on")

/** Whether SQLite finds every row of a statement by its primary key. */
function findsByKey(text: string): boolean {
  // libSQL leaves an EXPLAIN unfinished, which holds its connection's transaction open: this one is for it alone.
  const db = openFile(path)
  try {
    const steps = db.prepare(`explain query plan ${text}`).raw().all() as unknown[][]
    const byKey = /^SEARCH \S+ USING INTEGER PRIMARY KEY \(rowid=\?\)/
    return steps.length > 0 && steps.every(([, , , detail]) => byKey.test(String(detail)))
  } finally {
    db.close()
  }
}

process.on("message", ({ explain, ...statement }: ReaderRequest) => {
  const started = performance.now()
  const reply = (result: Omit<ReaderReply, "ms">) =>
    process.send?.({ ...result, ms: performance.now() - started } satisfies ReaderReply)
  try {
    const rows = connection.run(statement)
    const isKeyed = explain ? findsByKey(statement.text) : undefined
    let sent = 0
    for (; rows.length - sent > maxRowsPerReply; sent += maxRowsPerReply)
      reply({ rows: rows.slice(sent, sent + maxRowsPerReply), more: true })
    reply({ rows: sent === 0 ? rows : rows.slice(sent), isKeyed })
  } catch (error) {
    const { message, code } = error as { message: string; code?: unknown }
    reply({ error: { message, code } })
  }
})
