import { type SQL, sql } from "drizzle-orm"
import type { AppContext } from "../http/context.ts"
import { invalid } from "../problem.ts"
import { type Field, type Resource, secretOf } from "../resource/resource.ts"
import { clause, conjunction, type ViewerKind } from "../resource/rules.ts"
import { bound, compile, planOf, withValues } from "../sql/plan.ts"
import { Aliases, tableOf, viewerSql } from "../sql/where.ts"

/**
 * Before a secret is changed: whoever is no admin gives the present one. The confirmation is taken out of
 * the input. Throws a 422 that names the confirmation when it is missing or wrong.
 */
export async function checkSecret(
  c: AppContext,
  resource: Resource,
  id: number,
  input: Record<string, unknown>,
): Promise<void> {
  const field = secretOf(resource)
  if (!field?.secret) return
  const { as, confirm, verify } = field.secret
  const given = input[confirm]
  delete input[confirm]
  if (input[as] === undefined) {
    if (given !== undefined)
      throw invalid("The body is not valid", [
        { path: as, message: `is required with ${confirm}`, code: "required" },
      ])
    return
  }
  const viewer = c.get("viewer")
  if (viewer.kind === "admin") return
  if (given === undefined)
    throw invalid("The body is not valid", [
      { path: confirm, message: `is required to set ${as}`, code: "required" },
    ])
  const plan = planOf(resource, `secret:${viewer.kind}`, () =>
    compile(storedSecret(resource, field, viewer.kind)),
  )
  const rows = await c
    .get("client")()
    .query(withValues(plan, { id, viewer: viewer.id }))
  const stored = rows[0]?.[0]
  if (typeof stored === "string" && !(await verify(given as string, stored)))
    throw invalid("The body is not valid", [
      { path: confirm, message: "is not the present one", code: "wrong_secret" },
    ])
}

// Only of a row that is the viewer's to update: about another's, nothing is said here; the update refuses it.
function storedSecret(resource: Resource, field: Field, kind: ViewerKind): SQL {
  const { alias, row } = new Aliases().next()
  const viewer = viewerSql(kind)
  const where = conjunction([
    sql`${row(resource.key)} = ${bound("id")}`,
    resource.rules.read(row, viewer),
    resource.rules.update(row, viewer),
  ])
  return sql`select ${row(field.name)} from ${tableOf(resource)} ${alias} where ${clause(where)}`
}
