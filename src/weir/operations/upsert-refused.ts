import { classify } from "../db/dialect/errors.ts"
import type { Problem } from "../problem.ts"
import type { Resource } from "../resource/resource.ts"
import { byUniqueKey } from "../resource/upsert.ts"
import { exists, isHidden } from "./access.ts"
import type { Call } from "./call.ts"
import { taken } from "./conflicts.ts"
import { ofRow } from "./hooks.ts"
import { createProblem, notToChange, refusalOf, updateRefusal } from "./refused.ts"
import type { Attempt } from "./upsert.ts"

/** Rows that are judged at once: each is a few round trips. */
const judgedTogether = 20

interface Failed {
  /** All rows of the request in its order, and those of the failed transaction in that of its statements. */
  all: Attempt[]
  attempts: Attempt[]
  target: readonly string[]
  /** Whether the rows came in an array. */
  many: boolean
  /** Whether it is not tried again. */
  isLast: boolean
}

/** What a failed upsert amounts to; undefined where nothing forbids it now, since others have changed its rows meanwhile. */
export async function upsertProblem(
  call: Call,
  resource: Resource,
  error: unknown,
  { all, attempts, target, many, isLast }: Failed,
): Promise<unknown> {
  const at = (error as { statementIndex?: unknown }).statementIndex
  const failed = typeof at === "number" ? attempts[at] : undefined
  if (classify(error)?.kind !== "rule") {
    if (failed) Object.assign(error as object, { statementIndex: failed.index })
    const rows = all.map(({ inserted: { columns }, chosen }) => ({ columns, chosen }))
    return createProblem(call, resource, error, rows, many)
  }
  const byKey = byUniqueKey(resource, target)
  const suspects = failed ? [failed] : attempts
  for (let from = 0; from < suspects.length; from += judgedTogether) {
    const some = suspects.slice(from, from + judgedTogether)
    const problems = await Promise.all(
      some.map(async (attempt) => {
        const problem = await refusal(call, resource, byKey, attempt)
        return many ? ofRow(problem, attempt.index) : problem
      }),
    )
    const problem = problems.find(Boolean)
    if (problem) return problem
  }
  // The second of two rows with one key finds what the first leaves, and nobody else changes that.
  const repeated = suspects.find((one) => one.merged && attempts[attempts.indexOf(one) - 1]?.id === one.id)
  return isLast && repeated ? ofRow(notToChange(resource), repeated.index) : undefined
}

/** Why a row may neither be created nor merged: what its viewer can see exists for it. */
async function refusal(
  call: Call,
  resource: Resource,
  byKey: Resource,
  { key, inserted, chosen, merged }: Attempt,
): Promise<Problem | undefined> {
  if (await exists(call, byKey, key)) {
    if (!merged) return undefined
    const problem = await updateRefusal(call, byKey, key, merged.columns, merged.made)
    if (problem?.code !== "not_found") return problem
  }
  const notToMake = await refusalOf(call, resource, { columns: inserted.columns, chosen }, [])
  if (notToMake) return notToMake
  return (await isHidden(call, byKey, key)) ? taken(resource, byKey.keys) : undefined
}
