import type { Row } from "../db/driver.ts"
import { LaterValue } from "../lib/later-value.ts"
import { inParts } from "../lib/pace.ts"
import { invalid, outrun } from "../problem.ts"
import type { Values } from "../query/query.ts"
import { keyParts, type RowKey } from "../resource/key.ts"
import type { Nested, Resource } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import { byUniqueKey } from "../resource/upsert.ts"
import type { Viewer } from "../resource/viewer.ts"
import { isAdmin } from "../resource/viewer-kind.ts"
import { hasKey, keyValues } from "../sql/columns.ts"
import { ownValue, ownValues, planOf, planWithMade, withValues } from "../sql/plan.ts"
import { quotaLocks } from "../sql/quota.ts"
import { writtenRow } from "../sql/returning.ts"
import { compileFound, compileUpsert, mergedName, type UpsertParts, whichAreThere } from "../sql/upsert.ts"
import { orMissingParent, refuseUnconfirmed, requireOpen, requireParent } from "./access.ts"
import type { Call } from "./call.ts"
import { changeOf } from "./change.ts"
import { commit, type Write } from "./commit.ts"
import { chosenOf, inputsOf, keyOf } from "./create.ts"
import {
  columnsToInsert,
  columnsToUpdate,
  isSame,
  type MadeValues,
  namedOf,
  type RowValues,
} from "./input.ts"
import { maxTries } from "./refused.ts"
import { checkUpserts } from "./upsert-hooks.ts"
import { upsertProblem } from "./upsert-refused.ts"

/** A row as an upsert left it. */
export interface UpsertedRow {
  /** Its JSON, as its viewer may see it. */
  body: string
  key: RowKey | undefined
  created: boolean
}

/** One row of an upsert, on its way to the database. */
export interface Attempt {
  /** Its place in the array. */
  index: number
  /** The values of its unique key, and the same as text. */
  key: RowKey
  id: string
  /** The columns of a new row, encoded, and those that the client chose. */
  inserted: RowValues
  chosen: string[]
  /** What is set where the row exists; undefined where it stays as it is. */
  merged: { columns: Values; made: MadeValues; sent: Record<string, unknown> } | undefined
  /** What was sent. */
  input: Record<string, unknown>
  /** What it is known to find, since a hook was asked for that: it fails where that is so no more. */
  finds?: UpsertParts["finds"]
  /** The row, once it is written. */
  row?: UpsertedRow
}

export interface UpsertOptions {
  /** The columns of the unique key that tells rows apart: one of the option `upsert`. */
  target: readonly string[]
  /** Whether rows that exist stay as they are. */
  ignore: boolean
  /** The parent that the rows are made under. */
  nested?: Nested | undefined
}

/**
 * Creates one row of an object, or many of an array, and merges each into the row that has its unique key, if there is one:
 * all or nothing. Throws as a create and an update do, and a 409 for a key of a row that the viewer cannot see.
 *
 * @example await upsert(call, users, { email: "ann@example.com", name: "Ann" }, { target: ["email"], ignore: false })
 */
export async function upsert(
  call: Call,
  resource: Resource,
  input: unknown,
  { target, ignore, nested }: UpsertOptions,
): Promise<{ rows: UpsertedRow[]; many: boolean }> {
  requireOpen(call, resource.rules.create)
  refuseUnconfirmed(call, resource)
  const many = Array.isArray(input)
  const inputs = await inputsOf(call, resource, input, { nested })
  if (nested) await requireParent(call, nested)
  if (resource.holdsViewers && !isAdmin(call.viewer.kind))
    await call.caller.count({ kind: "sign_up", rows: inputs.length })
  const keys = keysOf(resource, call.viewer, inputs, target, many)
  const attempts = await inParts(inputs, (one, index) =>
    attemptOf(call, resource, one, { index, key: keys[index] as RowKey, target, ignore }),
  )
  // In one order for all: of upserts of the same rows at once, none waits for another that waits for it.
  const ordered = [...attempts].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  for (let tries = 0; tries < maxTries; tries++) {
    const open = ordered.filter(({ row }) => !row)
    if (resource.options.before && call.hooks)
      await checkUpserts(call, resource, open, { target, many, nested })
    try {
      await write(call, resource, target, open)
    } catch (error) {
      const problem = await upsertProblem(call, resource, error, {
        all: attempts,
        attempts: open,
        target,
        many,
        isLast: tries === maxTries - 1 || call.collector !== undefined,
      })
      if (problem) throw await orMissingParent(call, nested, problem)
    }
    const rows = attempts.flatMap(({ row }) => row ?? [])
    if (rows.length === attempts.length) return { rows, many }
  }
  throw outrun()
}

/** The unique key of each input. Throws a 422 that names what is missing. */
function keysOf(
  { fields }: Resource,
  viewer: Viewer,
  inputs: Record<string, unknown>[],
  target: readonly string[],
  many: boolean,
): RowKey[] {
  const given = (input: Record<string, unknown>, name: string) =>
    input[name] ?? fields[name]?.initially?.(viewer) ?? fields[name]?.default
  const issues = inputs.flatMap((input, i) =>
    target.flatMap((name) => {
      const path = many ? `${i}.${name}` : name
      const value = input[name] === null ? undefined : given(input, name)
      const why = "rows are told apart by it"
      if (value === undefined || value === null)
        return { path, message: `must have a value: ${why}`, code: "required" }
      return value instanceof LaterValue
        ? { path, message: `cannot be a reference: ${why}`, code: "unknown_reference" }
        : []
    }),
  )
  if (issues.length) throw invalid("The body is not valid", issues.slice(0, 100))
  return inputs.map((input) => target.map((name) => given(input, name)) as unknown as RowKey)
}

async function attemptOf(
  { viewer, caller }: Call,
  resource: Resource,
  input: Record<string, unknown>,
  { index, key, target, ignore }: { index: number; key: RowKey } & Pick<UpsertOptions, "target" | "ignore">,
): Promise<Attempt> {
  const inserted = await columnsToInsert(resource, viewer, input, caller)
  const kept = new Set([...target, ...resource.keys])
  const sent = Object.entries(input).filter(([name, value]) => {
    const { write, initially } = resource.fields[name] ?? {}
    if (value === undefined || !write || kept.has(name)) return false
    // What a field is initially is no change of it, where the viewer may make none.
    return !initially || isOpen(write.update, viewer.kind) || !isSame(value, initially(viewer))
  })
  const merges = !ignore && sent.length > 0
  const given = Object.fromEntries(sent)
  const merged = merges ? { ...(await columnsToUpdate(resource, given, caller)), sent: given } : undefined
  const id = JSON.stringify(keyParts(key))
  return { index, key, id, input, inserted, chosen: chosenOf(resource, viewer, input), merged }
}

/** Writes rows in one transaction, and notes what became of them; nothing of one that is gone when it is to be read. */
async function write(
  call: Call,
  resource: Resource,
  target: readonly string[],
  attempts: Attempt[],
): Promise<void> {
  const rows = attempts.map(({ inserted }) => inserted.columns)
  const looks = attempts.some(({ merged }) => merged) ? whichAreThere(resource, target, rows) : []
  const there = new Set<string>()
  const firsts = new Map([...attempts].reverse().map((attempt) => [attempt.id, attempt]))
  const writes = attempts.map((attempt): Write => {
    // The second of two rows with one key finds the first.
    const hasInserted = (row: Row) =>
      Number(row.at(-1)) === 1 && !there.has(attempt.id) && firsts.get(attempt.id) === attempt
    const { key, index: position, merged } = attempt
    const upserted = { target, key, ignores: !merged, position, hasInserted }
    return { ...writeOf(call, resource, target, attempt), upserted }
  })
  const locks = [...quotaLocks(resource, rows), ...looks]
  const results = await commit(call, writes, locks, (locked) => {
    for (const [place] of looks.length ? (locked.at(-1) ?? []) : [])
      there.add(attempts[Number(place)]?.id as string)
  })
  for (const [i, attempt] of attempts.entries()) {
    const returned = results[i]?.[0]
    const created = returned !== undefined && writes[i]?.upserted?.hasInserted(returned) === true
    const row = returned ?? (await foundRow(call, resource, target, attempt))
    if (row) attempt.row = { body: String(row[0]), key: keyOf(resource, row[1]), created }
  }
}

function writeOf(
  { viewer }: Call,
  resource: Resource,
  target: readonly string[],
  { key, inserted, chosen, merged, finds }: Attempt,
): Write {
  const { kind } = viewer
  const columns = Object.keys(inserted.columns)
  const set = merged && { columns: Object.keys(merged.columns), made: merged.made }
  const named = namedOf(resource, chosen, inserted.columns)
  const setting = set ? `${set.columns}:${set.made.bound}` : "-"
  const shape = `upsert:${kind}:${target}:${columns}:${chosen}:${named}:${setting}:${finds}`
  const made = { bound: [], expressions: inserted.expressions }
  const expressions = { ...inserted.expressions, ...merged?.made.expressions }
  const plan = planWithMade(resource, shape, expressions, () =>
    compileUpsert(resource, kind, { target, columns, chosen, named, made, merged: set, finds }),
  )
  const remade = Object.entries(merged?.made.values ?? {}).map(([name, value]) => [mergedName(name), value])
  const keys = keyValues(byUniqueKey(resource, target), key)
  const values: Values = {
    ...inserted.columns,
    ...Object.fromEntries(remade),
    ...keys,
    ...ownValues(viewer),
  }
  // Which row of the table is changed is not known beforehand.
  const change = set ? { ...changeOf(resource, "update", undefined, set.columns), moves: true } : undefined
  const statement = withValues(plan, values)
  const where = hasKey(resource, writtenRow(resource), ownValue.key, target)
  const rows = resource.history || resource.holdsViewers ? { where, values: keys } : undefined
  const told = change ? { ...statement, change } : statement
  return {
    resource,
    verb: "upsert",
    rows,
    set: merged?.columns,
    values: inserted.columns,
    statement: told,
  }
}

/** The row of an attempt's unique key, as an upsert returns it, where the viewer may see it. */
export async function foundRow(
  call: Call,
  resource: Resource,
  target: readonly string[],
  { key }: Attempt,
): Promise<Row | undefined> {
  const { kind } = call.viewer
  const plan = planOf(resource, `upsert:found:${kind}:${target}`, () => compileFound(resource, kind, target))
  const values = { ...keyValues(byUniqueKey(resource, target), key), ...ownValues(call.viewer) }
  const [row] = await call.client().query(withValues(plan, values, true))
  return row
}
