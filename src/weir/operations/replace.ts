import type { z } from "@hono/zod-openapi"
import { sql } from "drizzle-orm"
import { referencesOf } from "../documents/references.ts"
import { issuesOf } from "../lib/zod-issues.ts"
import { invalid, outrun, Problem } from "../problem.ts"
import type { Values } from "../query/query.ts"
import { isLater, keyFields, keyName, keyParts, type RowKey } from "../resource/key.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import { replaceSchema } from "../resource/schemas.ts"
import type { Viewer } from "../resource/viewer.ts"
import { exists, requireOpen } from "./access.ts"
import { Raced } from "./batch-step.ts"
import type { Call } from "./call.ts"
import { create } from "./create.ts"
import { DocumentRow, documentInput } from "./document-input.ts"
import { checkUpdate, isAsked } from "./hooks.ts"
import {
  columnsToUpdate,
  type MadeValues,
  parseBody,
  requireSame,
  requireWritable,
  schemaOnce,
} from "./input.ts"
import { failed, heldTextOf, type Precondition, requireStillHeld } from "./precondition.ts"
import { maxTries, updateRefusal } from "./refused.ts"
import {
  type CreateIt,
  createAbsent,
  createdBy,
  createdInBatch,
  hasRaced,
  isThereThen,
  type Replaced,
} from "./replace-absent.ts"
import { updateRow } from "./update.ts"

const schemaOf: (resource: Resource) => z.ZodObject = schemaOnce(replaceSchema)

/**
 * Replaces a document, or creates it with that key. Throws as an update does, and as a create where there is none that
 * the viewer may see: a 409 where the key is that of another's. Where a precondition asks for a document, none is created.
 *
 * @example await replaceDocument(call, notes, "n1", { color: "red" })
 */
export async function replaceDocument(
  call: Call,
  resource: Resource,
  id: RowKey,
  input: unknown,
  precondition?: Precondition,
): Promise<Replaced> {
  requireOpen(call, resource.rules.update)
  const row = documentInput(call, resource, input, [], { id: isLater(id) ? null : String(keyName(id)) })
  const { _id, ...sent } = row
  requireWritable(resource, call.viewer, sent, false)
  for (const name of referencesOf(resource))
    if (!(name in sent) && isSettable(resource.fields[name], call.viewer)) sent[name] = null
  const written = await columnsToUpdate(resource, sent, call.caller)
  const createIt = mayTryToCreate(call, resource, id)
    ? () => create(call, resource, new DocumentRow(row))
    : undefined
  return replace(call, resource, id, { ...written, sent: row, createIt }, precondition)
}

/**
 * Replaces a row: what the body leaves out gets its default, or null. Where there is no row that the viewer may see, and
 * clients may give its key, it is created. Throws as `replaceDocument` does.
 *
 * @example await replaceRow(call, countries, "de", { name: "Germany" })
 */
export async function replaceRow(
  call: Call,
  resource: Resource,
  id: RowKey,
  input: unknown,
  precondition?: Precondition,
): Promise<Replaced> {
  requireOpen(call, resource.rules.update)
  const { viewer } = call
  const key = Object.fromEntries(keyParts(id).map((part, i) => [resource.keys[i] as string, part]))
  const body = withoutKey(input, key)
  const parsed = parseBody(schemaOf(resource), body)
  requireWritable(resource, viewer, parsed, false)
  const written = await columnsToUpdate(resource, parsed, call.caller)
  for (const field of Object.values(resource.fields))
    if (!resource.keys.includes(field.name) && isSettable(field, viewer)) preset(field, written)
  const mayCreate =
    mayTryToCreate(call, resource, id) &&
    keyFields(resource).every(({ write }) => write && isOpen(write.create, viewer.kind))
  if (mayCreate) requireStoredKey(resource, key)
  const createIt = mayCreate ? () => create(call, resource, { ...(body as object), ...key }) : undefined
  return replace(call, resource, id, { ...written, sent: parsed, createIt }, precondition)
}

/**
 * Whether a row that is not there is created: not one that a batch makes before. A key whose scopes do not allow it is told so
 * by that.
 */
const mayTryToCreate = ({ viewer, collector }: Call, resource: Resource, id: RowKey): boolean =>
  !isLater(id) &&
  collector?.rows.isThere(resource, id) !== true &&
  (viewer.scopes !== undefined || isOpen(resource.rules.create, viewer.kind))

/** Throws a 422 for a key of text that would be stored as another, such as one with blanks around it. */
function requireStoredKey({ fields }: Resource, key: Record<string, unknown>): void {
  const issues = Object.entries(key).flatMap(([name, part]) => {
    const { spec, type } = fields[name] as Field
    const result = spec.type === "text" ? type.input().safeParse(part) : undefined
    if (!result) return []
    if (!result.success) return issuesOf(result.error, [name])
    if (result.data === part) return []
    return [{ path: name, message: "would be stored as another text", code: "invalid_format" }]
  })
  if (issues.length) throw invalid("The path is not valid", issues)
}

/** The body without the key of its path. Throws a 422 where it names another. */
function withoutKey(input: unknown, key: Record<string, unknown>): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input
  const body: Record<string, unknown> = { ...input }
  requireSame(body, key)
  for (const name of Object.keys(key)) delete body[name]
  return body
}

/** Sets a column that the body leaves out to what a new row gets. One that is a viewer's by itself stays as it is. */
function preset(field: Field, { columns, made }: { columns: Values; made: MadeValues }): void {
  const { name, column, nullable } = field
  if (name in columns || field.remade || field.initially) return
  const value = field.made?.()
  if (value !== undefined) {
    if (typeof value === "object" && value !== null) made.expressions[name] = value
    else columns[name] = value
  } else if (column.default !== undefined) made.expressions[name] = sql`(${column.default})`
  else if (nullable) columns[name] = null
}

/** Whether a replacement may leave the field out: it stays as it is where it is not the viewer's to set. */
const isSettable = (field: Field | undefined, { kind }: Viewer): boolean =>
  field?.write !== undefined && isOpen(field.write.update, kind)

interface Replacement {
  /** What was sent, as it was checked. */
  sent: Record<string, unknown>
  columns: Values
  made: MadeValues
  /** Creates the row where there is none; undefined where the viewer may not. */
  createIt: CreateIt | undefined
}

async function replace(
  call: Call,
  resource: Resource,
  id: RowKey,
  { sent, columns, made, createIt }: Replacement,
  precondition: Precondition | undefined,
): Promise<Replaced> {
  if (precondition?.noneMatch === "*") return createAbsent(call, resource, id, createIt)
  // As a step of a batch it is one write, which must be known beforehand.
  const isThere = call.collector ? await isThereThen(call, call.collector, resource, id) : undefined
  if (isThere === false && precondition?.match !== undefined) throw failed("There is no such row")
  const held = isThere === false ? undefined : await heldOrAbsent(call, resource, id, precondition)
  if (isThere === false && createIt) return createdInBatch(call, resource, id, createIt)
  // The hook for updates is asked once it is known that there is a row to update.
  let isChecked = !isAsked(resource, "update", id)
  for (let tries = 1; ; tries++) {
    if (!isChecked && (!createIt || (await exists(call, resource, id)))) {
      await checkUpdate(call, resource, id, sent)
      isChecked = true
    }
    const updated = isChecked ? await updateRow(call, resource, id, columns, made, { text: held }) : undefined
    if (updated) return { body: updated[0] as string, created: false }
    await requireStillHeld(call, resource, id, held)
    const refusal = await updateRefusal(call, resource, id, columns, made)
    const isMissing = refusal?.code === "not_found"
    if (refusal && !(isMissing && createIt)) throw refusal
    if (!isMissing || !createIt) {
      if (tries === maxTries) throw outrun()
      continue
    }
    if (call.collector) throw new Raced()
    try {
      return await createdBy(createIt)
    } catch (error) {
      if (!(await hasRaced(call, resource, id, error))) throw error
      if (tries === maxTries) throw outrun()
    }
  }
}

/** As `heldTextOf`, but a 412 where there is no such row: a PUT would create it. */
async function heldOrAbsent(
  call: Call,
  resource: Resource,
  id: RowKey,
  precondition: Precondition | undefined,
): Promise<string | undefined> {
  try {
    return await heldTextOf(call, resource, id, precondition)
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "not_found") throw error
    if (precondition?.match === undefined) return undefined
    throw failed("There is no such row")
  }
}
