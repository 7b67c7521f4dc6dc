import type { Statement } from "../db/driver.ts"
import type { AppContext } from "../http/context.ts"
import { BatchRows } from "../operations/batch-rows.ts"
import type { Call } from "../operations/call.ts"
import { create } from "../operations/create.ts"
import { parseBody, requireWritable } from "../operations/input.ts"
import { read } from "../operations/read.ts"
import { NotGuarded } from "../operations/recalled.ts"
import type { Key } from "../resource/key.ts"
import { isOpen } from "../resource/rules.ts"
import { createSchema } from "../resource/schemas.ts"
import { anonymous, type Viewer } from "../resource/viewer.ts"
import { kindOf } from "../resource/viewer-kind.ts"
import { withValues } from "../sql/plan.ts"
import type { AuthContext } from "./auth-context.ts"
import { verifiedNow } from "./by-link.ts"
import { credentialsIn, lookPlan, lookValues } from "./credentials.ts"
import { entailing } from "./entailed.ts"
import { endLinks, findLink, invalidLink, inviting, isUnused, type Link, unusedValues } from "./links.ts"
import type { MailContext } from "./mail-context.ts"

/** Has statements run after those of a call's writes, in their transaction. */
export const followedBy = (
  call: Call,
  last: () => Promise<Statement[]> | Statement[],
): Call["collector"] => ({
  step: 0,
  rows: new BatchRows(),
  add: async (statements) => {
    const all = [...statements, ...(await last())]
    return (await call.client().batch(all)).slice(0, statements.length)
  },
})

/** Makes the account of an invitation, on behalf of the admin who has invited: a sign-up may be closed. */
export async function acceptInvitation(
  c: AppContext,
  context: AuthContext,
  mail: MailContext,
  token: string,
  sent: Record<string, unknown>,
): Promise<{ key: Key; body: string }> {
  const { accounts } = context
  const { resource, role, admin } = accounts
  const call = c.get("call")
  await call.caller.count({ kind: "link" })
  const link = await findLink(mail.tokens, call.client(), token)
  const { email, by, role: given } = link.data as { email?: string; by?: Key; role?: string }
  if (email === undefined || by === undefined || link.purpose !== inviting(email)) throw invalidLink()
  await requireAdmin(call, context, by)
  const { email: emailField, tokens } = mail
  const parsed = parseBody(
    createSchema(resource).omit({ [emailField.name]: true } as Record<never, never>),
    sent,
  )
  requireWritable(resource, anonymous, parsed, true)
  await call.caller.count({ kind: "sign_up", rows: 1 })
  const input = {
    ...sent,
    [emailField.name]: email,
    ...(role && given !== undefined ? { [role.name]: given } : {}),
    ...verifiedNow(context),
  }
  const inviter: Viewer = { kind: "admin", id: by, ...(role ? { role: admin } : {}) }
  const guard = { name: ":invited", where: isUnused(tokens), values: unusedValues(tokens, link) }
  const own: Call = {
    ...call,
    viewer: inviter,
    recalled: undefined,
    entailed: entailing(accounts)(c, { by: "invitation", inviter: by }),
    collector: followedBy(call, () => [endLinks(tokens, link)]),
  }
  try {
    const { rows } = await create(own, resource, input, { guard })
    const key = rows[0]?.key as Key
    return { key, body: await shownTo(call, context, key, given) }
  } catch (error) {
    throw error instanceof NotGuarded ? invalidLink() : error
  }
}

/** Throws a 400 where who has invited is no admin any more. */
async function requireAdmin(call: Call, { accounts }: AuthContext, by: Link["account"] & Key): Promise<void> {
  const looked = { userId: by }
  const plan = lookPlan(accounts, looked)
  const [row] = await call.client().query(withValues(plan, lookValues(looked), true))
  if (credentialsIn(accounts, row)?.role !== accounts.admin) throw invalidLink()
}

/** The account as its new owner sees it. */
async function shownTo(
  call: Call,
  { accounts }: AuthContext,
  key: Key,
  role: string | undefined,
): Promise<string> {
  const { resource, admin } = accounts
  const kind = kindOf(role === admin ? "admin" : "user", role ?? "user")
  if (!isOpen(resource.rules.read, kind)) return "{}"
  const viewer: Viewer = { kind, id: key, ...(role === undefined ? {} : { role }) }
  return (await read({ ...call, viewer, recalled: undefined }, resource, key, "")).body
}
