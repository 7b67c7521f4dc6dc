import { type SQL, sql } from "drizzle-orm"
import type { Row } from "../db/driver.ts"
import { weaknessOf } from "../lib/weak-password.ts"
import { type FieldIssue, invalid } from "../problem.ts"
import { keyName, type RowKey } from "../resource/key.ts"
import { confirmHeader, type Field, type Resource, secretOf } from "../resource/resource.ts"
import { clause, conjunction } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { isAdmin } from "../resource/viewer-kind.ts"
import { hasKey, keyValues, tableOf } from "../sql/columns.ts"
import { compile, ownValues, planOf, withValues } from "../sql/plan.ts"
import { Aliases, viewerSql } from "../sql/where.ts"
import type { Call } from "./call.ts"

type Input = Record<string, unknown>
/** A field with a secret. */
type SecretField = Field & { secret: NonNullable<Field["secret"]> }

const refusal = (issue: FieldIssue, where = "body"): Error => invalid(`The ${where} is not valid`, [issue])

/**
 * What makes the password of an input easy to guess: it is common, or holds a login name of its account. `names` are
 * those of the stored row. Undefined where nothing does, and for secrets of other rows than accounts.
 */
export function weakSecret(
  resource: Resource,
  input: Input,
  names: readonly unknown[] = [],
  prefix: string[] = [],
): FieldIssue | undefined {
  const { loginNames } = resource
  const as = loginNames.length ? secretOf(resource)?.secret?.as : undefined
  const password = as === undefined ? undefined : input[as]
  if (typeof password !== "string") return undefined
  const own = [...names, ...loginNames.map((name) => input[name])]
  const weakness = weaknessOf(
    password,
    own.filter((name) => typeof name === "string"),
  )
  return weakness && { path: [...prefix, as].join("."), ...weakness }
}

/** Throws a 422 for a password of a new row that is easy to guess. */
export function requireStrong(resource: Resource, input: Input, prefix: string[]): void {
  const issue = weakSecret(resource, input, [], prefix)
  if (issue) throw refusal(issue)
}

/**
 * Requires the present secret of a viewer who changes it, or a field that asks for it; admins need none. Removes the
 * confirmation from the input. Throws a 422 that names the confirmation when it is missing or wrong, or the new secret
 * when it is easy to guess. Answers what the write must hold to.
 */
export async function checkSecret(
  call: Call,
  resource: Resource,
  id: RowKey,
  input: Input,
): Promise<HeldSecret | undefined> {
  const field = secretOf(resource) as SecretField | undefined
  if (!field?.secret) return
  const { as, confirm } = field.secret
  const confirmation = input[confirm]
  delete input[confirm]
  const confirmed = confirmedFields(resource)
  const changing = confirmed.filter(({ name }) => input[name] !== undefined)
  if (input[as] === undefined && changing.length === 0) {
    if (confirmation !== undefined)
      throw refusal({ path: as, message: `is required with ${confirm}`, code: "required" })
    return
  }
  requireStrong(resource, input, [])
  const { viewer } = call
  const byAdmin = isAdmin(viewer.kind)
  if (byAdmin && (input[as] === undefined || resource.loginNames.length === 0)) return
  const read = () => storedRow(call, resource, field, "update", id)
  const row = await read()
  // The update itself refuses a row that is not there, or another's.
  if (!row) return
  const values = row.slice(1)
  const weak = weakSecret(resource, input, values.slice(confirmed.length))
  if (weak) throw refusal(weak)
  if (byAdmin) return
  const changed = changing.find(
    (one) => one.type.sql.encode(input[one.name]) !== values[confirmed.indexOf(one)],
  )
  const sets = input[as] === undefined ? changed?.name : as
  if (sets === undefined) return
  if (confirmation === undefined)
    throw refusal({ path: confirm, message: `is required to set ${sets}`, code: "required" })
  return presentSecret(call, field, id, read, row, confirmation as string, refusal(wrong(confirm)))
}

/**
 * Requires the present secret of a viewer who deletes a row of a resource that asks for that; admins need none.
 * Throws a 422 that names the header when it is missing or wrong. Answers what the write must hold to.
 */
export async function checkRemoval(
  call: Call,
  resource: Resource,
  id: RowKey,
  confirmation: string | undefined,
): Promise<HeldSecret | undefined> {
  const field = secretOf(resource) as SecretField | undefined
  if (!field?.secret || isAdmin(call.viewer.kind)) return
  const read = () => storedRow(call, resource, field, "delete", id)
  const row = await read()
  // The delete itself refuses a row that is not there, or another's.
  if (!row) return
  const path = confirmHeader(field.secret).toLowerCase()
  if (confirmation === undefined)
    throw refusal({ path, message: "is required to delete this row", code: "required" }, "request")
  return presentSecret(call, field, id, read, row, confirmation, refusal(wrong(path), "request"))
}

const wrong = (path: string): FieldIssue => ({
  path,
  message: "is not the present one",
  code: "wrong_secret",
})

/** The fields that ask for the present secret, in the order of their columns in `storedRow`. */
const confirmedFields = ({ fields }: Resource): Field[] =>
  Object.values(fields).filter(({ confirm }) => confirm)

/** The secret that a confirmation was compared with, as it is stored: another request may change it before the write. */
interface HeldSecret {
  stored: string
  /** Throws a 422 where the row has another by now. */
  requireStill(): Promise<void>
}

/** The secret that a confirmation must be, of the row that `read` finds. Counts as an attempt at it. A row may have none. */
async function presentSecret(
  call: Call,
  { secret }: SecretField,
  id: RowKey,
  read: () => Promise<Row | undefined>,
  [stored]: Row,
  confirmation: string,
  wrong: Error,
): Promise<HeldSecret | undefined> {
  await call.caller.count({ kind: "secret", account: `#${keyName(id)}` })
  if (typeof stored !== "string") return undefined
  if (!(await secret.verify(confirmation, stored, call.caller))) throw wrong
  return {
    stored,
    requireStill: async () => {
      const row = await read()
      if (row && row[0] !== stored) throw wrong
    },
  }
}

/** The stored secret, the fields that ask for it, and the login names, of a row that the viewer may change so. */
async function storedRow(
  call: Call,
  resource: Resource,
  secret: Field,
  action: "update" | "delete",
  id: RowKey,
): Promise<Row | undefined> {
  const { viewer } = call
  const plan = planOf(resource, `secret:${action}:${viewer.kind}`, () => ({
    ...compile(compileStored(resource, secret, action, viewer.kind)),
    bounded: true,
  }))
  const values = { ...keyValues(resource, id), ...ownValues(viewer) }
  const rows = await call.client().query(withValues(plan, values))
  return rows[0]
}

function compileStored(
  resource: Resource,
  secret: Field,
  action: "update" | "delete",
  kind: ViewerKind,
): SQL {
  const { alias, row } = new Aliases().next(resource)
  const viewer = viewerSql(kind)
  const where = conjunction([
    hasKey(resource, row),
    resource.rules.read(row, viewer),
    resource.rules[action](row, viewer),
  ])
  const names = [secret.name, ...confirmedFields(resource).map(({ name }) => name), ...resource.loginNames]
  const columns = sql.join(names.map(row), sql`, `)
  return sql`select ${columns} from ${tableOf(resource)} ${alias} where ${clause(where)}`
}
