import { once } from "node:events"
import { createWriteStream, renameSync } from "node:fs"
import type { Command } from "commander"
import { stringify } from "csv-stringify/sync"
import type { Database, Row } from "../db/driver.ts"
import { prepareList } from "../operations/list.ts"
import { pageOf } from "../operations/page.ts"
import { encodeCursor } from "../query/cursor.ts"
import { sortText } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { readable } from "../resource/schemas.ts"
import { fail } from "../runtime/fail.ts"
import { withValues } from "../sql/plan.ts"
import { withDatabase } from "./database.ts"
import { findTable } from "./tables.ts"

interface Options {
  out?: string
  format?: string
}

type Format = "csv" | "ndjson"

export function exportCommand(command: Command): Command {
  return command
    .description(
      "Write a table's rows as an admin sees them, one line each (npm run -s db:export -- …, or npm writes a line of its own)",
    )
    .argument("<table>", "whose rows")
    .option("--out <file>", "where to (default: standard output)")
    .option("--format <format>", "csv or ndjson (default: as the file is called, else ndjson)")
    .action((table: string, options: Options) => withDatabase((database) => run(database, table, options)))
}

async function run(database: Database, table: string, { out, format }: Options): Promise<void> {
  const resource = findTable(table)
  const kind = format ?? (out?.endsWith(".csv") ? "csv" : "ndjson")
  if (kind !== "csv" && kind !== "ndjson") throw new Error(`--format ${kind}: must be csv or ndjson`)
  // Under its own name once it is whole.
  const target = out ? createWriteStream(`${out}.new`) : process.stdout
  // Whoever reads has had enough, as `head` has.
  if (!out)
    target.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0)
      fail("db:export: standard output:", error)
    })
  if (out) await once(target, "open")
  let rows = 0
  for await (const page of pages(database, resource)) {
    if (!target.write(linesOf(resource, page, kind, rows === 0))) await once(target, "drain")
    rows += page.length
  }
  if (rows === 0 && kind === "csv") target.write(linesOf(resource, [], kind, true))
  if (!out) return
  target.end()
  await once(target, "finish")
  renameSync(`${out}.new`, out)
  console.log(`${database.label}: ${rows} rows of ${table} in ${out}`)
}

/** All rows in the order of their ids, a page at a time, by the list's own statement. */
async function* pages(database: Database, resource: Resource): AsyncGenerator<Record<string, unknown>[]> {
  let after = ""
  for (;;) {
    const { query, values, plan } = prepareList(resource, "admin", `?limit=1000${after}`)
    const rows = await database.connect().query(withValues(plan, { ...values, viewer: null }, true))
    const page = pageOf(rows[0] as Row, plan, query)
    if (page.rows) yield JSON.parse(page.body)
    if (!page.more) return
    after = `&after=${encodeCursor(sortText(query.sort), page.place("bottom"))}`
  }
}

function linesOf(
  resource: Resource,
  rows: Record<string, unknown>[],
  format: Format,
  first: boolean,
): string {
  if (format === "ndjson") return rows.map((row) => `${JSON.stringify(row)}\n`).join("")
  const columns = readable(resource).map(({ name }) => name)
  const cells = rows.map((row) =>
    columns.map((name) => {
      const value = row[name]
      return resource.fields[name]?.spec.type === "json" ? JSON.stringify(value) : value
    }),
  )
  return stringify(cells, { header: first, columns, cast: { boolean: String }, quoted_match: /^$/ })
}
