import { forbidden, notFound, Problem, unauthorized } from "../problem.ts"
import { isLater, type RowKey } from "../resource/key.ts"
import type { Nested, Resource } from "../resource/resource.ts"
import { anyone, holdsFor, isOpen, isOpenToAll, type Rule } from "../resource/rules.ts"
import { allows, type ScopeAction } from "../resource/scopes.ts"
import { isAdmin } from "../resource/viewer-kind.ts"
import { keyValues } from "../sql/columns.ts"
import { compileExists } from "../sql/exists.ts"
import { ownValues, planOf, withValues } from "../sql/plan.ts"
import type { Call } from "./call.ts"

type Identity = Pick<Call, "viewer" | "rejected">

/** Throws where the rule is closed to such a viewer whatever the row: 401 for the anonymous, else 403. */
export function requireOpen(call: Identity, rule: Rule): void {
  if (!isOpen(rule, call.viewer.kind)) throw closed(call)
}

/** Throws a 401 or 403 unless the rule holds without a row: for routes that are not about rows. */
export function requireHolds(call: Identity, rule: Rule): void {
  if (!holdsFor(rule, call.viewer)) throw closed(call)
}

function closed({ viewer, rejected }: Identity): Problem {
  if (viewer.scopes) return outOfScope(viewer.scopes)
  if (viewer.kind !== "anonymous") return forbidden("You may not do this")
  return rejected === undefined
    ? unauthorized("Sign in first: POST /auth/token, then send Authorization: Bearer <access_token>")
    : rejectedToken(rejected)
}

/** The 403 for a key whose scopes, or whose account, do not allow what is asked (RFC 6750, 3.1). */
function outOfScope(scopes: readonly string[]): Problem {
  const detail = `The scopes of the key, or its account, do not allow this: it has ${scopes.join(", ")}`
  return new Problem("insufficient_scope", detail, {
    headers: { "www-authenticate": 'Bearer error="insufficient_scope"' },
  })
}

/** Throws a 403 for a key whose scopes do not have the action on what a path begins with: for hand-written routes. */
export function requireScope({ viewer }: Identity, name: string, action: ScopeAction): void {
  if (viewer.scopes && !allows(viewer.scopes, name, action)) throw outOfScope(viewer.scopes)
}

/** The 401 for a token that does not hold (RFC 6750, 3.1). */
export const rejectedToken = (reason: string): Problem =>
  unauthorized(`The access token is not valid: ${reason}`, "invalid_token")

/** Whether the viewer can see the row at all: what tells a 403 from a 404. */
export async function exists(call: Call, resource: Resource, id: RowKey): Promise<boolean> {
  const { viewer } = call
  const plan = planOf(resource, `exists:${viewer.kind}`, () => compileExists(resource, viewer.kind))
  const rows = await call
    .client()
    .query(withValues(plan, { ...keyValues(resource, id), ...ownValues(viewer) }, true))
  return rows.length > 0
}

/** Whether there is a row that the viewer cannot see; not one that another request makes just now. */
export const isHidden = async (call: Call, resource: Resource, id: RowKey): Promise<boolean> =>
  (await exists(call, { ...resource, rules: { ...resource.rules, read: anyone } }, id)) &&
  !(await exists(call, resource, id))

/** Throws a 404 for a parent that the viewer cannot see, where there are such rows at all. */
export async function requireParent(call: Call, { within, parentKey }: Nested): Promise<void> {
  // What the same transaction makes is asked for by the write itself.
  if (isLater(parentKey)) return
  if (isOpenToAll(within.rules.read, call.viewer.kind)) return
  if (call.viewer.scopes) requireOpen(call, within.rules.read)
  if (!(await exists(call, within, parentKey))) throw notFound()
}

/** An error, or the 404 that comes before it when the viewer cannot see the parent. */
export async function orMissingParent(
  call: Call,
  nested: Nested | undefined,
  error: unknown,
): Promise<unknown> {
  if (!nested || isLater(nested.parentKey) || (await exists(call, nested.within, nested.parentKey)))
    return error
  return notFound()
}

/** Throws a 403 for an account that others than admins make or move to an address, where addresses are confirmed by mail. */
export function refuseUnconfirmed(
  { viewer }: Identity,
  { addresses, name }: Resource,
  input?: Record<string, unknown>,
): void {
  if (!addresses?.confirm || isAdmin(viewer.kind)) return
  const { email } = addresses
  if (!input)
    throw forbidden(`Addresses are confirmed by mail: sign up by POST /${name}, one account at a time`)
  if (input[email] === undefined) return
  throw forbidden("Addresses are confirmed by mail: change yours by POST /auth/email", [
    { path: email, message: "is changed by POST /auth/email", code: "forbidden_field" },
  ])
}
