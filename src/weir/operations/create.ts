import type { z } from "@hono/zod-openapi"
import type { Row } from "../db/driver.ts"
import { invalid } from "../problem.ts"
import { type Key, keyParts, oppositeKey, type RowKey } from "../resource/key.ts"
import type { Nested, Resource } from "../resource/resource.ts"
import { createSchema, maxCreateRows } from "../resource/schemas.ts"
import type { Viewer, ViewerGuard } from "../resource/viewer.ts"
import { compileCreate } from "../sql/insert.ts"
import { linkLocks } from "../sql/junction.ts"
import { ownValue, planWithMade, withValues } from "../sql/plan.ts"
import { quotaLocks } from "../sql/quota.ts"
import { orMissingParent, requireOpen, requireParent } from "./access.ts"
import type { Call } from "./call.ts"
import { commit, type Write } from "./commit.ts"
import { documentInput } from "./document-input.ts"
import { checkCreates } from "./hooks.ts"
import {
  askedFields,
  columnsToInsert,
  isSame,
  knownOf,
  parseBody,
  type RowValues,
  requireSame,
  requireWritable,
  schemaOnce,
} from "./input.ts"
import { NotGuarded } from "./recalled.ts"
import { createProblem } from "./refused.ts"
import { requireStrong } from "./secret.ts"

const schemaOf: (resource: Resource) => z.ZodObject = schemaOnce(createSchema)

/** What was created: the JSON of each row, as its creator may see it, and its key. */
export interface CreateResult {
  rows: { body: string; key: RowKey | undefined }[]
  /** Whether the input was an array. */
  many: boolean
}

export interface CreateOptions {
  /** The parent that the rows are made under. */
  nested?: Nested | undefined
  /** Makes the insert depend on the recalled viewer's being unchanged. Throws `NotGuarded` where that fails. */
  guard?: ViewerGuard | undefined
  /** Columns whose values no other row may have together: where one does, nothing is created. */
  unless?: readonly string[] | undefined
}

/**
 * Creates one row of an object, or many of an array: all or nothing. Throws a 401 or 403 where that is closed, a
 * 422 that names every wrong member, a 409 for a value that is taken, a 403 for rows beyond the quota, and a 404 for a
 * parent that is not there.
 *
 * @example await create(call, items, { title: "Lamp", price: 19.5 })
 */
export async function create(
  call: Call,
  resource: Resource,
  input: unknown,
  { nested, guard, unless }: CreateOptions = {},
): Promise<CreateResult> {
  requireOpen(call, resource.rules.create)
  const many = Array.isArray(input)
  // The guard would be evaluated for each row, and might hold for some of them only.
  if (many && guard) throw new NotGuarded()
  const { viewer } = call
  const inputs = inputsOf(call, resource, input, nested)
  if (nested) await requireParent(call, nested)
  try {
    for (const one of inputs) requireWritable(resource, viewer, one, true)
  } catch (error) {
    throw await orMissingParent(call, nested, error)
  }
  if (resource.holdsViewers && viewer.kind !== "admin")
    await call.caller.count({ kind: "sign_up", rows: inputs.length })
  if (resource.options.before) await checkCreates(call, resource, inputs, { many, nested })
  const made = await Promise.all(inputs.map((one) => columnsToInsert(resource, viewer, one, call.caller)))
  const rows = made.map(({ columns }) => columns)
  const chosen = inputs.map((one) => chosenOf(resource, viewer, one))
  const verb = `create${guard ? ":guarded" : ""}${unless ? `:unless:${unless}` : ""}`
  const writes = rows.map((columns, i): Write => {
    const names = Object.keys(columns)
    const { expressions } = made[i] as RowValues
    if (guard && names.length === 0) throw new NotGuarded()
    const set = chosen[i] as string[]
    const named = knownOf(set, columns)
    const shape = `${verb}:${viewer.kind}:${names}:${set}${named.length < set.length ? `:${named}` : ""}`
    const plan = planWithMade(resource, shape, expressions, () =>
      compileCreate(resource, viewer.kind, names, set, {
        guard,
        made: { bound: [], expressions },
        unless,
        named,
      }),
    )
    const statement = withValues(plan, { ...columns, [ownValue.viewer]: viewer.id, ...guard?.values })
    return { resource, verb: "insert", values: columns, statement }
  })
  const locks = [...quotaLocks(resource, rows), ...(unless ? linkLocks(resource, unless, rows) : [])]
  let results: Row[][]
  try {
    results = await commit(call, writes, locks)
  } catch (error) {
    const attempts = rows.map((columns, i) => ({ columns, chosen: chosen[i] as string[] }))
    const problem = await createProblem(call, resource, error, attempts, many)
    throw await orMissingParent(call, nested, problem)
  }
  if (guard && !results[0]?.length) throw new NotGuarded()
  return {
    rows: results.flatMap(([row]) => (row ? [{ body: row[0] as string, key: keyOf(resource, row[1]) }] : [])),
    many,
  }
}

/** The key of a created row, as its statement returns it; undefined for a table without one. */
export function keyOf({ keys }: Resource, returned: unknown): RowKey | undefined {
  if (keys.length === 0) return undefined
  return keys.length === 1 ? (returned as Key) : (JSON.parse(String(returned)) as Key[])
}

/** The checked objects of an input. */
function inputsOf(
  call: Call,
  resource: Resource,
  input: unknown,
  nested: Nested | undefined,
): Record<string, unknown>[] {
  const many = Array.isArray(input)
  const most = maxCreateRows(resource)
  if (many && (input.length === 0 || input.length > most))
    throw invalid("The body is not valid", [
      { path: "body", message: `must hold 1 to ${most} objects`, code: "out_of_range" },
    ])
  return (many ? input : [input]).map((one, i) => {
    const prefix = many ? [String(i)] : []
    nameViewer(call, resource, one)
    if (resource.document) {
      const row = documentInput(call, resource, one, prefix, { within: nested?.relation.foreign ?? [] })
      return nested ? (placeWithin(row, nested, prefix) as typeof row) : row
    }
    const parsed = parseBody(schemaOf(resource), nested ? placeWithin(one, nested, prefix) : one, prefix)
    requireStrong(resource, parsed, prefix)
    return parsed
  })
}

/** Puts the viewer's own key where `me` stands for the account that a row refers to, as it does in paths. */
function nameViewer({ viewer }: Call, resource: Resource, input: unknown): void {
  if (viewer.id === undefined || typeof input !== "object" || input === null) return
  for (const [name, { target, columns }] of resource.refersTo) {
    const row = input as Record<string, unknown>
    if (row[name] === "me" && target.holdsViewers && columns.length === 1) row[name] = viewer.id
  }
}

/** The input with the parent's key in it. Throws a 422 where it names another. */
function placeWithin(input: unknown, { relation, parentKey }: Nested, prefix: string[]): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input
  const placed: Record<string, unknown> = { ...input }
  const columns = oppositeKey(relation.source.keys, relation.local, relation.foreign)
  for (const [i, part] of keyParts(parentKey).entries()) {
    const column = columns[i] as string
    requireSame(placed, { [column]: part }, prefix)
    placed[column] = part
  }
  return placed
}

/** The fields that the client set to something else than their initial value, as far as a requirement asks for them. */
function chosenOf(resource: Resource, viewer: Viewer, input: Record<string, unknown>): string[] {
  return askedFields(resource)
    .filter(({ name, initially }) => input[name] !== undefined && !isSame(input[name], initially?.(viewer)))
    .map(({ name }) => name)
}
