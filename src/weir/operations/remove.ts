import type { Row } from "../db/driver.ts"
import { forbidden, notFound } from "../problem.ts"
import type { RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { keyValues } from "../sql/columns.ts"
import { compileDelete } from "../sql/delete.ts"
import { ownValue, planOf, withValues } from "../sql/plan.ts"
import { exists, requireOpen } from "./access.ts"
import type { Call } from "./call.ts"
import { changeOf } from "./change.ts"
import { writeProblem } from "./conflicts.ts"
import { checkRemoval } from "./secret.ts"

/**
 * Deletes one row. `confirmation` is the present secret, for rows that ask for it: a 422 without. Throws a 404 for a row
 * that the viewer cannot see, a 403 for one that it may not delete, and a 409 for one that others refer to.
 *
 * @example await remove(call, items, 1)
 */
export async function remove(
  call: Call,
  resource: Resource,
  id: RowKey,
  confirmation?: string,
): Promise<void> {
  requireOpen(call, resource.rules.delete)
  if (resource.options.confirmDelete) await checkRemoval(call, resource, id, confirmation)
  const { viewer } = call
  const plan = planOf(resource, `delete:${viewer.kind}`, () => compileDelete(resource, viewer.kind))
  const statement = withValues(plan, { ...keyValues(resource, id), [ownValue.viewer]: viewer.id })
  let deleted: Row[]
  try {
    deleted =
      (await call.client().batch([{ ...statement, change: changeOf(resource, "delete", id) }]))[0] ?? []
  } catch (error) {
    throw writeProblem(error, resource, [])
  }
  if (deleted.length) return
  if (await exists(call, resource, id)) throw forbidden(`This row of ${resource.name} is not yours to change`)
  throw notFound()
}
