import { Pace } from "../../lib/pace.ts"
import { type Deadline, DeadlineExpired } from "../deadline.ts"
import type { Row, Statement } from "../driver.ts"
import type { FileConnection } from "./libsql-connection.ts"

/** More statements than these hold the event loop for too long where they run in one go. */
const maxStatements = 100

/** Whether a write takes so long that others must get their turn meanwhile. */
export const isLong = (statements: Statement[]): boolean =>
  statements.length > maxStatements || statements.some(({ many }) => many)

/**
 * Runs statements as one transaction on a connection of their own, so that reads go on meanwhile, which see nothing of it
 * before its commit, or has it undone. Resolves to one list of rows per statement. An error has the index of the failed one.
 */
export async function writeLong(
  connection: FileConnection,
  statements: Statement[],
  deadline: Deadline | undefined,
  isUndone: boolean,
): Promise<Row[][]> {
  const { db } = connection
  const rows: Row[][] = []
  const pace = new Pace()
  await connection.begin()
  try {
    for (const statement of statements) {
      if (deadline?.expired) throw new DeadlineExpired()
      rows.push(connection.run(statement))
      if (pace.isOver()) await pace.rest()
    }
    db.exec(isUndone ? "rollback" : "commit")
    return rows
  } catch (error) {
    if (db.inTransaction) db.exec("rollback")
    if (typeof error === "object" && error !== null && rows.length < statements.length)
      Object.assign(error, { statementIndex: rows.length })
    throw error
  }
}
