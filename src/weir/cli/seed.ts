import type { Command } from "commander"
import { getTableName, is, SQL } from "drizzle-orm"
import { quotedName } from "../db/dialect/table-name.ts"
import type { Database } from "../db/driver.ts"
import { plain } from "../db/migrations/ledger.ts"
import { documentRow } from "../documents/input.ts"
import type { Values } from "../query/query.ts"
import type { Field, Resource } from "../resource/resource.ts"
import type { Seed, Seeds } from "../resource/seeds.ts"
import { insertMany } from "../sql/bulk.ts"
import { withDatabase } from "./database.ts"
import { progress } from "./progress.ts"
import type { Project } from "./project.ts"
import { count, findTable } from "./tables.ts"

/** The number of rows to insert, by table name. */
type Counts = Record<string, number>

/** Most rows in one INSERT. */
const rowsPerInsert = 2_000

/** The option of a table in commander's style: `--line-items` for `line_items`. */
const optionOf = (table: string): string => `--${table.replaceAll("_", "-")}`

export async function seedCommand(command: Command, project: Project): Promise<Command> {
  if (!project.seeds) throw new Error("this project has no seeds: name them in cli.ts")
  const { seeds } = await project.seeds()
  command.description("Fill an empty database with sample rows, the same in every run")
  const counts: Counts = {}
  for (const [table, { rows }] of Object.entries(seeds.tables)) {
    counts[table] = rows
    const parse = count(optionOf(table))
    const setCount = (text: string) => {
      counts[table] = parse(text)
    }
    command.option(`${optionOf(table)} <n>`, `number of rows in ${table} (default: ${rows})`, setCount)
  }
  return command.action(() =>
    withDatabase(project, (database, { DOCUMENT_LIMIT }) =>
      run(project, database, seeds, counts, DOCUMENT_LIMIT),
    ),
  )
}

async function run(
  project: Project,
  database: Database,
  seeds: Seeds,
  counts: Counts,
  documentBytes: number,
): Promise<void> {
  const tables: { seed: Seed; resource: Resource; rows: number }[] = []
  for (const [table, seed] of Object.entries(seeds.tables)) {
    const resource = await findTable(project, table)
    requireParents(resource, counts)
    await requireEmpty(database, resource)
    tables.push({ seed, resource, rows: counts[table] ?? seed.rows })
  }
  const bar = await progress(
    "seeding",
    tables.reduce((sum, { rows }) => sum + rows, 0),
  )
  let done = 0
  try {
    for (const { seed, resource, rows } of tables) {
      const encode = encoder(resource, documentBytes)
      for (let from = 1; from <= rows; from += rowsPerInsert) {
        const batch = Array.from({ length: Math.min(rowsPerInsert, rows - from + 1) }, (_, i) =>
          encode(seed.row(from + i, counts)),
        )
        await database.connect().batch(insertMany(resource, batch))
        done += batch.length
        bar.to(done)
      }
    }
  } finally {
    bar.end()
  }
  const summary = tables.map(({ resource, rows }) => `${rows} ${resource.name}`).join(", ")
  console.log(`${database.label}: ${summary}${seeds.note ? `; ${seeds.note}` : ""}`)
}

/**
 * Makes rows into what the driver binds, with values normalized as those of a request body, and those that the table's
 * own code makes. Throws one line that names the column of a value that does not fit, or that is no column.
 */
function encoder(resource: Resource, documentBytes: number): (row: ReturnType<Seed["row"]>) => Values {
  const { name, fields, document } = resource
  // Once for all rows: a schema costs more than a thousand values.
  const schemas = new Map(Object.values(fields).map((field) => [field.name, field.type.input()]))
  const encoded = (column: string, value: unknown) => {
    const schema = schemas.get(column)
    if (!schema) throw new Error(`seed.ts: ${name} has no column ${column}`)
    if (value === null) return null
    const result = schema.safeParse(value)
    if (!result.success) throw new Error(`seed.ts: ${name}.${column}: ${result.error.issues[0]?.message}`)
    return (fields[column] as Field).type.sql.encode(result.data)
  }
  const made = Object.values(fields).filter((field) => field.made)
  return (row) => {
    const values: Values = {}
    const columns = document ? columnsOfDocument(resource, row, documentBytes) : row
    for (const [column, value] of Object.entries(columns)) values[column] = encoded(column, value)
    for (const field of made) {
      const value = field.name in row ? undefined : field.made?.()
      if (value !== undefined && !is(value, SQL)) values[field.name] = value
    }
    return values
  }
}

/** A document by the columns of its table. Throws one line that names what is wrong with it. */
function columnsOfDocument(
  resource: Resource,
  document: Record<string, unknown>,
  maxBytes: number,
): Record<string, unknown> {
  const { row, issues } = documentRow(resource, document, { maxBytes, exported: true })
  const [issue] = issues
  if (issue) throw new Error(`seed.ts: ${[resource.name, ...issue.path].join(".")}: ${issue.message}`)
  return row
}

/** Throws where rows are requested that must refer to a table of which no rows are. */
function requireParents({ name, fields }: Resource, counts: Counts): void {
  if (!counts[name]) return
  for (const { nullable, spec } of Object.values(fields)) {
    const parent = spec.reference && getTableName(spec.reference.to().table)
    if (!nullable && parent !== undefined && counts[parent] === 0)
      throw new Error(
        `${optionOf(name)}: rows of ${name} need rows of ${parent}, and ${optionOf(parent)} is 0`,
      )
  }
}

async function requireEmpty(database: Database, { name, table }: Resource): Promise<void> {
  const rows = await database.connect().query(plain(`select 1 from ${quotedName(table)} limit 1`))
  if (rows.length)
    throw new Error(
      `${name} holds rows already: seeds are for an empty database (to empty it: npm run db:rollback -- --to base --force, then npm run db:migrate)`,
    )
}
