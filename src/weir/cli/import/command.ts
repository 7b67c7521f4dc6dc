import type { Command } from "commander"
import type { Database, Statement } from "../../db/driver.ts"
import { writeProblem } from "../../operations/conflicts.ts"
import { Problem } from "../../problem.ts"
import type { Values } from "../../query/query.ts"
import type { Resource } from "../../resource/resource.ts"
import { insertMany, keepIds, rulesOfRows, staging } from "../../sql/bulk.ts"
import { quotaOfRows, quotaOfStaged } from "../../sql/quota.ts"
import { withDatabase } from "../database.ts"
import { exactMembers } from "../exact-members.ts"
import { type Progress, progress } from "../progress.ts"
import type { Project } from "../project.ts"
import { findTable } from "../tables.ts"
import { batches } from "./batches.ts"
import { ImportLedger, type ImportProgress } from "./ledger.ts"
import { refusalOf } from "./refusal.ts"
import { Rejects } from "./rejects.ts"
import { type Checked, type CheckOptions, checker, checkHeader } from "./rows.ts"
import { openSource, readSource, type Source } from "./source.ts"

interface Options {
  format?: string
  rejects?: string
  atomic?: true
  again?: true
  csvSafe?: true
}

export function importCommand(command: Command, project: Project): Command {
  return command
    .description("Import a file's records as rows, each validated as the API validates a create")
    .argument("<table>", "the table to import into")
    .argument("<file>", "CSV with a header line, or one JSON object per line")
    .option("--format <format>", "csv or ndjson (default: by the file's extension)")
    .option("--atomic", "import all records, or none if one of them is rejected")
    .option(
      "--rejects <file>",
      "the file for rejected records, with line and reason (default: <file>.rejects.ndjson)",
    )
    .option("--again", "start from the beginning, even if the file was imported before")
    .option("--csv-safe", "remove the apostrophes that db:export --csv-safe put before formulas")
    .addHelpText(
      "after",
      "\nAn interrupted import continues when the command is run again. Exits with 1 when records were rejected.",
    )
    .action((table: string, file: string, options: Options) =>
      withDatabase(project, async (database, { DOCUMENT_LIMIT }) =>
        run(database, await findTable(project, table), openSource(file, options.format), {
          ...options,
          documentBytes: DOCUMENT_LIMIT,
        }),
      ),
    )
}

type Given = Options & CheckOptions

async function run(database: Database, resource: Resource, source: Source, options: Given): Promise<void> {
  const { csvSafe = false } = options
  if (csvSafe && source.format !== "csv") throw new Error("--csv-safe: is for CSV; add --format csv")
  if (resource.document && source.format === "csv")
    throw new Error(`${resource.name} is a collection: its documents are imported as ndjson`)
  const ledger = new ImportLedger(database, resource.name, source.identity)
  const atomic = options.atomic === true
  const stagingTable = `__weir_staging_${source.identity.slice(0, 16)}`
  let state = await ledger.read()
  if (state && options.again) {
    await database.connect().batch([...staging.close(stagingTable), ledger.forget()])
    state = undefined
  }
  if (state?.done)
    throw new Error(
      `${source.path} was imported into ${resource.name} already: add --again to import it once more`,
    )
  if (state && state.atomic !== atomic)
    throw new Error(
      `this import was begun ${state.atomic ? "with" : "without"} --atomic: continue it that way, or add --again to start from the beginning${state.atomic ? "" : "; the rows imported so far stay"}`,
    )
  if (state)
    console.log(`${source.path}: ${state.records} records were dealt with before; going on from there`)
  const start: ImportProgress = state ?? { atomic, records: 0, rejected: 0, rejectsBytes: 0, done: false }
  const rejects = new Rejects(options.rejects ?? `${source.path}.rejects.ndjson`, source, start.rejectsBytes)
  const job = new Import(database, resource, ledger, rejects, stagingTable, start)
  const bar = await progress(`importing ${resource.name}`, source.bytes)
  try {
    await job.read(source, options, bar)
  } finally {
    bar.end()
    rejects.close()
  }
  await job.finish()
  job.report(source)
}

/** A running import: the batches, their progress in the ledger, and the rejected records. */
class Import {
  private readonly database: Database
  private readonly resource: Resource
  private readonly ledger: ImportLedger
  private readonly rejects: Rejects
  private readonly stagingTable: string
  private readonly state: ImportProgress

  constructor(
    database: Database,
    resource: Resource,
    ledger: ImportLedger,
    rejects: Rejects,
    stagingTable: string,
    state: ImportProgress,
  ) {
    this.database = database
    this.resource = resource
    this.ledger = ledger
    this.rejects = rejects
    this.stagingTable = stagingTable
    this.state = state
  }

  async read(source: Source, options: CheckOptions, bar: Progress): Promise<void> {
    const check = checker(this.resource, source.format, options)
    const header = (names: string[]) => checkHeader(this.resource, names)
    const verbatim = this.resource.document ? "whole" : exactMembers(this.resource)
    const records = readSource(source, bar.to, header, verbatim)
    for await (const batch of batches(records, check, this.state.records)) await this.insert(batch)
  }

  /**
   * Inserts a batch and records the progress in the same transaction. If the database refuses a row, inserts each half
   * by itself, down to the single row, which is rejected.
   */
  private async insert(checked: Checked[]): Promise<void> {
    if (checked.length === 0) return
    const rows = checked.flatMap((c) => ("columns" in c ? [c.columns] : []))
    const [first] = checked
    try {
      await this.commit(
        checked,
        this.state.atomic ? staging.add(this.stagingTable, this.resource, rows) : this.withinRules(rows),
      )
    } catch (error) {
      if (!(writeProblem(error, this.resource, []) instanceof Problem)) throw error
      if (checked.length > 1 || !first) {
        const half = Math.ceil(checked.length / 2)
        await this.insert(checked.slice(0, half))
        return this.insert(checked.slice(half))
      }
      const reason = await refusalOf(this.database, this.resource, error, rows[0] ?? {})
      await this.commit([{ record: first.record, reason }], [])
    }
  }

  /**
   * The statements that insert rows, and fail beyond the quota and against the rules. Rows may refer to each other, so
   * that the rules are asked afterwards; a single row is judged before it is there, as a create is.
   */
  private withinRules(rows: Values[]): Statement[] {
    const { before, after } = quotaOfRows(this.resource, rows)
    const rules = rulesOfRows(this.resource, rows)
    const inserts = insertMany(this.resource, rows)
    const judged = rows.length === 1 ? [...rules, ...inserts] : [...inserts, ...rules]
    return [...before, ...judged, ...after]
  }

  /**
   * Commits statements and progress. Rejected records are written to their file before the database counts them: after
   * an interruption in between, the next run truncates the file to the counted length.
   */
  private async commit(checked: Checked[], statements: Statement[]): Promise<void> {
    const bytes = this.rejects.bytes
    const bad = checked.filter((c) => "reason" in c)
    for (const { record, reason } of bad) this.rejects.add(record, reason)
    const next: ImportProgress = {
      ...this.state,
      records: this.state.records + checked.length,
      rejected: this.state.rejected + bad.length,
      rejectsBytes: this.rejects.bytes,
      done: false,
    }
    try {
      await this.guarded([...this.openStaging(), ...statements, this.ledger.keep(next)])
    } catch (error) {
      this.rejects.bytes = bytes
      throw error
    }
    Object.assign(this.state, next)
  }

  /** Runs statements in one transaction, unless another process has brought the import further. */
  private async guarded(statements: Statement[]): Promise<void> {
    const [guard, guardIndex] = this.ledger.guard(this.state.records)
    try {
      await this.database.connect().batch([...guard, ...statements])
    } catch (error) {
      if ((error as { statementIndex?: unknown }).statementIndex !== guardIndex) throw error
      throw new Error(
        "another process is importing this file: wait until it ends, and run this again if it does not finish",
      )
    }
  }

  /** Creates the staging table in the transaction of the first rows, so that no other process can empty it. */
  private openStaging(): Statement[] {
    return this.state.atomic && this.state.records === 0 ? staging.open(this.stagingTable) : []
  }

  /** Marks the import as done. An atomic one moves its rows out of the staging table, or drops them after a reject. */
  async finish(): Promise<void> {
    const client = this.database.connect()
    const done = this.ledger.keep({ ...this.state, done: true })
    const dropStaging = staging.close(this.stagingTable)
    if (!this.state.atomic) await this.guarded([done])
    else if (this.state.rejected) await this.guarded([...dropStaging, this.ledger.forget()])
    else
      try {
        const shapes = this.state.records ? await client.query(staging.shapes(this.stagingTable)) : []
        const names = shapes.map(([shape]) => String(shape))
        const { before, after } = quotaOfStaged(this.resource, staging.name(this.stagingTable), names)
        const moves = names.map((shape) => staging.move(this.stagingTable, this.resource, shape))
        const rules = names.flatMap((shape) => staging.rules(this.stagingTable, this.resource, shape))
        await this.guarded([
          ...before,
          ...moves,
          ...rules,
          ...after,
          ...keepIds(this.resource),
          ...dropStaging,
          done,
        ])
      } catch (error) {
        const problem = writeProblem(error, this.resource, Object.keys(this.resource.fields))
        if (!(problem instanceof Problem)) throw error
        await this.guarded([...dropStaging, this.ledger.forget()])
        throw new Error(
          `nothing was imported: ${problem.message}; run it without --atomic to see which record it is`,
        )
      }
  }

  report({ path }: Source): void {
    const { records, rejected } = this.state
    const isRefused = this.state.atomic && rejected > 0
    console.log(
      `${this.database.label}: ${isRefused ? 0 : records - rejected} of ${records} records of ${path} imported into ${this.resource.name}`,
    )
    if (rejected === 0) return
    console.log(`${rejected} rejected, with their lines and reasons in ${this.rejects.path}`)
    process.exitCode = 1
  }
}
