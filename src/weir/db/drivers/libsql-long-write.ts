import { Pace } from "../../lib/pace.ts"
import { type Deadline, DeadlineExpired, hasTime } from "../deadline.ts"
import type { Row, Statement } from "../driver.ts"
import type { FileConnection } from "./libsql-connection.ts"
import { busyTimeoutMs } from "./libsql-open.ts"

/** More statements than these hold the event loop for too long where they run in one go. */
const maxStatements = 100
/** More than these, or more of many rows each, make a commit that holds it, however they are parted. */
const maxParted = { statements: 500, many: 4 }

/**
 * Where a write runs: with others that wait at the same time, in `parts` between which others get their turn, or `apart`,
 * in a process of its own.
 */
export function placeOf(statements: Statement[]): "together" | "parts" | "apart" {
  let many = 0
  for (const statement of statements) {
    if (statement.long) return "apart"
    if (statement.many) many += 1
  }
  if (statements.length > maxParted.statements || many > maxParted.many) return "apart"
  return many > 0 || statements.length > maxStatements ? "parts" : "together"
}

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
  await connection.begin(busyTimeoutMs, () => hasTime(deadline))
  try {
    for (const statement of statements) {
      if (deadline?.expired) throw new DeadlineExpired()
      rows.push(connection.run(statement))
      if (pace.isOver()) await pace.rest()
    }
    if (deadline?.expired) throw new DeadlineExpired()
    db.exec(isUndone ? "rollback" : "commit")
    return rows
  } catch (error) {
    if (db.inTransaction) db.exec("rollback")
    if (typeof error === "object" && error !== null && rows.length < statements.length)
      Object.assign(error, { statementIndex: rows.length })
    throw error
  }
}
