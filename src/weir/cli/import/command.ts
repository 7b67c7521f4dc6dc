import type { Command } from "commander"
import type { Database, Statement } from "../../db/driver.ts"
import { writeProblem } from "../../operations/conflicts.ts"
import { Problem } from "../../problem.ts"
import type { Resource } from "../../resource/resource.ts"
import { insertMany, keepIds, staging } from "../../sql/bulk.ts"
import { withDatabase } from "../database.ts"
import { type Progress, progress } from "../progress.ts"
import type { Project } from "../project.ts"
import { findTable } from "../tables.ts"
import { ImportLedger, type ImportProgress } from "./ledger.ts"
import { Rejects } from "./rejects.ts"
import { type Checked, checker, checkHeader } from "./rows.ts"
import { openSource, readSource, type Source } from "./source.ts"

interface Options {
  format?: string
  rejects?: string
  atomic?: true
  again?: true
}

/** Records that are checked and inserted together. */
const recordsPerBatch = 1_000

export function importCommand(command: Command, project: Project): Command {
  return command
    .description("Import a file's records as rows, each checked as the API checks a create")
    .argument("<table>", "where to")
    .argument("<file>", "CSV with a header line, or one JSON object a line")
    .option("--format <format>", "csv or ndjson (default: as the file is called)")
    .option("--atomic", "all or nothing: one bad record, and no row is imported")
    .option("--rejects <file>", "where bad records go, with line and reason (default: <file>.rejects.ndjson)")
    .option("--again", "start over, also where the file was imported before")
    .addHelpText(
      "after",
      "\nAn import that was interrupted goes on where it was when it is started again. Ends with 1 when records were rejected.",
    )
    .action((table: string, file: string, options: Options) =>
      withDatabase(project, async (database) =>
        run(database, await findTable(project, table), openSource(file, options.format), options),
      ),
    )
}

async function run(database: Database, resource: Resource, source: Source, options: Options): Promise<void> {
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
      `${source.path} was imported into ${resource.name} already: --again if it is to be imported once more`,
    )
  if (state && state.atomic !== atomic)
    throw new Error(
      `this import was begun ${state.atomic ? "with" : "without"} --atomic: go on like that, or --again to start over${state.atomic ? "" : ", with the rows that it has made still there"}`,
    )
  if (state)
    console.log(`${source.path}: ${state.records} records were dealt with before; going on from there`)
  const begun: ImportProgress = state ?? { atomic, records: 0, rejected: 0, rejectsBytes: 0, done: false }
  const rejects = new Rejects(options.rejects ?? `${source.path}.rejects.ndjson`, source, begun.rejectsBytes)
  const job = new Import(database, resource, ledger, rejects, stagingTable, begun)
  const bar = await progress(`importing ${resource.name}`, source.bytes)
  try {
    await job.read(source, bar)
  } finally {
    bar.end()
    rejects.close()
  }
  await job.finish()
  job.report(source)
}

/** An import under way. */
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

  async read(source: Source, bar: Progress): Promise<void> {
    const check = checker(this.resource, source.format)
    let read = 0
    let pending: Checked[] = []
    const header = (names: string[]) => checkHeader(this.resource, names)
    for await (const record of readSource(source, bar.to, header)) {
      read += 1
      if (read <= this.state.records) continue
      pending.push(await check(record))
      if (pending.length < recordsPerBatch) continue
      await this.insert(pending)
      pending = []
    }
    await this.insert(pending)
  }

  /** Rows and how far the import has come are one transaction. Where a row is refused, halves are tried, down to that row. */
  private async insert(checked: Checked[]): Promise<void> {
    if (checked.length === 0) return
    const rows = checked.flatMap((c) => ("columns" in c ? [c.columns] : []))
    const [one] = checked
    try {
      await this.commit(
        checked,
        this.state.atomic
          ? staging.add(this.stagingTable, this.resource, rows)
          : insertMany(this.resource, rows),
      )
    } catch (error) {
      const problem = writeProblem(error, this.resource, Object.keys(rows[0] ?? {}))
      if (!(problem instanceof Problem)) throw error
      if (checked.length > 1 || !one) {
        const half = Math.ceil(checked.length / 2)
        await this.insert(checked.slice(0, half))
        return this.insert(checked.slice(half))
      }
      const issues = problem.issues?.map(({ path, message }) => `${path}: ${message}`).join("; ")
      await this.commit([{ record: one.record, reason: issues || problem.message }], [])
    }
  }

  /** What is rejected is on file before the database counts it: an interruption in between is made good by cutting the file. */
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
    const [held, at] = this.ledger.held(this.state.records)
    try {
      await this.database.connect().batch([...held, ...this.opened(), ...statements, this.ledger.keep(next)])
    } catch (error) {
      this.rejects.bytes = bytes
      if ((error as { statementIndex?: unknown }).statementIndex !== at) throw error
      throw new Error(
        "another process is importing this file: let it end, and start again if it does not come to the end",
      )
    }
    Object.assign(this.state, next)
  }

  /** The pending stagingTable is made with the first rows, so that no other process can empty it. */
  private opened(): Statement[] {
    return this.state.atomic && this.state.records === 0 ? staging.open(this.stagingTable) : []
  }

  async finish(): Promise<void> {
    const client = this.database.connect()
    const done = this.ledger.keep({ ...this.state, done: true })
    const leave = staging.close(this.stagingTable)
    if (!this.state.atomic) await client.batch([done])
    else if (this.state.rejected) await client.batch([...leave, this.ledger.forget()])
    else
      try {
        const shapes = this.state.records ? await client.query(staging.shapes(this.stagingTable)) : []
        const moves = shapes.map(([shape]) => staging.move(this.stagingTable, this.resource, String(shape)))
        await client.batch([...moves, ...keepIds(this.resource), ...leave, done])
      } catch (error) {
        const problem = writeProblem(error, this.resource, Object.keys(this.resource.fields))
        if (!(problem instanceof Problem)) throw error
        await client.batch([...leave, this.ledger.forget()])
        throw new Error(`nothing was imported: ${problem.message}; without --atomic its record is named`)
      }
  }

  report({ path }: Source): void {
    const { records, rejected } = this.state
    const none = this.state.atomic && rejected > 0
    console.log(
      `${this.database.label}: ${none ? 0 : records - rejected} of ${records} records of ${path} imported into ${this.resource.name}`,
    )
    if (rejected === 0) return
    console.log(`${rejected} rejected, with their lines and reasons in ${this.rejects.path}`)
    process.exitCode = 1
  }
}
