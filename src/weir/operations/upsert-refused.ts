import { classify } from "../db/dialect/errors.ts"
import { inParts } from "../lib/pace.ts"
import type { Problem } from "../problem.ts"
import type { Resource } from "../resource/resource.ts"
import { byUniqueKey } from "../resource/upsert.ts"
import { exists, isHidden } from "./access.ts"
import type { Call } from "./call.ts"
import { taken } from "./conflicts.ts"
import { ofRow } from "./hooks.ts"
import { upsertedProblem } from "./many-refused.ts"
import { createProblem, notToChange, refusalOf, updateRefusal } from "./refused.ts"
import { together } from "./rows.ts"
import type { Attempt } from "./upsert.ts"

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
  const byKey = byUniqueKey(resource, target)
  if (classify(error)?.kind !== "rule") {
    if (failed) Object.assign(error as object, { statementIndex: failed.index })
    const rows = all.map(({ inserted: { columns }, chosen }) => ({ columns, chosen }))
    const isWritten = async (place: number) => {
      const { merged, key } = all[place] as Attempt
      return merged !== undefined || !(await exists(call, byKey, key))
    }
    const named = many && !call.collector && (await upsertedProblem(call, resource, error, rows, isWritten))
    return named || createProblem(call, resource, error, rows, many)
  }
  // What other steps of a batch would make for its other rows is not there any more.
  const suspects = failed && (!many || call.collector) ? [failed] : attempts
  const judged = await inParts(suspects, async (attempt) => {
    const problem = await refusal(call, resource, byKey, attempt)
    return problem ? [{ index: attempt.index, problem: many ? ofRow(problem, attempt.index) : problem }] : []
  })
  const problems = judged.flat().sort((a, b) => a.index - b.index)
  if (problems.length) return together(problems.map(({ problem }) => problem as Problem))
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
