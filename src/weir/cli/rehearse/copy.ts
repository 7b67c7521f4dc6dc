import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Database } from "../../db/driver.ts"
import { openLibsqlFile } from "../../db/drivers/libsql-file.ts"
import { openPostgresPool } from "../../db/drivers/postgres.ts"
import { withDatabase } from "../../db/drivers/postgres-url.ts"
import { plain } from "../../db/migrations/ledger.ts"
import { readFile } from "../../runtime/database.ts"

/** A temporary copy of a database with its rows. `dispose` deletes it. */
export interface Copy {
  database: Database
  dispose(): Promise<void>
}

/** Copies the database at `url`, which is not changed. Throws one line where it cannot be copied. */
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
    const copy = openLibsqlFile(`file:${path}`, { readers: false })
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

/** Rows in one query. */
const rowsPerQuery = 1_000

/** What a database is made of. The tables in which FTS5 keeps an index come with it. */
const objectsOf = `select iif(isVirtual, 'index', type), name, sql from (select *, sql like 'create virtual table%' as isVirtual from sqlite_master) m
  where sql is not null and substr(name, 1, 7) not in ('sqlite_', 'libsql_') and not exists
  (select 1 from sqlite_master v where v.sql like 'create virtual table%' and m.name in (v.name || '_data', v.name || '_idx', v.name || '_content', v.name || '_docsize', v.name || '_config'))`

/** Copies a remote SQLite database into a file: tables, then rows, then indexes, views and triggers. */
async function pull(from: Database, to: Database): Promise<void> {
  const source = from.connect()
  const objects = await source.query(plain(objectsOf))
  const createStatements = (ofTables: boolean) =>
    objects.filter(([type]) => (type === "table") === ofTables).map(([, , text]) => String(text))
  await to.migrate(createStatements(true))
  const target = to.connect()
  for (const [type, name] of objects) {
    if (type !== "table") continue
    for (let at = 0; ; at += rowsPerQuery) {
      const rows = await source.query(plain(`select * from "${name}" limit ${rowsPerQuery} offset ${at}`))
      await insertUnchecked(to, String(name), rows)
      if (rows.length < rowsPerQuery) break
    }
  }
  for (const text of createStatements(false)) await target.batch([plain(text)])
  for (const [, name, text] of objects)
    if (/using fts5\b.*\bcontent='[^']/is.test(String(text)))
      await target.batch([plain(`insert into "${name}"("${name}") values ('rebuild')`)])
}

/** Inserts rows without foreign-key checks, since children may come before their parents. */
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
  const asked = plain("select current_database(), current_setting('search_path')")
  const [source = "", searchPath = ""] = ((await database.connect().query(asked))[0] ?? []).map(String)
  const name = `weir_rehearsal_${crypto.randomUUID().slice(0, 8)}`
  const options = { max: 1, statementTimeout: 0, readFile }
  const at = (path: string) => withDatabase(url, path)
  // Postgres copies a template only while it has no connections, ours included.
  await database.close()
  const admin = openPostgresPool(at(source === "postgres" ? "template1" : "postgres"), options)
  try {
    await admin.connect().query(plain(`create database "${name}" template "${source.replaceAll('"', '""')}"`))
    // A copy has the rows of its template, and not its settings.
    await admin.connect().query(plain(`alter database "${name}" set search_path = ${searchPath || "''"}`))
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
