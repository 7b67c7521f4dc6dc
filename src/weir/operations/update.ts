import type { Row } from "../db/driver.ts"
import type { Values } from "../query/query.ts"
import type { RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { keyValues } from "../sql/columns.ts"
import { type Held, heldShape, heldValues } from "../sql/held.ts"
import { ownValues, planWithMade, withValues } from "../sql/plan.ts"
import { quotaLocks } from "../sql/quota.ts"
import { compileUpdate } from "../sql/update.ts"
import { requireOpen } from "./access.ts"
import type { Call } from "./call.ts"
import { commit } from "./commit.ts"
import { checkUpdate } from "./hooks.ts"
import { columnsToUpdate, type MadeValues } from "./input.ts"
import { patchInput } from "./patch-input.ts"
import { heldTextOf, type Precondition, requireStillHeld } from "./precondition.ts"
import { persistently, referenceProblem, refuseUpdate } from "./refused.ts"
import { checkSecret } from "./secret.ts"

/**
 * Changes one row by a merge patch (RFC 7396), and returns its JSON as it is now. Throws a 404 for a row that the
 * viewer cannot see, a 403 for one that it may not change, a 422 that names every wrong member, and a 409 for a
 * value that is taken, and a 412 where the precondition does not hold.
 *
 * @example await update(call, items, 1, { price: 17 }, { match: [etag] })
 */
export async function update(
  call: Call,
  resource: Resource,
  id: RowKey,
  patch: unknown,
  precondition?: Precondition,
): Promise<string> {
  requireOpen(call, resource.rules.update)
  const input = patchInput(call, resource, patch)
  const secret = await checkSecret(call, resource, id, input)
  const held = await heldTextOf(call, resource, id, precondition)
  const { columns, made } = await columnsToUpdate(resource, input, call.caller)
  if (resource.options.before) await checkUpdate(call, resource, id, input)
  const row = await persistently(
    () => updateRow(call, resource, id, columns, made, { text: held, secret: secret?.stored }),
    async () => {
      await requireStillHeld(call, resource, id, held)
      await secret?.requireStill()
      await refuseUpdate(call, resource, id, columns, made)
    },
  )
  return row[0] as string
}

/** Updates encoded columns of one row: no row where none is the viewer's to change so, or it is otherwise than `held`. */
export async function updateRow(
  call: Call,
  resource: Resource,
  id: RowKey,
  columns: Values,
  made: MadeValues,
  held: Held = {},
): Promise<Row | undefined> {
  const { viewer } = call
  const names = Object.keys(columns)
  const shape = `update:${viewer.kind}:${names}:${made.bound}${heldShape(held)}`
  const plan = planWithMade(resource, shape, made.expressions, () =>
    compileUpdate(resource, viewer.kind, names, made, held),
  )
  const statement = withValues(plan, {
    ...columns,
    ...made.values,
    ...keyValues(resource, id),
    ...ownValues(viewer),
    ...heldValues(held),
  })
  const locks = quotaLocks(resource, [columns])
  try {
    const [rows] = await commit(
      call,
      [{ resource, verb: "update", key: id, columns: names, set: columns, statement }],
      locks,
    )
    return rows?.[0]
  } catch (error) {
    throw await referenceProblem(call, resource, error, columns)
  }
}
