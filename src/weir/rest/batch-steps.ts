import { problemOf } from "../http/errors.ts"
import { refuseParams } from "../http/query-string.ts"
import { isNoneOf } from "../lib/etag.ts"
import { JsonText } from "../lib/json-text.ts"
import { requireOpen } from "../operations/access.ts"
import type { Created } from "../operations/batch-runs.ts"
import type { Step } from "../operations/batch-step.ts"
import type { ReadResult } from "../operations/cached.ts"
import type { Call } from "../operations/call.ts"
import { create } from "../operations/create.ts"
import { patchDocument } from "../operations/documents.ts"
import { link, unlink } from "../operations/junction.ts"
import { list } from "../operations/list.ts"
import { read } from "../operations/read.ts"
import { remove } from "../operations/remove.ts"
import { replaceDocument, replaceRow } from "../operations/replace.ts"
import { restore } from "../operations/restore.ts"
import { shapeOf } from "../operations/shaped.ts"
import { update } from "../operations/update.ts"
import { jsonOf } from "../operations/validator.ts"
import { invalid, notFound } from "../problem.ts"
import { linkColumns } from "../resource/junction.ts"
import type { RowKey } from "../resource/key.ts"
import type { Nested, Resource } from "../resource/resource.ts"
import { signedIn } from "../resource/rules.ts"
import { isSoftlyDeleted } from "../resource/soft-delete.ts"
import {
  changedResult,
  createdOne,
  createdResult,
  isBatch,
  isCreate,
  type Result,
  upsertedResult,
} from "./batch-answers.ts"
import { bodyValue, type SentBody, type SentOperation } from "./batch-input.ts"
import { type References, referenceIn, referencesInPath, type Source } from "./batch-references.ts"
import { keyIn, literalKey, type Target } from "./batch-target.ts"
import { isCreatedBelow } from "./below.ts"
import { confirmationOf, requiredOf } from "./changes.ts"
import { isLinkable, isUnlinkable } from "./junction.ts"
import { requireMany } from "./many.ts"
import { refuseOfRead, refusePreconditions } from "./precondition.ts"
import { isUpsert, upsertOf } from "./upsert.ts"
import { verbatimOf } from "./verbatim.ts"

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
    run: (call) => (isRead ? reading(call, operation) : writing(call, operation)),
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
    answer: (row, call) => createdOne(call, resource, row, jsonOf(row.body)),
  }
}

/** The keys and bodies of an operation, with the values of its references. */
function partsOf(call: Call, { sent, target, source, references }: Operation) {
  const { resource, relation } = target
  const { step } = source
  const inPath = (reference: string, type: string) => references.value(reference, step, { at: "path", type })
  const keyOf = (segment: string | undefined, named: string | undefined, of: Resource): RowKey => {
    if (named !== undefined) return literalKey([named], of)
    if (segment === "me" && of.holdsViewers) requireOpen(call, signedIn)
    return keyIn(segment as string, of, call.viewer, inPath)
  }
  const key = () => keyOf(target.key, target.named, resource)
  return {
    key,
    target: () => keyOf(target.targetKey, target.namedTarget, (relation as Nested["relation"]).target),
    nested: (): Nested | undefined => relation && { relation, within: resource, parentKey: key() },
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
  const { source, sent } = operation
  refuseOfRead((name) => sent.headers[name])
  const { body, etag } = await found(call, operation)
  source.body = body
  const held = sent.headers["if-none-match"]
  return held !== undefined && !isNoneOf(held, etag) ? { status: 304, etag } : { status: 200, etag, body }
}

function found(call: Call, operation: Operation): Promise<ReadResult> {
  const { target, sent } = operation
  const { resource, key, word, relation, search } = target
  const parts = partsOf(call, operation)
  if (key === undefined || relation) {
    if (target.targetKey !== undefined) throw notFound()
    const path = (sent.path.split("?")[0] as string).replace(/\/$/, "")
    return list(call, relation?.target ?? resource, { search, path, nested: parts.nested() })
  }
  if (word !== undefined) throw notFound()
  return read(call, resource, parts.key(), search)
}

async function writing(call: Call, operation: Operation): Promise<Result> {
  const { sent, target } = operation
  const { method } = sent
  const { resource, key, word, relation, targetKey, search } = target
  if (targetKey !== undefined) return linking(call, operation)
  if (isCreate(sent, target)) return creating(call, operation)
  if (key === undefined || relation) throw notFound()
  const parts = partsOf(call, operation)
  const headerOf = (name: string) => sent.headers[name]
  if (method === "DELETE") {
    if (word !== undefined) throw notFound()
    refuseParams(search)
    const confirmation = confirmationOf(headerOf, resource)
    await remove(call, resource, parts.key(), { confirmation, precondition: requiredOf(headerOf, resource) })
    return { status: 204 }
  }
  const shaped = shapeOf(call, resource, search)
  if (method === "POST" && word === "restore" && isSoftlyDeleted(resource)) {
    refusePreconditions(headerOf)
    const rowKey = parts.key()
    const body = await restore(call, resource, rowKey)
    return changedResult(call, resource, shaped, { key: rowKey, body })
  }
  if (word !== undefined || method === "POST") throw notFound()
  const rowKey = parts.key()
  const required = requiredOf(headerOf, resource)
  if (method === "PATCH") {
    const change = resource.document ? patchDocument : update
    const body = await change(call, resource, rowKey, parts.body(resource), required)
    return changedResult(call, resource, shaped, { key: rowKey, body })
  }
  if (!resource.document && !resource.options.replace) throw notFound()
  const replace = resource.document ? replaceDocument : replaceRow
  const replaced = await replace(call, resource, rowKey, parts.body(resource), required)
  return changedResult(call, resource, shaped, { key: rowKey, ...replaced })
}

async function creating(call: Call, operation: Operation): Promise<Result> {
  const { sent, target } = operation
  const { key, named, relation, search } = target
  if (relation && !isCreatedBelow({ relation, within: target.resource })) throw notFound()
  const resource = relation?.target ?? target.resource
  const parts = partsOf(call, operation)
  refusePreconditions((name) => sent.headers[name])
  if (isBatch(key, named) && !relation) requireMany(sent.body?.value)
  if (isUpsert(resource, search)) {
    const { write, answer } = upsertOf(call, resource, search)
    return upsertedResult(answer, await write(parts.body(resource), parts.nested()))
  }
  const shaped = shapeOf(call, resource, search)
  const created = await create(call, resource, parts.body(resource), { nested: parts.nested() })
  return createdResult(call, resource, created, shaped)
}

async function linking(call: Call, operation: Operation): Promise<Result> {
  const { sent, target } = operation
  const { relation, search } = target
  const columns = relation && linkColumns(relation)
  if (!relation || !columns || !isLinkable(columns)) throw notFound()
  const parts = partsOf(call, operation)
  const which = { relation, columns, parentKey: parts.key(), targetKey: parts.target() }
  refuseParams(search)
  refusePreconditions((name) => sent.headers[name])
  if (sent.method === "PUT") await link(call, which, sent.body ? parts.body(columns.junction) : {})
  else if (sent.method === "DELETE" && isUnlinkable(columns)) await unlink(call, which)
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
