import { and, sql } from "drizzle-orm"
import type { AppContext } from "../http/context.ts"
import { commit } from "../operations/commit.ts"
import { writeProblem } from "../operations/conflicts.ts"
import { columnsToUpdate } from "../operations/input.ts"
import type { Field } from "../resource/resource.ts"
import { boundValue, hasKey, keyValues, tableOf } from "../sql/columns.ts"
import { bound, compile, planWithMade, withValues } from "../sql/plan.ts"
import { returnedKeys, writtenRow } from "../sql/returning.ts"
import { assignments } from "../sql/update.ts"
import { type Addressed, findAddressed, markOf } from "./addressed.ts"
import { type AuditEventName, audited } from "./audit.ts"
import type { AuthContext } from "./auth-context.ts"
import { endLinks, findLink, invalidLink, isUnused, type Link, unusedValues } from "./links.ts"
import type { MailContext } from "./mail-context.ts"
import { isUsable } from "./usable.ts"

/** A link of an account, and the account. */
export interface AccountLink {
  link: Link
  account: Addressed
}

/**
 * Reads the link of a token, for one of some purposes. Counts as an attempt. Throws a 400 for one that does not hold: also
 * where the address or the password has changed since it was made.
 */
export async function readLink(
  c: AppContext,
  { accounts }: AuthContext,
  { tokens }: MailContext,
  text: string,
  purposes: readonly string[],
): Promise<AccountLink> {
  const { caller, client } = c.get("call")
  await caller.count({ kind: "link" })
  const link = await findLink(tokens, client(), text)
  if (!purposes.includes(link.purpose) || link.account === undefined) throw invalidLink()
  const account = await findAddressed(accounts, client(), { id: link.account })
  if (!account || markOf(account) !== link.data.mark) throw invalidLink()
  return { link, account }
}

/** What a link does to its account. */
interface LinkChange {
  /** As a body has it. */
  input: Record<string, unknown>
  /** What the audit log is told; what follows from a new password, it is told anyway. */
  event?: AuditEventName
  details?: Record<string, unknown>
}

/**
 * Changes an account by a link, which is used up by that: in one transaction, whose update holds only while the link is
 * there and the account as it was read. Throws a 400 where it does not hold, and a 409 for a value that is taken.
 */
export async function changeByLink(
  c: AppContext,
  { accounts }: AuthContext,
  { tokens }: MailContext,
  { link, account }: AccountLink,
  { input, event, details = {} }: LinkChange,
): Promise<void> {
  const call = c.get("call")
  const { resource, password } = accounts
  const email = accounts.email as Field
  const { columns, made } = await columnsToUpdate(resource, input, call.caller)
  const names = Object.keys(columns)
  const plan = planWithMade(resource, `link:${names}:${made.bound}`, made.expressions, () => {
    const row = writtenRow(resource)
    const where = and(
      hasKey(resource, row),
      sql`${row(email.name)} = ${bound("@email")}`,
      sql`${row(password.name)} = ${bound("@password")}`,
      isUsable(accounts),
      isUnused(tokens),
    )
    return compile(
      sql`update ${tableOf(resource)} set ${assignments(resource, names, made)} where ${where} returning 1, ${returnedKeys(resource, row)}`,
    )
  })
  const values = { ...columns, ...keyValues(resource, account.id), ...unusedValues(tokens, link) }
  const statement = withValues(plan, {
    ...values,
    ...made.values,
    "@email": account.email,
    "@password": account.hashedPassword,
  })
  const told = event
    ? audited(c, accounts, { event, account: account.id, details }, isDone(accounts, tokens, names, values))
    : []
  try {
    const [rows] = await commit(
      call,
      [{ resource, verb: "update", key: account.id, columns: names, set: columns, statement }],
      [],
      undefined,
      [...told, endLinks(tokens, link)],
    )
    if (!rows?.length) throw invalidLink()
  } catch (error) {
    throw writeProblem(error, resource, names)
  }
}

/** That the change was made: the account has its values, and the link is still to be used up. */
function isDone(
  { resource }: AuthContext["accounts"],
  tokens: MailContext["tokens"],
  names: string[],
  values: ReturnType<typeof keyValues>,
) {
  const row = writtenRow(resource)
  const parts = names.map((name) => sql`${row(name)} = ${boundValue(resource, name, `@new ${name}`)}`)
  const isIt = sql`exists (select 1 from ${tableOf(resource)} where ${and(hasKey(resource, row), ...parts)})`
  const renamed = Object.fromEntries(names.map((name) => [`@new ${name}`, values[name]]))
  return {
    name: `link:${names}`,
    where: and(isIt, isUnused(tokens)) ?? isIt,
    values: { ...values, ...renamed },
  }
}

/** The members of a change that says that an address is verified now. */
export function verifiedNow({ accounts }: AuthContext): Record<string, unknown> {
  const { verified } = accounts
  return verified ? { [verified.name]: new Date().toISOString() } : {}
}
