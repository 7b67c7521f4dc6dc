import { and, sql } from "drizzle-orm"
import type { AppContext } from "../http/context.ts"
import { commit } from "../operations/commit.ts"
import { writeProblem } from "../operations/conflicts.ts"
import { columnsToUpdate } from "../operations/input.ts"
import type { Field } from "../resource/resource.ts"
import { hasKey, keyValues, tableOf } from "../sql/columns.ts"
import { bound, compile, planWithMade, withValues } from "../sql/plan.ts"
import { returnedKeys, writtenRow } from "../sql/returning.ts"
import { assignments } from "../sql/update.ts"
import { type Account, findByKey } from "./accounts.ts"
import type { AuthContext } from "./auth-context.ts"
import { entailing } from "./entailed.ts"
import { addressOf, markOf } from "./link-mark.ts"
import { endLinks, findLink, invalidLink, isUnused, type Link, unusedValues } from "./links.ts"
import type { MailContext } from "./mail-context.ts"
import { isUsable } from "./usable.ts"

/** A link of an account, and the account. */
export interface AccountLink {
  link: Link
  account: Account
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
  const account = await findByKey(accounts, client(), link.account)
  if (!account?.isUsable || markOf(accounts, account) !== link.data.mark) throw invalidLink()
  return { link, account }
}

/**
 * Changes an account by a link, which is used up by that, as a body of `input` would: in one transaction, whose update holds only while the link is
 * there and the account as it was read. Throws a 400 where it does not hold, and a 409 for a value that is taken.
 */
export async function changeByLink(
  c: AppContext,
  { accounts }: AuthContext,
  { tokens }: MailContext,
  { link, account }: AccountLink,
  input: Record<string, unknown>,
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
    "@email": addressOf(accounts, account),
    "@password": account.hashedPassword,
  })
  const entailed = entailing(accounts)(c, { by: "link" })
  try {
    const [rows] = await commit(
      { ...call, entailed },
      [{ resource, verb: "update", key: account.id, columns: names, set: columns, statement }],
      [],
      undefined,
      [endLinks(tokens, link)],
    )
    if (!rows?.length) throw invalidLink()
  } catch (error) {
    throw writeProblem(error, resource, names)
  }
}

/** The members of a change that says that an address is verified now. */
export function verifiedNow({ accounts }: AuthContext): Record<string, unknown> {
  const { verified } = accounts
  return verified ? { [verified.name]: new Date().toISOString() } : {}
}
