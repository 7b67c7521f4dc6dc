import type { z } from "@hono/zod-openapi"
import { documentText, type JsonDocument, readDocument } from "../lib/json-document.ts"
import { JsonText } from "../lib/json-text.ts"
import { issuesOf } from "../lib/zod-issues.ts"
import { type FieldIssue, invalid, Problem } from "../problem.ts"
import { type KeyPart, keyFields, keyName, type RowKey } from "../resource/key.ts"
import { versionName } from "../resource/names.ts"
import type { Resource } from "../resource/resource.ts"
import { requireOpen } from "./access.ts"
import { inBatch } from "./batch.ts"
import { type Step, StepFailed } from "./batch-step.ts"
import type { Call } from "./call.ts"
import { patchDocument } from "./documents.ts"
import { keyOfParts, ofRow } from "./hooks.ts"
import { columnsToUpdate } from "./input.ts"
import { patchInput } from "./patch-input.ts"
import type { Precondition } from "./precondition.ts"
import { passing } from "./recording.ts"
import { updateRefusal } from "./refused.ts"
import { eachRow } from "./rows.ts"
import { update } from "./update.ts"

/** Most rows of one request: each is a statement of its own. */
export const maxUpdates = 1_000

/** A row that was changed. */
export interface UpdatedRow {
  key: RowKey
  body: string
}

interface Patch {
  place: number
  key: RowKey
  /** The members that are to be changed; of a document, none: its text has them. */
  fields: Record<string, unknown>
  run(call: Call): Promise<string>
}

/**
 * Changes many rows, each by a merge patch of its own that has the row's key among its members, and its `_version` where it
 * is to be changed only as it is: all or none, in one transaction. Throws as `update` does, and names every wrong row.
 *
 * @example await updateMany(call, items, [{ id: 1, price: 17 }, { id: 2, title: "Lamp" }])
 */
export async function updateMany(call: Call, resource: Resource, input: unknown[]): Promise<UpdatedRow[]> {
  requireOpen(call, resource.rules.update)
  if (input.length === 0 || input.length > maxUpdates)
    throw invalid("The body is not valid", [
      { path: "body", message: `must hold 1 to ${maxUpdates} objects`, code: "out_of_range" },
    ])
  const patches = await eachRow(input, true, (one, prefix) => patchOf(call, resource, one, prefix))
  requireDifferent(resource, patches)
  // In one order for all: of writes to the same rows at once, none waits for another that waits for it.
  const ordered = [...patches].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const steps = ordered.map(
    ({ place, key, run }): Step<UpdatedRow> => ({
      place,
      isRead: false,
      changesWritten: false,
      isRecorded: call.recording !== undefined,
      failed: (problem) => {
        throw problem
      },
      run: async (own) => ({ key, body: await run(own) }),
    }),
  )
  let rows: UpdatedRow[]
  try {
    rows = await inBatch(call, steps, call.recording ?? passing())
  } catch (error) {
    throw await problemOf(call, resource, error, ordered)
  }
  const inPlace: UpdatedRow[] = []
  for (const [i, row] of rows.entries()) inPlace[(ordered[i] as Patch).place] = row
  return inPlace
}

const nameOf = ({ key }: Patch): string => String(keyName(key))

/** The key and the fields of a patch. Throws a 422 that names every wrong member. */
function patchOf(call: Call, resource: Resource, one: unknown, prefix: string[]): Patch {
  const place = Number(prefix[0])
  if (one instanceof JsonText && resource.document) {
    const key = keyIn(resource, one.toJSON() as Record<string, unknown> | null, prefix)
    const { members } = readDocument(one.text) as JsonDocument
    const version = members.get(versionName)
    members.delete(versionName)
    const held = versionOf(version === undefined ? undefined : JSON.parse(version), prefix)
    const patch = JsonText.checked(documentText(members))
    return { place, key, fields: {}, run: (own) => patchDocument(own, resource, key, patch, held) }
  }
  if (typeof one !== "object" || one === null || Array.isArray(one) || one instanceof JsonText)
    throw invalid("The body is not valid", [
      { path: prefix.join("."), message: "must be an object", code: "invalid_type" },
    ])
  const { [versionName]: version, ...members } = one as Record<string, unknown>
  const key = keyIn(resource, members, prefix)
  for (const name of resource.keys) delete members[name]
  const fields = patchInput(call, resource, members, prefix)
  const precondition = versionOf(version, prefix)
  return { place, key, fields, run: (own) => update(own, resource, key, members, precondition) }
}

/** What the `_version` of a row requires of it. */
function versionOf(version: unknown, prefix: string[]): Precondition | undefined {
  if (version === undefined) return undefined
  if (typeof version === "string") return { match: [`"${version}"`] }
  const message = "must be the text of an ETag, without its quotes"
  throw invalid("The body is not valid", [
    { path: [...prefix, versionName].join("."), message, code: "invalid_type" },
  ])
}

/** The key that the members of a row name. Throws a 422 that names every part that is missing or wrong. */
function keyIn(resource: Resource, members: Record<string, unknown> | null, prefix: string[]): RowKey {
  const issues: FieldIssue[] = []
  const parts = keyFields(resource).map(({ name, type }) => {
    const result = (type.input() as z.ZodType<KeyPart>).safeParse(members?.[name])
    if (!result.success) issues.push(...issuesOf(result.error, [...prefix, name]))
    return result.data as KeyPart
  })
  if (issues.length) throw invalid("The body is not valid", issues)
  return keyOfParts(parts) as RowKey
}

/** Throws a 422 where two patches are of one row: which of them is to hold? */
function requireDifferent({ keys }: Resource, patches: Patch[]): void {
  const seen = new Set<string>()
  const issues = patches.flatMap((patch): FieldIssue[] => {
    const isNew = seen.size < seen.add(nameOf(patch)).size
    const path = `${patch.place}.${keys.join(",")}`
    return isNew ? [] : [{ path, message: "is that of a row before it", code: "repeated" }]
  })
  if (issues.length) throw invalid("The body is not valid", issues)
}

/** What is wrong with all rows that cannot be changed so, or with the one that failed. */
async function problemOf(call: Call, resource: Resource, error: unknown, patches: Patch[]): Promise<unknown> {
  if (!(error instanceof StepFailed) || !(error.cause instanceof Problem)) return error
  const refusals = new Map<number, Problem>()
  if (!resource.document && ["not_found", "forbidden", "invalid_request"].includes(error.cause.code))
    for (const { place, key, fields } of patches) {
      const { columns, made } = await columnsToUpdate(resource, fields)
      const refusal = await updateRefusal(call, resource, key, columns, made)
      if (refusal) refusals.set(place, refusal)
    }
  const failed = (patches[error.step] as Patch).place
  if (!refusals.has(failed)) refusals.set(failed, error.cause)
  const places = [...refusals.keys()].sort((a, b) => a - b)
  return eachRow(places, true, (place) => {
    throw ofRow(refusals.get(place), place)
  }).catch((problem) => problem)
}
