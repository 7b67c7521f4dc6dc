import { setPriority } from "node:os"
import type { Row } from "../driver.ts"
import { withVersions } from "../versions.ts"
import { FileConnection } from "./libsql-connection.ts"
import { openFile } from "./libsql-open.ts"
import type { ReaderReply, ReaderRequest } from "./libsql-readers.ts"
import { endOfReply, followParent } from "./libsql-subprocess.ts"

// A reader process: it runs the statements that its parent sends, one at a time, on a connection that cannot write.
const path = followParent()
// What is slow makes way for the process that serves what is quick.
setPriority(5)

const connection = new FileConnection(path)
connection.db.exec("pragma query_only = on")

/** A process that has taken more, in bytes, ends after its answer: it would keep most of it. */
const maxRss = 671_088_640

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

/** Puts validators in their places, and leaves out an answer that nobody wants: neither is for the parent to read. */
async function finish(
  row: Row,
  { versions, maxBytes = Number.POSITIVE_INFINITY }: ReaderRequest,
): Promise<void> {
  if (typeof row[0] !== "string") return
  if (versions) row[0] = await withVersions(row[0], versions)
  const bytes = Buffer.byteLength(row[0] as string)
  if (bytes <= maxBytes) return
  row[0] = null
  row[row.length - 1] = bytes
}

process.on("message", async (request: ReaderRequest) => {
  const { explain, text } = request
  const started = performance.now()
  const reply = (result: Omit<ReaderReply, "ms">) =>
    process.send?.({ ...result, ms: performance.now() - started } satisfies ReaderReply)
  try {
    const rows = connection.run(request)
    if (request.versions || request.maxBytes !== undefined) for (const row of rows) await finish(row, request)
    const isKeyed = explain ? findsByKey(text) : undefined
    let sent = 0
    for (let end = endOfReply(rows, 0); end < rows.length; end = endOfReply(rows, sent)) {
      reply({ rows: rows.slice(sent, end), more: true })
      sent = end
    }
    const isLarge = process.memoryUsage.rss() > maxRss
    reply({ rows: sent === 0 ? rows : rows.slice(sent), isKeyed, isLarge })
  } catch (error) {
    const { message, code } = error as { message: string; code?: unknown }
    reply({ error: { message, code } })
  }
})
