import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { passwordMark, tokens } from "../../../src/weir/auth/token.ts"
import { admin } from "./databases.ts"
import { authSecret } from "./http.ts"

const insert = "insert into users (email, username, hashed_password, role)"
const hash = `$scrypt$ln=4,r=8,p=1$${"A".repeat(22)}$${"A".repeat(43)}`

/**
 * A user put straight into the database, a Postgres or the `weir.db` of a folder, with a token for it:
 * hashing a password costs a quarter of a second, and a request time limit may be shorter than that.
 */
export async function addPerson(where: string, username = "ann"): Promise<string> {
  const userId = where.startsWith("postgres:") ? await inPostgres(where, username) : inFile(where, username)
  return tokens(authSecret, "weir").issue({ userId, passwordMark: passwordMark(hash) })
}

async function inPostgres(url: string, username: string): Promise<number> {
  const sql = admin(url)
  const values = [`${username}@example.com`, username, hash]
  const [row] = await sql.unsafe(`${insert} values ($1, $2, $3, 'user') returning id`, values)
  await sql.end()
  return Number(row?.id)
}

function inFile(folder: string, username: string): number {
  const file = new DatabaseSync(join(folder, "weir.db"), { timeout: 5_000 })
  const made = file
    .prepare(`${insert} values (?, ?, ?, 'user')`)
    .run(`${username}@example.com`, username, hash)
  file.close()
  return Number(made.lastInsertRowid)
}
