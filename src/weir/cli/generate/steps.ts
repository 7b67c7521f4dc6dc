import { common, doubts, type Snapshot } from "./snapshot.ts"

type Named = Record<string, unknown>
/** The parts of Postgres's snapshots besides tables that have names. */
type Parts = Partial<Record<"enums" | "schemas" | "sequences" | "roles" | "views" | "policies", Named>>

/** Columns may be of them: what is new is made before what is gone is dropped. */
const needed = ["enums", "schemas", "sequences", "roles"] as const
/** They read tables: what is gone is dropped before what is new is made. */
const dependent = ["views", "policies"] as const

const keys = (part: Named = {}): string[] => Object.keys(part)
const without = (part: Named | undefined, other: Named | undefined): string[] =>
  keys(part).filter((key) => !keys(other).includes(key))

/**
 * The snapshot in the middle of the way from one to another, where drizzle-kit would ask whether something was renamed;
 * undefined where it asks nothing. In neither of the two steps is a thing of one kind both gone and new.
 */
export function between(from: Snapshot, to: Snapshot): Snapshot | undefined {
  const [before, after] = [from as Parts, to as Parts]
  const isDoubtful = (a: Named | undefined, b: Named | undefined) =>
    without(a, b).length > 0 && without(b, a).length > 0
  const asks =
    doubts(from, to).length > 0 ||
    [...needed, ...dependent].some((part) => isDoubtful(before[part], after[part])) ||
    keys(from.tables).some((key) => isDoubtful(from.tables[key]?.policies, to.tables[key]?.policies))
  if (!asks) return undefined
  const snapshot = common(from, to)
  const middle = snapshot as Parts
  for (const part of needed) if (before[part]) middle[part] = { ...after[part], ...before[part] }
  for (const part of dependent)
    for (const key of without(middle[part], after[part])) delete middle[part]?.[key]
  return snapshot
}
