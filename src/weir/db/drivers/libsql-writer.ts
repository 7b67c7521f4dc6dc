import type { Row } from "../driver.ts"
import { FileConnection } from "./libsql-connection.ts"
import { endOfReply, followParent } from "./libsql-subprocess.ts"
import type { WriterReply, WriterRequest, WriterTask } from "./libsql-writer-messages.ts"

// A writer process: it runs the statements of one write after the other as one transaction, tells its parent what they
// return, and commits when the parent says so. Where the process ends before, nothing was done.
const connection = new FileConnection(followParent(), { mustExist: true })
const { db } = connection
// The answer to a commit does not wait for what the WAL has to be moved for.
db.exec("pragma wal_autocheckpoint = 0")

const reply = (message: WriterReply): void => void process.send?.(message)

/** Sends the rows of each statement, in several messages where they are many. */
function send(results: Row[][]): void {
  const rows = results.flat()
  const numbers = results.flatMap((list, i) => list.map(() => i))
  for (let sent = 0; sent < rows.length; ) {
    const end = endOfReply(rows, sent)
    reply({ rows: rows.slice(sent, end), numbers: numbers.slice(sent, end) })
    sent = end
  }
  reply({ ran: true })
}

/** Undoes all, and tells of the error as the parent's own connection would. */
function fail(error: unknown, statementIndex?: number): void {
  if (db.inTransaction) db.exec("rollback")
  const { message, code } = error as { message: string; code?: unknown }
  reply({ error: { message, code, ...(statementIndex === undefined ? {} : { statementIndex }) } })
}

async function run({ statements, isUndone, waitMs }: WriterTask): Promise<void> {
  const results: Row[][] = []
  let at: number | undefined
  try {
    await connection.begin(waitMs)
    for (at = 0; at < statements.length; at++)
      results.push(connection.run(statements[at] as WriterTask["statements"][number]))
    at = undefined
    if (isUndone) db.exec("rollback")
    send(results)
  } catch (error) {
    fail(error, at)
  }
}

function commit(): void {
  try {
    db.exec("commit")
    reply({ committed: true })
  } catch (error) {
    fail(error)
    return
  }
  try {
    // Else the next commit of the process that serves would move the WAL into the file, and hold it meanwhile.
    db.exec("pragma wal_checkpoint(passive)")
  } catch {
    // Another connection does so at this moment, or a later commit will.
  }
  reply({ rested: true })
}

process.on("message", (request: WriterRequest) => {
  if ("commit" in request) commit()
  else void run(request)
})
