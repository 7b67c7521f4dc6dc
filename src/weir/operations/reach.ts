import type { Statement } from "../db/driver.ts"
import { memo } from "../lib/memo.ts"
import { isLater } from "../resource/key.ts"
import { clause } from "../resource/rules.ts"
import { hasKey, keyValues } from "../sql/columns.ts"
import { withValues } from "../sql/plan.ts"
import { type Reach, reachOf } from "../sql/reach.ts"
import { writtenRow } from "../sql/returning.ts"
import type { Call } from "./call.ts"
import type { Write } from "./commit.ts"

/** Rows of other tables that may go or change with a write before it is taken for a long one: alone, and as part of a batch. */
const few = { alone: 200, inBatch: 20 }

/** How often a table may be gone through for rows of one statement. */
const manyTimes = 100

const reaches = memo(500)
const probes = memo(500)

/** A read that nothing bounds: whoever holds others up for such a one has somewhere else to do it. */
const unbounded: Statement = { text: "", params: [] }

/** What a write leads to in other tables; undefined where that is nothing. */
function reachOfWrite({ resource, verb, columns = [] }: Write): Reach | undefined {
  const isDelete = verb === "delete" && !resource.softDelete
  const isUpdate = verb === "update" && columns.some((name) => resource.fields[name]?.unique)
  if (!isDelete && !isUpdate) return undefined
  const names = isUpdate ? columns.map((name) => resource.fields[name]?.column.name ?? name) : undefined
  const reach = reaches(resource, `${names ?? "-"}`, () => reachOf(resource, names))
  return reach.probe || reach.scans.length ? reach : undefined
}

/**
 * The first of some writes that may take long, since many rows of other tables go or change with its own: by a look that
 * costs little, and only where the database holds others up meanwhile.
 */
export function longOf(call: Call, writes: Write[]): Promise<Write | undefined> | undefined {
  const reaching = writes.filter(reachOfWrite)
  if (reaching.length === 0 || !call.client().isLong?.(unbounded)) return undefined
  return firstLong(call, reaching)
}

async function firstLong(call: Call, writes: Write[]): Promise<Write | undefined> {
  for (const write of writes) if (await isLong(call, write, reachOfWrite(write) as Reach)) return write
  return undefined
}

async function isLong(call: Call, write: Write, { probe, scans }: Reach): Promise<boolean> {
  const { resource, key, rows } = write
  const client = call.client()
  // Of many rows, each has them gone through.
  const times = rows ? manyTimes : 1
  if (scans.length && client.isLong?.({ ...unbounded, scans: Array(times).fill(scans).flat() })) return true
  if (!probe) return false
  // Which rows it writes is known to the database alone.
  if (!rows && (key === undefined || isLater(key))) return true
  const where = rows ? rows.where : clause(hasKey(resource, writtenRow(resource)))
  const plan = rows ? probe(where) : probes(probe, "", () => probe(where))
  const values = rows ? rows.values : keyValues(resource, key as NonNullable<typeof key>)
  const most = call.collector ? few.inBatch : few.alone
  try {
    return (await client.query(withValues(plan, { ...values, "@most": most }, true))).length > 0
  } catch (error) {
    if (call.deadline.expired) throw error
    // What cannot be looked at in time is not few.
    return true
  }
}
