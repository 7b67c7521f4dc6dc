import { defaultDocumentBytes, documentRow } from "../../documents/input.ts"
import { Invalid } from "../../fields/type.ts"
import { JsonText } from "../../lib/json-text.ts"
import { issuesOf } from "../../lib/zod-issues.ts"
import { columnsToInsert } from "../../operations/input.ts"
import { weakSecret } from "../../operations/secret.ts"
import type { Values } from "../../query/query.ts"
import type { Field, Resource } from "../../resource/resource.ts"
import { importSchema, isComputed } from "../../resource/schemas.ts"
import { operator } from "../call.ts"
import { unmarked } from "../csv-formulas.ts"
import { exactCell, withExactNumbers } from "../exact-members.ts"
import type { Format, SourceRecord } from "./source.ts"

/** A valid record with the columns of its row, or an invalid one with the reason. */
export type Checked = { record: SourceRecord; columns: Values } | { record: SourceRecord; reason: string }

/** How records are taken. */
export interface CheckOptions {
  /** Whether the cells are those of an export that has its formulas marked. */
  csvSafe?: boolean
  /** Most bytes of a document. */
  documentBytes?: number
}

/** A function that validates records by the API's schema of a create, plus the generated fields that an export has. */
export function checker(
  resource: Resource,
  format: Format,
  { csvSafe = false, documentBytes = defaultDocumentBytes }: CheckOptions = {},
): (record: SourceRecord) => Promise<Checked> {
  const textOf = csvSafe ? unmarked : (cell: string) => cell
  const schema = importSchema(resource)
  const generated = Object.values(resource.fields).filter(
    (field) => field.write === undefined && !isComputed(field),
  )
  return async (record) => {
    if (!record.row) return { record, reason: record.problem ?? "cannot be read" }
    const row = record.text
      ? fromDocument(resource, record.text, documentBytes)
      : format === "csv"
        ? fromText(resource, record.row, textOf)
        : withExactNumbers(resource, record.row)
    if (typeof row === "string") return { record, reason: row }
    const result = schema.safeParse(row)
    if (!result.success) {
      const issues = issuesOf(result.error).map(({ path, message }) => `${path}: ${message}`)
      return { record, reason: issues.join("; ") }
    }
    const weak = weakSecret(resource, result.data)
    if (weak) return { record, reason: `${weak.path}: ${weak.message}` }
    // Fields that a create over HTTP sets from the viewer must be in the file, or stay empty: no account imports.
    for (const { name, nullable, initially } of Object.values(resource.fields)) {
      if (!initially || result.data[name] !== undefined) continue
      if (!nullable) return { record, reason: `${name}: is required` }
      if (initially(operator) === operator.id) result.data[name] = null
    }
    const { columns, expressions } = await columnsToInsert(resource, operator, result.data)
    const [own] = Object.keys(expressions)
    if (own !== undefined) return { record, reason: `${own}: is required, since the table makes it by SQL` }
    for (const { name, type } of generated) {
      const value = result.data[name]
      if (value !== undefined) columns[name] = type.sql.encode(value)
    }
    return Object.keys(columns).length ? { record, columns } : { record, reason: "holds no value" }
  }
}

/** A document of an export, with its owner and times; a string with the reason where it is not valid. */
function fromDocument(resource: Resource, text: string, maxBytes: number): Record<string, unknown> | string {
  const { row, issues } = documentRow(resource, JsonText.checked(text), { maxBytes, exported: true })
  if (issues.length === 0) return row
  return issues.map(({ path, message }) => `${path.join(".") || "the document"}: ${message}`).join("; ")
}

/** Throws one line where a CSV's header has a name that is no field, or the same name twice. */
export function checkHeader(resource: Resource, names: string[]): void {
  const allowed = Object.keys(importSchema(resource).shape)
  const wrong = names.filter((name) => !allowed.includes(name))
  if (wrong.length)
    throw new Error(
      `the first line names ${wrong.map((name) => JSON.stringify(name)).join(", ")}: the columns may be ${allowed.join(", ")}`,
    )
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice) throw new Error(`the first line names ${twice} twice`)
}

/**
 * Parses the cells of a CSV record by their fields' types. An empty cell is null for a nullable field, else absent.
 * Returns a string with the reason where a cell is invalid.
 */
function fromText(
  resource: Resource,
  cells: Record<string, unknown>,
  textOf: (cell: string) => string,
): Record<string, unknown> | string {
  const row: Record<string, unknown> = {}
  for (const [name, cell] of Object.entries(cells)) {
    const field: Field | undefined = Object.hasOwn(resource.fields, name) ? resource.fields[name] : undefined
    if (cell === null) {
      if (field?.nullable) row[name] = null
      continue
    }
    const text = textOf(String(cell))
    const value = field ? exactCell(field, text) : text
    if (value instanceof Invalid) return `${name}: ${value.message}`
    row[name] = value
  }
  return row
}
