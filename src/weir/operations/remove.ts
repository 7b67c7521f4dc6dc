import type { Row, Statement } from "../db/driver.ts"
import { notFound } from "../problem.ts"
import type { RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { deletionTime, isSoftlyDeleted, type SoftlyDeleted } from "../resource/soft-delete.ts"
import { keyValues } from "../sql/columns.ts"
import { compileDeletable, compileDelete } from "../sql/delete.ts"
import { type Held, heldShape, heldValues } from "../sql/held.ts"
import { ownValues, planOf, planWithMade, withValues } from "../sql/plan.ts"
import { compileSoftDelete } from "../sql/soft-delete.ts"
import { requireOpen } from "./access.ts"
import type { Call } from "./call.ts"
import { commit } from "./commit.ts"
import { writeProblem } from "./conflicts.ts"
import { checkBefore, isAsked } from "./hooks.ts"
import { columnsToUpdate } from "./input.ts"
import { heldTextOf, type Precondition, requireStillHeld } from "./precondition.ts"
import { notToChange, persistently } from "./refused.ts"
import { checkRemoval } from "./secret.ts"

/** The statement that sets the time of a row's deletion. */
async function softDeletion(call: Call, resource: SoftlyDeleted, id: RowKey, held: Held): Promise<Statement> {
  const { viewer } = call
  const { field } = resource.softDelete
  const { made } = await columnsToUpdate(resource, {}, call.caller)
  const shape = `soft-delete:${viewer.kind}:${made.bound}${heldShape(held)}`
  const plan = planWithMade(resource, shape, made.expressions, () =>
    compileSoftDelete(resource, viewer.kind, made, held),
  )
  return withValues(plan, {
    ...made.values,
    ...keyValues(resource, id),
    ...ownValues(viewer),
    ...heldValues(held),
    [field.name]: field.type.sql.encode(deletionTime(resource.softDelete)),
  })
}

export interface RemoveOptions {
  /** The present secret, for rows that ask for it. */
  confirmation?: string | undefined
  precondition?: Precondition | undefined
}

/**
 * Deletes one row, or hides it, as its resource says. Throws a 404 for a row that the viewer cannot see, a 403 for one
 * that it may not delete, a 409 for one that others refer to, a 412 where the precondition does not hold, and a 422
 * without the secret that the row asks for.
 *
 * @example await remove(call, items, 1)
 */
export async function remove(
  call: Call,
  resource: Resource,
  id: RowKey,
  { confirmation, precondition }: RemoveOptions = {},
): Promise<void> {
  requireOpen(call, resource.rules.delete)
  const secret = resource.options.confirmDelete
    ? await checkRemoval(call, resource, id, confirmation)
    : undefined
  const { viewer } = call
  const isSoft = isSoftlyDeleted(resource)
  const held = await heldTextOf(call, resource, id, precondition)
  const still: Held = { text: held, secret: secret?.stored }
  if (isAsked(resource, "delete", id)) {
    await requireDeletable(call, resource, id)
    await checkBefore(call, resource, "delete", undefined, id)
  }
  const statement = isSoft
    ? await softDeletion(call, resource, id, still)
    : withValues(
        planOf(resource, `delete:${viewer.kind}${heldShape(still)}`, () =>
          compileDelete(resource, viewer.kind, still),
        ),
        { ...keyValues(resource, id), ...ownValues(viewer), ...heldValues(still) },
      )
  const deleteIt = async (): Promise<Row | undefined> => {
    try {
      const [rows] = await commit(call, [{ resource, verb: "delete", key: id, statement }])
      return rows?.[0]
    } catch (error) {
      throw writeProblem(error, resource, [])
    }
  }
  await persistently(deleteIt, async () => {
    await requireStillHeld(call, resource, id, held)
    await secret?.requireStill()
    await requireDeletable(call, resource, id)
  })
}

/** Throws a 404 for a row that the viewer cannot see, and a 403 for one that it may not delete. */
async function requireDeletable(call: Call, resource: Resource, id: RowKey): Promise<void> {
  const { viewer } = call
  const { kind } = viewer
  const plan = planOf(resource, `deletable:${kind}`, () => compileDeletable(resource, kind))
  const values = { ...keyValues(resource, id), ...ownValues(viewer) }
  const [row] = await call.client().query(withValues(plan, values, true))
  if (!row) throw notFound()
  if (Number(row[0]) === 0) throw notToChange(resource)
}
