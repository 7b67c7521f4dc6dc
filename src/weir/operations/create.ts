import type { z } from "@hono/zod-openapi"
import type { Row } from "../db/driver.ts"
import { LaterValue } from "../lib/later-value.ts"
import { parseWithLong } from "../lib/long-integer.ts"
import { inParts } from "../lib/pace.ts"
import { invalid } from "../problem.ts"
import { type Key, keyParts, oppositeKey, type RowKey } from "../resource/key.ts"
import { type Nested, type Resource, secretOf } from "../resource/resource.ts"
import { createSchema } from "../resource/schemas.ts"
import type { Viewer, ViewerGuard } from "../resource/viewer.ts"
import { isAdmin } from "../resource/viewer-kind.ts"
import { compileCreate } from "../sql/insert.ts"
import { linkLocks } from "../sql/junction.ts"
import { ownValues, planWithMade, withValues } from "../sql/plan.ts"
import { quotaLocks, quotaOfRows } from "../sql/quota.ts"
import { orMissingParent, refuseUnconfirmed, requireOpen, requireParent } from "./access.ts"
import type { Call } from "./call.ts"
import { commit, type Write } from "./commit.ts"
import { grouped, maxCreatesOf, type NewRow, rowsInPlace, writesTogether } from "./create-many.ts"
import { documentInput } from "./document-input.ts"
import { checkCreates } from "./hooks.ts"
import {
  askedFields,
  columnsToInsert,
  insertedColumns,
  isSame,
  namedOf,
  parseBody,
  type RowValues,
  requireSame,
  requireWritable,
  schemaOnce,
} from "./input.ts"
import { manyProblem } from "./many-refused.ts"
import { NotGuarded } from "./recalled.ts"
import { createProblem } from "./refused.ts"
import { eachRow } from "./rows.ts"
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
  /** Whether the address of an account is confirmed by mail afterwards. */
  isConfirmed?: boolean
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
  { nested, guard, unless, isConfirmed }: CreateOptions = {},
): Promise<CreateResult> {
  requireOpen(call, resource.rules.create)
  if (!isConfirmed) refuseUnconfirmed(call, resource)
  const many = Array.isArray(input)
  // The guard would be evaluated for each row, and might hold for some of them only.
  if (many && guard) throw new NotGuarded()
  const { viewer } = call
  const inputs = await inputsOf(call, resource, input, {
    nested,
    most: many ? maxCreatesOf(call, resource) : 1,
  })
  if (nested) await requireParent(call, nested)
  try {
    const check = (one: Record<string, unknown>, prefix: string[]) =>
      requireWritable(resource, viewer, one, true, prefix)
    if (many) await eachRow(inputs, many, check)
    else check(inputs[0] as Record<string, unknown>, [])
  } catch (error) {
    throw await orMissingParent(call, nested, error)
  }
  if (resource.holdsViewers && !isAdmin(viewer.kind))
    await call.caller.count({ kind: "sign_up", rows: inputs.length })
  if (resource.options.before) await checkCreates(call, resource, inputs, { many, nested })
  const made = await columnsOf(call, resource, inputs)
  const rows = made.map(({ columns }, i): NewRow => {
    return { columns, chosen: chosenOf(resource, viewer, inputs[i] as Record<string, unknown>) }
  })
  const isPlain = many && !guard && !unless && rows.length > 1 && made.every(isFixed)
  const groups = isPlain ? await grouped(resource, rows, call.collector !== undefined) : []
  const together = isPlain ? await writesTogether(call, resource, groups) : undefined
  const columns = rows.map((row) => row.columns)
  const locks = [...quotaLocks(resource, columns), ...(unless ? linkLocks(resource, unless, columns) : [])]
  let results: Row[][]
  try {
    if (together) {
      const last = quotaOfRows(resource, columns).after
      const returned = await commit(call, together, locks, undefined, last)
      results = rowsInPlace(groups, returned).map((row) => [row])
    } else results = await commit(call, await oneByOne(call, resource, rows, made, { guard, unless }), locks)
  } catch (error) {
    const problem = await (together
      ? manyProblem(call, resource, error, groups)
      : createProblem(call, resource, error, rows, many))
    throw await orMissingParent(call, nested, problem)
  }
  if (guard && !results[0]?.length) throw new NotGuarded()
  return {
    rows: results.flatMap(([row]) => (row ? [{ body: row[0] as string, key: keyOf(resource, row[1]) }] : [])),
    many,
  }
}

/** The columns of rows. Hashes of secrets wait for their turn all at once. */
async function columnsOf(
  { viewer, caller }: Call,
  resource: Resource,
  inputs: Record<string, unknown>[],
): Promise<RowValues[]> {
  const [only, ...others] = inputs
  if (only && others.length === 0) return [await columnsToInsert(resource, viewer, only, caller)]
  if (secretOf(resource))
    return Promise.all(inputs.map((one) => columnsToInsert(resource, viewer, one, caller)))
  return eachRow(inputs, false, (one) => insertedColumns(resource, viewer, one))
}

/** Whether all values of a row are known, and none is SQL. */
const isFixed = ({ columns, expressions }: RowValues): boolean =>
  Object.keys(expressions).length === 0 &&
  !Object.values(columns).some((value) => (value as unknown) instanceof LaterValue)

/** A write for each row, so that each sees what those before it left. */
function oneByOne(
  call: Call,
  resource: Resource,
  rows: NewRow[],
  made: RowValues[],
  { guard, unless }: Pick<CreateOptions, "guard" | "unless">,
): Write[] | Promise<Write[]> {
  const { viewer } = call
  const verb = `create${guard ? `:guarded${guard.name}` : ""}${unless ? `:unless:${unless}` : ""}`
  const writeOf = (row: NewRow, i: number): Write => {
    const { columns, chosen } = row
    const names = Object.keys(columns)
    const { expressions } = made[i] as RowValues
    if (guard && names.length === 0) throw new NotGuarded()
    const named = namedOf(resource, chosen, columns)
    const shape = `${verb}:${viewer.kind}:${names}:${chosen}${named.length < chosen.length ? `:${named}` : ""}`
    const plan = planWithMade(resource, shape, expressions, () =>
      compileCreate(resource, viewer.kind, names, chosen, {
        guard,
        made: { bound: [], expressions },
        unless,
        named,
      }),
    )
    const statement = withValues(plan, { ...columns, ...ownValues(viewer), ...guard?.values })
    return { resource, verb: "insert", values: columns, statement }
  }
  return rows.length > 1 ? inParts(rows, async (row, i) => writeOf(row, i)) : rows.map(writeOf)
}

/** The key of a created row, as its statement returns it; undefined for a table without one. */
export function keyOf({ keys }: Resource, returned: unknown): RowKey | undefined {
  if (keys.length === 0) return undefined
  return keys.length === 1 ? (returned as Key) : (parseWithLong(String(returned)) as Key[])
}

/** The checked objects of an input, of which an array has at `most` so many. */
export async function inputsOf(
  call: Call,
  resource: Resource,
  input: unknown,
  { nested, most = 1_000 }: { nested: Nested | undefined; most?: number },
): Promise<Record<string, unknown>[]> {
  const many = Array.isArray(input)
  if (many && (input.length === 0 || input.length > most))
    throw invalid("The body is not valid", [
      { path: "body", message: `must hold 1 to ${most} objects`, code: "out_of_range" },
    ])
  const checked = (one: unknown, prefix: string[]) => {
    nameViewer(call, resource, one)
    if (resource.document) {
      const row = documentInput(call, resource, one, prefix, { within: nested?.relation.foreign ?? [] })
      return nested ? (placeWithin(row, nested, prefix) as typeof row) : row
    }
    const parsed = parseBody(schemaOf(resource), nested ? placeWithin(one, nested, prefix) : one, prefix)
    requireStrong(resource, parsed, prefix)
    return parsed
  }
  return many ? eachRow(input, many, checked) : [checked(input, [])]
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
export function chosenOf(resource: Resource, viewer: Viewer, input: Record<string, unknown>): string[] {
  return askedFields(resource)
    .filter(({ name, initially }) => input[name] !== undefined && !isSame(input[name], initially?.(viewer)))
    .map(({ name }) => name)
}
