import { Pace } from "../../lib/pace.ts"
import { type Deadline, DeadlineExpired, hasTime } from "../deadline.ts"
import type { Row, Statement } from "../driver.ts"
import type { FileConnection } from "./libsql-connection.ts"
import { busyTimeoutMs } from "./libsql-open.ts"

/** More statements than these hold the event loop for too long where they run in one go. */
const maxStatements = 100
/** What makes a commit that holds it, however the statements are parted: more of them, changes of many rows, and characters. */
const maxParted = { statements: 500, changes: 4, characters: 2_000_000 }

/**
 * Where a write runs: with others that wait at the same time, in `parts` between which others get their turn, or `apart`,
 * in a process of its own.
 */
export function placeOf(statements: Statement[]): "together" | "parts" | "apart" {
  let isMany = false
  let changes = 0
  let characters = 0
  for (const { long, many, change, params } of statements) {
    if (long) return "apart"
    if (!many) continue
    isMany = true
    // Rows that are made are in what is bound, others may have any size.
    if (change?.verb !== "insert") changes += 1
    else for (const value of params) characters += typeof value === "string" ? value.length : 0
  }
  const isLarge = changes > maxParted.changes || characters > maxParted.characters
  if (isLarge || statements.length > maxParted.statements) return "apart"
  return isMany || statements.length > maxStatements ? "parts" : "together"
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
