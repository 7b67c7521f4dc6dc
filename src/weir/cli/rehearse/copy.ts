import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Database } from "../../db/driver.ts"
import { openLibsqlFile } from "../../db/drivers/libsql-file.ts"
import { openPostgresPool } from "../../db/drivers/postgres.ts"
import { plain } from "../../db/migrations/ledger.ts"

/** A copy of a database with its rows, to be thrown away. */
export interface Copy {
  database: Database
  dispose(): Promise<void>
}

/** Copies the database at `url`; what it holds is only read. Throws one line where that cannot be done. */
export function copyOf(database: Database, url: string): Promise<Copy> {
  if (database.dialect === "postgres") return copyPostgres(database, url)
  return copySqlite(database, url.startsWith("file:"))
}

async function copySqlite(database: Database, local: boolean): Promise<Copy> {
  const folder = mkdtempSync(join(tmpdir(), "weir-rehearsal-"))
  const path = join(folder, "copy.db")
  const dispose = () => rmSync(folder, { recursive: true, force: true })
  try {
    if (local) await database.connect().query(plain(`vacuum into '${path.replaceAll("'", "''")}'`))
    const copy = openLibsqlFile(`file:${path}`)
    if (!local) await pull(database, copy)
    return {
      database: copy,
      dispose: async () => {
        await copy.close()
        dispose()
      },
    }
  } catch (error) {
    dispose()
    throw error
  }
}

/** Rows that are fetched at once. */
const together = 1_000

/** Copies a remote SQLite database into a file, tables first, then rows, then what hangs on them. */
async function pull(from: Database, to: Database): Promise<void> {
  const source = from.connect()
  const objects = await source.query(
    plain(
      "select type, name, sql from sqlite_master where sql is not null and substr(name, 1, 7) not in ('sqlite_', 'libsql_')",
    ),
  )
  const made = (wanted: boolean) =>
    objects.filter(([type]) => (type === "table") === wanted).map(([, , text]) => String(text))
  await to.migrate(made(true))
  const target = to.connect()
  for (const [type, name] of objects) {
    if (type !== "table") continue
    for (let at = 0; ; at += together) {
      const rows = await source.query(plain(`select * from "${name}" limit ${together} offset ${at}`))
      await insertUnchecked(to, String(name), rows)
      if (rows.length < together) break
    }
  }
  for (const text of made(false)) await target.batch([plain(text)])
}

/** Rows as they are, children before parents if it so happens. */
async function insertUnchecked(to: Database, name: string, rows: unknown[][]): Promise<void> {
  if (rows.length === 0) return
  const literal = (value: unknown) =>
    value === null
      ? "null"
      : typeof value === "number"
        ? String(value)
        : `'${String(value).replaceAll("'", "''")}'`
  await to.migrate([
    `insert into "${name}" values ${rows.map((row) => `(${row.map(literal).join(", ")})`).join(", ")}`,
  ])
}

async function copyPostgres(database: Database, url: string): Promise<Copy> {
  const source = new URL(url).pathname.slice(1)
  const name = `weir_rehearsal_${crypto.randomUUID().slice(0, 8)}`
  const options = { max: 1, statementTimeout: 0 }
  const at = (path: string) => Object.assign(new URL(url), { pathname: `/${path}` }).href
  // A template must have no other connections: not even ours.
  await database.close()
  const admin = openPostgresPool(at(source === "postgres" ? "template1" : "postgres"), options)
  try {
    await admin.connect().query(plain(`create database "${name}" template "${source}"`))
  } catch (error) {
    await admin.close()
    const { code, message } = error as { code?: unknown; message?: string }
    if (code === "55006")
      throw new Error(
        `${database.label} is in use, and Postgres copies a database only while nobody is connected: rehearse on a restored backup, with its DATABASE_URL`,
      )
    throw new Error(`${database.label} cannot be copied to rehearse on: ${message}`)
  }
  const copy = openPostgresPool(at(name), options)
  return {
    database: copy,
    dispose: async () => {
      await copy.close()
      await admin.connect().query(plain(`drop database "${name}" with (force)`))
      await admin.close()
    },
  }
}
