import type { Row, Statement } from "../db/driver.ts"
import { forbidden, notFound } from "../problem.ts"
import type { RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { deletionTime, isSoftlyDeleted, type SoftlyDeleted } from "../resource/soft-delete.ts"
import { keyValues } from "../sql/columns.ts"
import { compileDelete } from "../sql/delete.ts"
import { ownValue, planOf, planWithMade, withValues } from "../sql/plan.ts"
import { compileSoftDelete } from "../sql/soft-delete.ts"
import { exists, requireOpen } from "./access.ts"
import type { Call } from "./call.ts"
import { changeOf } from "./change.ts"
import { writeProblem } from "./conflicts.ts"
import { columnsToUpdate } from "./input.ts"
import { checkRemoval } from "./secret.ts"

/** The statement that sets the time of a row's deletion. */
async function softDeletion(call: Call, resource: SoftlyDeleted, id: RowKey): Promise<Statement> {
  const { viewer } = call
  const { field } = resource.softDelete
  const { made } = await columnsToUpdate(resource, {}, call.caller)
  const shape = `soft-delete:${viewer.kind}:${made.bound}`
  const plan = planWithMade(resource, shape, made.expressions, () =>
    compileSoftDelete(resource, viewer.kind, made),
  )
  return withValues(plan, {
    ...made.values,
    ...keyValues(resource, id),
    [ownValue.viewer]: viewer.id,
    [field.name]: field.type.sql.encode(deletionTime(resource.softDelete)),
  })
}

/**
 * Deletes one row, or hides it, as its resource says. `confirmation` is the present secret, for rows that ask for it: a 422 without. Throws a 404 for a row
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
  const isSoft = isSoftlyDeleted(resource)
  const statement = isSoft
    ? await softDeletion(call, resource, id)
    : withValues(
        planOf(resource, `delete:${viewer.kind}`, () => compileDelete(resource, viewer.kind)),
        { ...keyValues(resource, id), [ownValue.viewer]: viewer.id },
      )
  const verb = isSoft ? "update" : "delete"
  let deleted: Row[]
  try {
    deleted = (await call.client().batch([{ ...statement, change: changeOf(resource, verb, id) }]))[0] ?? []
  } catch (error) {
    throw writeProblem(error, resource, [])
  }
  if (deleted.length) return
  if (await exists(call, resource, id)) throw forbidden(`This row of ${resource.name} is not yours to change`)
  throw notFound()
}
