import * as postgres from "./dialect/postgres/soundness.ts"
import { classify } from "./dialect/sqlite/errors.ts"
import * as sqlite from "./dialect/sqlite/soundness.ts"
import type { Client, Statement } from "./driver.ts"
import type { Finding } from "./finding.ts"

const ask = (text: string): Statement => ({ text, params: [], bounded: true })

/** What a session of Postgres tells of itself. */
export async function factsOf(client: Client): Promise<postgres.Facts> {
  const [row] = await client.query(ask(postgres.facts))
  return JSON.parse(String(row?.[0])) as postgres.Facts
}

/** What is wrong with a Postgres as its session sees it. `searchPath` is the one that the URL asks for. */
export async function examinePostgres(client: Client, searchPath: string | undefined): Promise<Finding[]> {
  return postgres.judge(await factsOf(client), searchPath)
}

/** What is wrong with a SQLite database. `isFile`: whether to look at the file as well, which reads it once. */
export async function examineSqlite(client: Client, isFile: boolean): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { query, isRight, finding } of isFile
    ? [...sqlite.checks, ...sqlite.fileChecks]
    : sqlite.checks) {
    // A server that does not take the question is not judged by it.
    const rows = await client.query(ask(query)).catch((error: unknown) => {
      if (/SQLITE_(CORRUPT|NOTADB)/.test(String((error as { code?: unknown }).code))) return [[`${error}`]]
      if (isFile || /^(unavailable|refused|timeout)$/.test(classify(error)?.kind ?? "")) throw error
      return []
    })
    const value = rows[0]?.[0]
    if (rows.length > 0 && !isRight(value)) findings.push(finding(value))
  }
  return findings
}
