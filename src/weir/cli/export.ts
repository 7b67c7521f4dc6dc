import { once } from "node:events"
import { createWriteStream, renameSync } from "node:fs"
import type { Command } from "commander"
import { stringify } from "csv-stringify/sync"
import type { Database } from "../db/driver.ts"
import { JsonText, jsonWithText, keepText, wholeText } from "../lib/json-text.ts"
import { maxSingleRowBytes, pages } from "../operations/list.ts"
import { Problem } from "../problem.ts"
import type { Resource } from "../resource/resource.ts"
import { readable } from "../resource/schemas.ts"
import { fail } from "../runtime/fail.ts"
import { commandCall } from "./call.ts"
import { isFormula, marked } from "./csv-formulas.ts"
import { withDatabase } from "./database.ts"
import { exactMembers } from "./exact-members.ts"
import type { Project } from "./project.ts"
import { findTable } from "./tables.ts"

interface Options {
  out?: string
  format?: string
  csvSafe?: true
}

export function exportCommand(command: Command, project: Project): Command {
  return command
    .description(
      "Write a table's rows as an admin sees them, one line each (to standard output, use npm run -s: without -s, npm adds lines of its own)",
    )
    .argument("<table>", "the table to export")
    .option("--out <file>", "the file to write (default: standard output)")
    .option("--format <format>", "csv or ndjson (default: by the file's extension, else ndjson)")
    .option(
      "--csv-safe",
      "put an apostrophe before cells that a spreadsheet would run as formulas; db:import --csv-safe removes it",
    )
    .action((table: string, options: Options) =>
      withDatabase(project, async (database) => run(database, await findTable(project, table), options)),
    )
}

async function run(database: Database, resource: Resource, options: Options): Promise<void> {
  const { out, format, csvSafe = false } = options
  const kind = format ?? (out?.endsWith(".csv") ? "csv" : "ndjson")
  if (kind !== "csv" && kind !== "ndjson") throw new Error(`--format ${kind}: must be csv or ndjson`)
  if (resource.document && kind === "csv")
    throw new Error(`${resource.name} is a collection: its documents are exported as ndjson`)
  if (csvSafe && kind !== "csv") throw new Error("--csv-safe: is for CSV; add --format csv")
  const sheet = new Sheet(resource, csvSafe)
  const verbatim = exactMembers(resource)
  const linesOf = (rows: Record<string, unknown>[], first: boolean) =>
    kind === "csv" ? sheet.lines(rows, first) : rows.map((row) => `${jsonWithText(row)}\n`).join("")
  // A file gets its final name only when it is complete.
  const target = out ? createWriteStream(`${out}.new`) : process.stdout
  // A reader such as `head` closes the pipe early, which is no error.
  if (!out)
    target.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0)
      fail("db:export: standard output:", error)
    })
  if (out) await once(target, "open")
  let rows = 0
  let last: Record<string, unknown> | undefined
  try {
    for await (const page of pages(commandCall(database), resource)) {
      if (page.body.length > maxSingleRowBytes) throw tooLarge(resource, last)
      const found = rowsOf(page.body, verbatim)
      const lines = resource.document ? documentLines(found, page.body) : linesOf(found, rows === 0)
      if (!target.write(lines)) await once(target, "drain")
      rows += page.rows
      last = found.at(-1)
    }
  } catch (error) {
    throw error instanceof Problem && error.code === "answer_too_large" ? tooLarge(resource, last) : error
  }
  if (rows === 0 && kind === "csv") target.write(linesOf([], true))
  if (sheet.formulas > 0) console.error(sheet.warning())
  if (!out) return
  target.end()
  await once(target, "finish")
  renameSync(`${out}.new`, out)
  console.log(`${database.label}: ${rows} rows of ${resource.name} in ${out}`)
}

function rowsOf(body: string, verbatim: ReturnType<typeof exactMembers>): Record<string, unknown>[] {
  const rows = JSON.parse(body) as Record<string, unknown>[]
  const names = verbatim(body)
  return names.size ? keepText(rows, body, names) : rows
}

/** Documents as they are, a line each. */
const documentLines = (rows: unknown[], body: string): string =>
  [wholeText(rows, body)]
    .flat()
    .map(({ text }) => `${text}\n`)
    .join("")

/** The error for a row that `db:import` would not take back: one of the next after the last one that was written. */
function tooLarge({ name, keys }: Resource, last: Record<string, unknown> | undefined): Error {
  const where = last ? ` after ${keys} ${keys.map((key) => last[key])}` : ""
  return new Error(
    `a row of ${name}${where} is larger than ${maxSingleRowBytes} bytes, the most that db:import takes`,
  )
}

/** Rows as lines of CSV. It counts the cells that a spreadsheet would run as formulas, and were not marked. */
class Sheet {
  formulas = 0
  private readonly resource: Resource
  private readonly columns: string[]
  private readonly safe: boolean
  /** The column of the first such cell. */
  private first = ""

  constructor(resource: Resource, safe: boolean) {
    this.resource = resource
    this.columns = readable(resource).map(({ name }) => name)
    this.safe = safe
  }

  lines(rows: Record<string, unknown>[], header: boolean): string {
    const { columns } = this
    const cells = rows.map((row) => columns.map((name) => this.cell(name, row[name])))
    return stringify(cells, { header, columns, cast: { boolean: String }, quoted_match: /^$/ })
  }

  warning(): string {
    const { formulas, first } = this
    const cells = formulas === 1 ? "1 cell looks like a formula" : `${formulas} cells look like formulas`
    return `warning: ${cells}, in ${first}${formulas === 1 ? "" : " first"}: a spreadsheet would run what is in the table. Add --csv-safe to mark them as text`
  }

  private cell(name: string, value: unknown): unknown {
    // JSON that begins like a formula is a number.
    if (value instanceof JsonText) return value.text
    const cell = this.resource.fields[name]?.type.toCell(value)
    if (this.safe) return marked(cell)
    if (!isFormula(cell)) return cell
    this.first ||= `${this.resource.name}.${name}`
    this.formulas += 1
    return cell
  }
}
