import { Invalid } from "../../fields/type.ts"
import { issuesOf } from "../../lib/zod-issues.ts"
import { columnsToInsert } from "../../operations/input.ts"
import type { Values } from "../../query/query.ts"
import type { Field, Resource } from "../../resource/resource.ts"
import { importSchema } from "../../resource/schemas.ts"
import { operator } from "../call.ts"
import type { Format, SourceRecord } from "./source.ts"

/** A record that became the columns of a row, or why it did not. */
export type Checked = { record: SourceRecord; columns: Values } | { record: SourceRecord; reason: string }

/** Checks records by the API's own schema of a create, and what an export holds besides. */
export function checker(resource: Resource, format: Format): (record: SourceRecord) => Promise<Checked> {
  const schema = importSchema(resource)
  const generated = Object.values(resource.fields).filter((field) => field.write === undefined)
  return async (record) => {
    if (!record.row) return { record, reason: record.problem ?? "cannot be read" }
    const read = format === "csv" ? fromText(resource, record.row) : record.row
    if (typeof read === "string") return { record, reason: read }
    const result = schema.safeParse(read)
    if (!result.success) {
      const issues = issuesOf(result.error).map(({ path, message }) => `${path}: ${message}`)
      return { record, reason: issues.join("; ") }
    }
    // What an API's create would fill in for its viewer, a file must say.
    for (const { name, nullable, initially } of Object.values(resource.fields))
      if (initially && !nullable && result.data[name] === undefined)
        return { record, reason: `${name}: is required` }
    const columns = await columnsToInsert(resource, operator, result.data)
    for (const { name, type } of generated) {
      const value = result.data[name]
      if (value !== undefined) columns[name] = type.sql.encode(value)
    }
    return { record, columns }
  }
}

/** Throws one line where a CSV's columns are no fields, or one is named twice. */
export function checkHeader(resource: Resource, names: string[]): void {
  const known = Object.keys(importSchema(resource).shape)
  const wrong = names.filter((name) => !known.includes(name))
  if (wrong.length)
    throw new Error(
      `the first line names ${wrong.map((name) => JSON.stringify(name)).join(", ")}: the columns may be ${known.join(", ")}`,
    )
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice) throw new Error(`the first line names ${twice} twice`)
}

/** CSV holds text: a field's value is read as a query string's is, and an empty cell is null where null may be. */
function fromText(resource: Resource, cells: Record<string, unknown>): Record<string, unknown> | string {
  const row: Record<string, unknown> = {}
  for (const [name, cell] of Object.entries(cells)) {
    const field: Field | undefined = Object.hasOwn(resource.fields, name) ? resource.fields[name] : undefined
    if (cell === null) {
      if (field?.nullable) row[name] = null
      continue
    }
    const value = field ? field.type.parseCell(String(cell)) : String(cell)
    if (value instanceof Invalid) return `${name}: ${value.message}`
    row[name] = value
  }
  return row
}
