import connect from "postgres"
import { expect, inject } from "vitest"
import { runMigrate } from "./node-server.ts"

let count = 0

/** An empty database of its own in the suite's Postgres, or in another. */
export const emptyPostgres = (server: string = inject("postgresUrl")): Promise<string> =>
  createPostgres(server, "")

/** A copy of a database in the suite's Postgres that nobody is connected to. */
export const copyOfPostgres = (url: string): Promise<string> =>
  createPostgres(inject("postgresUrl"), `template ${new URL(url).pathname.slice(1)} strategy file_copy`)

async function createPostgres(server: string, like: string): Promise<string> {
  const name = `weir_runtime_${process.pid}_${count++}`
  const sql = admin(server)
  await sql.unsafe(`create database ${name} ${like}`)
  await sql.end()
  return server.replace(/postgres$/, name)
}

/** A database with the project's tables, made as the README says: `npm run db:migrate`. */
export async function migratedPostgres(server?: string): Promise<string> {
  const url = await emptyPostgres(server)
  const { code, stderr } = await runMigrate({ DATABASE_URL: url })
  expect(stderr).toBe("")
  expect(code).toBe(0)
  return url
}

/** A connection of the test's own. */
export const admin = (url: string): connect.Sql =>
  connect(url, { max: 1, fetch_types: false, onnotice: () => {}, connection: { application_name: "test" } })

/** What Weir's connections to a database are doing now. */
export async function weirConnections(sql: connect.Sql): Promise<{ state: string; query: string }[]> {
  return sql`select state, query from pg_stat_activity
    where application_name = 'weir' and datname = current_database()`
}

/** Holds the items table until it is let go: every statement that needs it waits. */
export async function lockItems(url: string): Promise<{ release(): Promise<void> }> {
  const sql = admin(url)
  await sql`begin`
  await sql`lock table items in access exclusive mode`
  return {
    release: async () => {
      await sql`commit`
      await sql.end()
    },
  }
}
