import type { Row } from "../db/driver.ts"
import { forbidden, notFound } from "../problem.ts"
import type { RowKey } from "../resource/key.ts"
import type { SoftlyDeleted } from "../resource/soft-delete.ts"
import { keyValues } from "../sql/columns.ts"
import { ownValues, planOf, planWithMade, withValues } from "../sql/plan.ts"
import { compileDeleted, compileRestore } from "../sql/soft-delete.ts"
import { requireOpen } from "./access.ts"
import type { Call } from "./call.ts"
import { commit } from "./commit.ts"
import { writeProblem } from "./conflicts.ts"
import { checkBefore, isAsked } from "./hooks.ts"
import { columnsToUpdate } from "./input.ts"

/**
 * Brings back one row that was softly deleted, and returns its JSON. Throws a 404 for a row that is not deleted or that
 * the viewer could not see, a 403 for one that it may not restore, and a 409 for a value that was taken meanwhile.
 *
 * @example await restore(call, tasks, 1)
 */
export async function restore(call: Call, resource: SoftlyDeleted, id: RowKey): Promise<string> {
  requireOpen(call, resource.rules.restore)
  const { viewer } = call
  const { made } = await columnsToUpdate(resource, {}, call.caller)
  const plan = planWithMade(resource, `restore:${viewer.kind}:${made.bound}`, made.expressions, () =>
    compileRestore(resource, viewer.kind, made),
  )
  const key = { ...keyValues(resource, id), ...ownValues(viewer) }
  const isThere = async (): Promise<boolean> => {
    const there = planOf(resource, `deleted:${viewer.kind}`, () => compileDeleted(resource, viewer.kind))
    return (await call.client().query(withValues(there, key, true))).length > 0
  }
  const { name } = resource.softDelete.field
  if (isAsked(resource, "update", id)) {
    if (!(await isThere())) throw notFound()
    await checkBefore(call, resource, "update", { [name]: null }, id)
  }
  const statement = withValues(plan, { ...made.values, ...key, [name]: null })
  let row: Row | undefined
  try {
    const [rows] = await commit(call, [{ resource, verb: "restore", key: id, statement }])
    row = rows?.[0]
  } catch (error) {
    throw writeProblem(error, resource, [])
  }
  if (row) return row[0] as string
  throw (await isThere()) ? forbidden(`This row of ${resource.name} is not yours to restore`) : notFound()
}
