import { classify } from "../db/dialect/errors.ts"
import type { Row } from "../db/driver.ts"
import { parseWithLong } from "../lib/long-integer.ts"
import { forbidden, invalid } from "../problem.ts"
import { mostParam, parseBulk } from "../query/bulk.ts"
import type { Values } from "../query/query.ts"
import { type KeyPart, keyName, type RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { deletionTime, isSoftlyDeleted } from "../resource/soft-delete.ts"
import {
  type BulkWrite,
  compileBroken,
  compileBulk,
  compileCounted,
  compileMatching,
} from "../sql/bulk-writes.ts"
import { bound, ownValue, ownValues, type Plan, planOf, planWithMade, withValues } from "../sql/plan.ts"
import { quotaLocks, quotaOfRows } from "../sql/quota.ts"
import { writtenRow } from "../sql/returning.ts"
import { isAmongKeys } from "../sql/rows-of-keys.ts"
import { requireOpen } from "./access.ts"
import type { Call } from "./call.ts"
import { commit, type Write } from "./commit.ts"
import { writeProblem } from "./conflicts.ts"
import { keyOf } from "./create.ts"
import { checkBefore, checkUpdate, keyOfParts } from "./hooks.ts"
import { columnsToUpdate, type MadeValues } from "./input.ts"
import { patchInput } from "./patch-input.ts"
import { keepUnchanged } from "./recording.ts"
import { referenceProblem, updateRefusal } from "./refused.ts"

/** Most rows of one statement. */
const maxRows = 500

/**
 * Changes all rows that filters find and that are the viewer's to change, by one merge patch, in one transaction. Returns how
 * many. Throws a 422 without filters, and where more rows are found than `max_affected` says; a 403 where one of them
 * may not be changed so.
 *
 * @example await updateWhere(call, items, "?price[lt]=5&owner_id=1", { price: 5 })
 */
export async function updateWhere(
  call: Call,
  resource: Resource,
  search: string,
  patch: unknown,
): Promise<number> {
  requireOpen(call, resource.rules.update)
  const parsed = parseBulk(resource, call.viewer.kind, search)
  const input = patchInput(call, resource, patch)
  const { columns, made } = await columnsToUpdate(resource, input, call.caller)
  const bulk = new Bulk(call, resource, "update", parsed, { columns, made })
  const keys = await bulk.find()
  for (const { key } of keys) await checkUpdate(call, resource, key, input)
  return bulk.write(keys)
}

/**
 * Deletes all rows that filters find and that are the viewer's to delete, or hides them, as their resource says, in one
 * transaction. Returns how many. Throws as `updateWhere` does, and a 409 where others refer to one of them.
 *
 * @example await removeWhere(call, items, "?created_at[lt]=2025-01-01T00:00:00Z&max_affected=10000")
 */
export async function removeWhere(call: Call, resource: Resource, search: string): Promise<number> {
  requireOpen(call, resource.rules.delete)
  const parsed = parseBulk(resource, call.viewer.kind, search)
  let set: { columns: Values; made: MadeValues } | undefined
  if (isSoftlyDeleted(resource)) {
    const { field } = resource.softDelete
    const { made } = await columnsToUpdate(resource, {}, call.caller)
    set = { columns: { [field.name]: field.type.sql.encode(deletionTime(resource.softDelete)) }, made }
  }
  const bulk = new Bulk(call, resource, "delete", parsed, set)
  const keys = await bulk.find()
  for (const { key } of keys) await checkBefore(call, resource, "delete", undefined, key)
  return bulk.write(keys)
}

interface FoundKey {
  /** A JSON array of the values of its columns. */
  text: string
  key: RowKey
}

/** A write of the rows that filters find. */
class Bulk {
  private readonly call: Call
  private readonly what: BulkWrite
  private readonly most: number
  private readonly shape: string
  private readonly values: Values
  private readonly set: { columns: Values; made: MadeValues } | undefined

  constructor(
    call: Call,
    resource: Resource,
    verb: "update" | "delete",
    { query, values, shape }: ReturnType<typeof parseBulk>,
    set: { columns: Values; made: MadeValues } | undefined,
  ) {
    const { kind } = call.viewer
    const { most, ...filters } = query
    this.call = call
    this.most = most
    this.set = set
    const columns = set && Object.keys(set.columns)
    this.what = {
      ...filters,
      resource,
      kind,
      verb,
      ...(set && columns && { set: { columns, made: set.made } }),
    }
    this.shape = `${verb}:${kind}:${columns ?? "-"}:${set?.made.bound ?? "-"}:${shape}`
    this.values = { ...values, ...set?.columns, ...set?.made.values, ...ownValues(call.viewer) }
  }

  private plan(verb: string, compile: (write: BulkWrite) => Plan): Plan {
    const { resource } = this.what
    return planWithMade(resource, `bulk:${verb}:${this.shape}`, this.set?.made.expressions ?? {}, () =>
      compile(this.what),
    )
  }

  /** The rows, which are looked for as a list's are: that may take long, and nothing is locked meanwhile. */
  async find(): Promise<FoundKey[]> {
    const { call, most, values } = this
    const { resource } = this.what
    const plan = planOf(resource, `bulk:find:${this.shape}`, () => compileMatching(this.what))
    const rows = await call.client().query(withValues(plan, { ...values, "@most": most + 1 }))
    if (rows.length > most)
      throw invalid(`More than ${most} rows pass the filters, and nothing was changed`, [
        { path: mostParam, message: `is ${most}, and more rows pass the filters`, code: "out_of_range" },
      ])
    return rows.map(([text, key]) => ({
      text: String(text),
      key: keyOfParts(parseWithLong(String(key)) as KeyPart[]) as RowKey,
    }))
  }

  /** Writes those that still pass the filters, all or none, and says how many. */
  async write(keys: FoundKey[]): Promise<number> {
    const { call, set, values } = this
    if (keys.length === 0) {
      await keepUnchanged(call, "0")
      return 0
    }
    const { resource, verb } = this.what
    const plan = this.plan("write", compileBulk)
    const writes: Write[] = []
    for (let from = 0; from < keys.length; from += maxRows) {
      const some = keys.slice(from, from + maxRows)
      const own = { ...values, [ownValue.rows]: listOf(some) }
      writes.push({
        resource,
        verb,
        counts: (record) => withValues(this.plan("count", compileCounted), { ...own, ...record }),
        ...(verb === "update" && set && { columns: Object.keys(set.columns), set: set.columns }),
        rows: { where: isAmongKeys(resource, writtenRow(resource), bound(ownValue.rows)), values: own },
        statement: { ...withValues(plan, own), many: true, claims: some.map(({ key }) => keyName(key)) },
      })
    }
    const moved = verb === "update" && set ? [set.columns] : []
    let results: Row[][]
    try {
      const last = quotaOfRows(resource, moved).after
      results = await commit(call, writes, quotaLocks(resource, moved), undefined, moved.length ? last : [])
    } catch (error) {
      throw await this.problemOf(error, keys)
    }
    return results.reduce((sum, rows) => sum + rows.length, 0)
  }

  private async problemOf(error: unknown, keys: FoundKey[]): Promise<unknown> {
    const { call, set } = this
    const { resource, verb } = this.what
    if (verb === "delete" || !set) return writeProblem(error, resource, [])
    const { columns, made } = set
    if (classify(error)?.kind !== "rule") return referenceProblem(call, resource, error, columns)
    const values = { ...this.values, [ownValue.rows]: listOf(keys) }
    const [broken] = await call.client().query(withValues(this.plan("broken", compileBroken), values))
    const key = broken && keyOf(resource, broken[0])
    const refusal = key === undefined ? undefined : await updateRefusal(call, resource, key, columns, made)
    return refusal ?? forbidden(`You may not change these rows of ${resource.name} so`)
  }
}

const listOf = (keys: FoundKey[]): string => `[${keys.map(({ text }) => text)}]`
