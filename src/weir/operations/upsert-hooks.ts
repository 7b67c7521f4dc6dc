import { invalid } from "../problem.ts"
import type { Nested, Resource } from "../resource/resource.ts"
import { byUniqueKey } from "../resource/upsert.ts"
import { orMissingParent } from "./access.ts"
import type { Call } from "./call.ts"
import { keyOf } from "./create.ts"
import { checkBefore, ofRow } from "./hooks.ts"
import { refuseUpdate } from "./refused.ts"
import { type Attempt, foundRow } from "./upsert.ts"

interface Checked {
  target: readonly string[]
  many: boolean
  nested: Nested | undefined
}

/** Throws a 422 for a change of a row that the same array makes, where a check before each update must see it. */
function requireUnasked({ options }: Resource): void {
  if (!options.before?.update) return
  const message = "has the key of a row before it, and a check before each update must see that row"
  throw invalid("The body is not valid", [{ path: "", message, code: "repeated" }])
}

/**
 * Asks the hooks before an upsert, as before a create or an update, by whether its row is there. Each then holds only while
 * that is so. What is thrown in an array names the row.
 */
export async function checkUpserts(
  call: Call,
  resource: Resource,
  attempts: Attempt[],
  { target, many, nested }: Checked,
): Promise<void> {
  const asked = new Set<string>()
  for (const attempt of attempts)
    try {
      const row = await foundRow(call, resource, target, attempt)
      // A row that the same request writes is not there yet.
      if (!row && asked.has(attempt.id) && attempt.merged) requireUnasked(resource)
      attempt.finds = asked.has(attempt.id) || call.collector ? undefined : row ? "row" : "none"
      asked.add(attempt.id)
      if (!row) await checkBefore(call, resource, "create", attempt.input)
      else if (attempt.merged) {
        const { columns, made, sent } = attempt.merged
        await refuseUpdate(call, byUniqueKey(resource, target), attempt.key, columns, made)
        await checkBefore(call, resource, "update", sent, keyOf(resource, row[1]))
      }
    } catch (error) {
      throw await orMissingParent(call, nested, many ? ofRow(error, attempt.index) : error)
    }
}
