import { problemOf } from "../http/errors.ts"
import { JsonText } from "../lib/json-text.ts"
import type { Created } from "../operations/batch-runs.ts"
import type { Step } from "../operations/batch-step.ts"
import type { Call } from "../operations/call.ts"
import { type CreateResult, create } from "../operations/create.ts"
import { patchDocument } from "../operations/documents.ts"
import { link, unlink } from "../operations/junction.ts"
import { list } from "../operations/list.ts"
import { read } from "../operations/read.ts"
import { remove } from "../operations/remove.ts"
import { replaceDocument, replaceRow } from "../operations/replace.ts"
import { restore } from "../operations/restore.ts"
import { allShaped, shapeOf } from "../operations/shaped.ts"
import { update } from "../operations/update.ts"
import { jsonOf, validatorOf } from "../operations/validator.ts"
import { invalid, notFound } from "../problem.ts"
import { linkColumns } from "../resource/junction.ts"
import type { RowKey } from "../resource/key.ts"
import type { Nested, Resource } from "../resource/resource.ts"
import { isSoftlyDeleted } from "../resource/soft-delete.ts"
import { bodyValue, type SentBody, type SentOperation } from "./batch-input.ts"
import { type References, referenceIn, referencesInPath, type Source } from "./batch-references.ts"
import { keyIn, type Target } from "./batch-target.ts"
import { confirmationOf, requiredOf } from "./changes.ts"
import { rowPath } from "./path-key.ts"
import { isUpsert, upsertOf } from "./upsert.ts"
import { verbatimOf } from "./verbatim.ts"

/** What an operation is answered with. */
export interface Result {
  status: number
  location?: string | undefined
  etag?: string | undefined
  /** JSON; undefined for none. */
  body?: string | undefined
}

/** An operation that is to be made a step. */
export interface Operation {
  sent: SentOperation
  target: Target
  source: Source
  references: References
}

/** An operation as a step of a batch. */
export function stepOf(operation: Operation, isRecorded: boolean, requestId: string): Step<Result> {
  const { sent, source } = operation
  const isRead = sent.method === "GET"
  return {
    isRead,
    changesWritten: !isRead && referencesInPath(sent.path).length > 0,
    isRecorded: isRecorded && source.resource !== undefined,
    creates: createdBy(operation),
    failed: (error) => {
      const problem = problemOf(error)
      return { status: problem.status, body: problem.body(requestId) }
    },
    run: async (call) => {
      const result = await (isRead ? reading(call, operation) : writing(call, operation))
      if (isRead && result.body !== undefined) source.body = result.body
      return result
    },
  }
}

/** The row of an operation that creates one, and names no other operation. */
function createdBy({ sent, target }: Operation): Created<Result> | undefined {
  const { method, body, headers } = sent
  const { resource, key, search } = target
  const isOne = method === "POST" && key === undefined && search === "" && Object.keys(headers).length === 0
  const value = body?.value
  if (!isOne || typeof value !== "object" || value === null || Array.isArray(value)) return undefined
  if (Object.values(value).some((member) => referenceIn(member) !== undefined)) return undefined
  return {
    resource,
    input: () => bodyValue(body as SentBody, verbatimOf(resource)),
    answer: (row, call) => createdResult(call, resource, row, jsonOf(row.body)),
  }
}

/** The keys and bodies of an operation, with the values of its references. */
function partsOf(call: Call, { sent, target, source, references }: Operation) {
  const { resource, key, relation, targetKey } = target
  const { step } = source
  const inPath = (reference: string, type: string) => references.value(reference, step, { at: "path", type })
  const keyOf = (segment: string, of: Resource): RowKey => keyIn(segment, of, call.viewer, inPath)
  return {
    key: () => keyOf(key as string, resource),
    target: () => keyOf(targetKey as string, (relation as Nested["relation"]).target),
    nested: (): Nested | undefined =>
      relation && { relation, within: resource, parentKey: keyOf(key as string, resource) },
    body: (of: Resource) => {
      if (sent.body === undefined || sent.body === null)
        throw invalid("The operation is not valid", [
          { path: "body", message: "is required", code: "required" },
        ])
      return withReferences(sent.body, of, (reference, at, name) =>
        references.value(reference, step, { at, field: { of, name } }),
      )
    },
  }
}

async function reading(call: Call, operation: Operation): Promise<Result> {
  const { target } = operation
  const { resource, key, word, relation, search } = target
  const parts = partsOf(call, operation)
  if (key === undefined || relation) {
    const path = operation.sent.path.split("?")[0] as string
    const rows = relation?.target ?? resource
    return { status: 200, body: (await list(call, rows, { search, path, nested: parts.nested() })).body }
  }
  if (word !== undefined) throw notFound()
  const { body, etag } = await read(call, resource, parts.key(), search)
  return { status: 200, etag, body }
}

async function writing(call: Call, operation: Operation): Promise<Result> {
  const { sent, target } = operation
  const { method } = sent
  const { resource, key, word, relation, targetKey, search } = target
  const parts = partsOf(call, operation)
  const isBatch = key === "batch" && word === undefined
  if (targetKey !== undefined) return linking(call, operation)
  if (method === "POST" && (key === undefined || isBatch || relation))
    return creating(call, relation?.target ?? resource, parts.body, relation && parts.nested(), search)
  if (key === undefined || relation) throw notFound()
  const headerOf = (name: string) => sent.headers[name]
  if (method === "DELETE") {
    const confirmation = confirmationOf(headerOf, resource)
    await remove(call, resource, parts.key(), { confirmation, precondition: requiredOf(headerOf, resource) })
    return { status: 204 }
  }
  const shaped = shapeOf(call, resource, search)
  const answer = async (rowKey: RowKey, body: string, status = 200): Promise<Result> => ({
    status,
    etag: await validatorOf(body, call.viewer),
    body: await shaped(rowKey, body),
  })
  if (method === "POST" && word === "restore" && isSoftlyDeleted(resource)) {
    const rowKey = parts.key()
    return answer(rowKey, await restore(call, resource, rowKey))
  }
  if (word !== undefined || method === "POST") throw notFound()
  const rowKey = parts.key()
  const required = requiredOf(headerOf, resource)
  if (method === "PATCH") {
    const change = resource.document ? patchDocument : update
    return answer(rowKey, await change(call, resource, rowKey, parts.body(resource), required))
  }
  if (!resource.document && !resource.options.replace) throw notFound()
  const replace = resource.document ? replaceDocument : replaceRow
  const { body, created } = await replace(call, resource, rowKey, parts.body(resource), required)
  return answer(rowKey, body, created ? 201 : 200)
}

async function creating(
  call: Call,
  resource: Resource,
  body: (of: Resource) => unknown,
  nested: Nested | undefined,
  search: string,
): Promise<Result> {
  if (isUpsert(resource, search)) {
    const { write, answer } = upsertOf(call, resource, search)
    const { body: text, ...result } = await answer(await write(body(resource), nested))
    return { ...result, body: await text() }
  }
  const shaped = shapeOf(call, resource, search)
  const { rows, many } = await create(call, resource, body(resource), { nested })
  const bodies = await allShaped(call, rows, (row) => shaped(row.key, row.body))
  if (many) return { status: 201, body: `[${bodies.join(",")}]` }
  return createdResult(call, resource, rows[0], bodies[0] as string)
}

async function createdResult(
  { viewer }: Call,
  resource: Resource,
  row: CreateResult["rows"][number] | undefined,
  body: string,
): Promise<Result> {
  const location = row?.key === undefined ? undefined : rowPath(resource, row.key)
  return { status: 201, location, etag: await validatorOf(row?.body ?? "{}", viewer), body }
}

async function linking(call: Call, operation: Operation): Promise<Result> {
  const { sent, target } = operation
  const { relation } = target
  const columns = relation && linkColumns(relation)
  if (!relation || !columns) throw notFound()
  const parts = partsOf(call, operation)
  const which = { relation, columns, parentKey: parts.key(), targetKey: parts.target() }
  if (sent.method === "PUT") await link(call, which, sent.body ? parts.body(columns.junction) : {})
  else if (sent.method === "DELETE") await unlink(call, which)
  else throw notFound()
  return { status: 204 }
}

type ValueAt = (reference: string, place: string, name: string) => unknown

/** A body with the values of its references: of its members, or of those of each object of an array. */
function withReferences(body: SentBody, resource: Resource, valueAt: ValueAt): unknown {
  const value = bodyValue(body, verbatimOf(resource))
  if (resource.document)
    return Array.isArray(value)
      ? value.map((one, i) => documentWith(one, resource, valueAt, `body.${i}.`))
      : documentWith(value, resource, valueAt, "body.")
  const filled = (row: unknown, place: string): unknown => {
    if (typeof row !== "object" || row === null || Array.isArray(row)) return row
    const members = Object.entries(row)
    if (members.every(([, member]) => referenceIn(member) === undefined)) return row
    return Object.fromEntries(
      members.map(([name, member]) => {
        const reference = referenceIn(member)
        return [name, reference === undefined ? member : valueAt(reference, place + name, name)]
      }),
    )
  }
  return Array.isArray(value) ? value.map((row, i) => filled(row, `body.${i}.`)) : filled(value, "body.")
}

/** A document whose declared references name other operations; what else it holds is its own. */
function documentWith(document: unknown, resource: Resource, valueAt: ValueAt, place: string): unknown {
  if (!(document instanceof JsonText)) return document
  const members: unknown = JSON.parse(document.text)
  if (typeof members !== "object" || members === null) return document
  const given: Record<string, unknown> = {}
  for (const name of Object.keys(resource.collection?.references ?? {})) {
    const reference = referenceIn((members as Record<string, unknown>)[name])
    if (reference === undefined) continue
    given[name] = valueAt(reference, place + name, name)
  }
  return Object.keys(given).length ? Object.assign(JsonText.checked(document.text), { given }) : document
}
