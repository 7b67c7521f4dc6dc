import { type SQL, sql } from "drizzle-orm"
import { invalid } from "../problem.ts"
import type { Key } from "../resource/key.ts"
import { type Field, type Resource, secretOf } from "../resource/resource.ts"
import { clause, conjunction } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { bound, compile, ownValue, planOf, withValues } from "../sql/plan.ts"
import { Aliases, tableOf, viewerSql } from "../sql/where.ts"
import type { Call } from "./call.ts"

/**
 * Requires the present secret of a viewer who changes it, admins aside. Removes the confirmation from the
 * input. Throws a 422 that names the confirmation when it is missing or wrong.
 */
export async function checkSecret(
  call: Call,
  resource: Resource,
  id: Key,
  input: Record<string, unknown>,
): Promise<void> {
  const field = secretOf(resource)
  if (!field?.secret) return
  const { as, confirm, verify } = field.secret
  const confirmation = input[confirm]
  delete input[confirm]
  if (input[as] === undefined) {
    if (confirmation !== undefined)
      throw invalid("The body is not valid", [
        { path: as, message: `is required with ${confirm}`, code: "required" },
      ])
    return
  }
  const { viewer } = call
  if (viewer.kind === "admin") return
  if (confirmation === undefined)
    throw invalid("The body is not valid", [
      { path: confirm, message: `is required to set ${as}`, code: "required" },
    ])
  await call.caller.count({ kind: "secret", account: `#${id}` })
  const plan = planOf(resource, `secret:${viewer.kind}`, () => ({
    ...compile(storedSecret(resource, field, viewer.kind)),
    bounded: true,
  }))
  const rows = await call
    .client()
    .query(withValues(plan, { [ownValue.key]: id, [ownValue.viewer]: viewer.id }))
  const stored = rows[0]?.[0]
  if (typeof stored === "string" && !(await verify(confirmation as string, stored, call.caller)))
    throw invalid("The body is not valid", [
      { path: confirm, message: "is not the present one", code: "wrong_secret" },
    ])
}

// Only of a row that the viewer may update: the update itself refuses another's.
function storedSecret(resource: Resource, field: Field, kind: ViewerKind): SQL {
  const { alias, row } = new Aliases().next()
  const viewer = viewerSql(kind)
  const where = conjunction([
    sql`${row(resource.key)} = ${bound(ownValue.key)}`,
    resource.rules.read(row, viewer),
    resource.rules.update(row, viewer),
  ])
  return sql`select ${row(field.name)} from ${tableOf(resource)} ${alias} where ${clause(where)}`
}
