import type { Database, Row, Statement, Value } from "../driver.ts"
import { undone } from "./d1-undone.ts"
import { replaying } from "./replaying.ts"

/** The part of Cloudflare's D1 binding that is used here. https://developers.cloudflare.com/d1/worker-api/ */
export interface D1Binding {
  prepare(text: string): D1Prepared
  batch(statements: D1Prepared[]): Promise<{ results: Record<string, unknown>[] }[]>
}
export interface D1Prepared {
  bind(...params: Value[]): D1Prepared
  raw(options?: { columnNames: true }): Promise<Row[]>
}

/** D1, Cloudflare's SQLite. The binding is stateless: there is nothing to open or close. */
export function openD1(binding: D1Binding): Database {
  const prepare = ({ text, params }: Statement) => binding.prepare(text).bind(...params)
  const run = (statement: Statement) =>
    statement.header ? prepare(statement).raw({ columnNames: true }) : prepare(statement).raw()
  return {
    dialect: "sqlite",
    label: "D1",
    connect: () => ({
      query: run,
      rehearse: () => replaying(run, (statements) => undone(binding, prepare, statements)),
      batch: async (statements) => {
        const [first] = statements
        if (first && statements.length === 1) return [await run(first)]
        const results = await binding.batch(statements.map(prepare))
        return results.map(({ results: rows }, i) => {
          const values: Row[] = rows.map((row) => Object.values(row))
          return statements[i]?.header ? [Object.keys(rows[0] ?? {}), ...values] : values
        })
      },
    }),
    // D1 cannot turn foreign keys off, which some migrations need: wrangler applies migrations on D1.
    migrate: async (statements) => {
      await binding.batch(statements.map((text) => binding.prepare(text)))
    },
    close: async () => {},
  }
}
