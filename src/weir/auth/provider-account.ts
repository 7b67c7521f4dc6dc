import { classify } from "../db/dialect/errors.ts"
import type { Statement } from "../db/driver.ts"
import type { AppContext } from "../http/context.ts"
import { Problem } from "../problem.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import { type Account, findByAddress, findByIdentity, findByKey } from "./accounts.ts"
import { audited } from "./audit.ts"
import { identitiesOf } from "./identity.ts"
import { makeAccount } from "./new-account.ts"
import type { Person } from "./person.ts"
import type { Provider } from "./providers.ts"
import { insertOf } from "./rows.ts"
import type { CodeContent } from "./sign-in-code.ts"
import { SignInRefusal } from "./sign-in-request.ts"
import { passwordMark } from "./token.ts"

const denied = (description: string): SignInRefusal => new SignInRefusal("access_denied", description)

const noAccount = {
  no_address: "The provider has verified no address, and an account must have one",
  address_taken: "There is an account with this address: sign in to it, and link the provider there",
}

/**
 * The account of somebody who has signed in with a provider: the one with the identity; else the one with the address, if
 * it is verified at both sides, which is then given the identity; else a new one. An address that was not verified here
 * says nothing of whose account it is: anybody may have signed up with it, to wait for its owner. Throws `SignInRefusal`.
 */
export async function accountOf(
  c: AppContext,
  accounts: Accounts,
  { name, create }: Provider,
  person: Person,
): Promise<Key> {
  const client = c.get("call").client()
  const known = await findByIdentity(accounts, client, person)
  if (known) return requireUsable(known).id
  const same = person.email === undefined ? undefined : await findByAddress(accounts, client, person.email)
  if (same?.isVerified && accounts.verified) {
    await link(c, accounts, person, requireUsable(same).id)
    return same.id
  }
  if (same) throw denied(noAccount.address_taken)
  if (!create) throw denied(`There is no account for who signs in with ${name} first`)
  await c.get("call").caller.count({ kind: "sign_up", rows: 1 })
  const made = await makeAccount(c, accounts, person)
  if (typeof made === "string") throw denied(noAccount[made])
  return made.id
}

function requireUsable(account: Account): Account {
  if (!account.isUsable) throw denied("The account cannot be signed in to")
  return account
}

/** The statements that give an account an identity, and tell the audit log. */
function linking(c: AppContext, accounts: Accounts, person: Person, account: Key): Statement[] {
  const { issuer, subject, email } = person
  return [
    insertOf(identitiesOf(accounts), { user_id: account, issuer, subject, email }),
    ...audited(c, accounts, { event: "identity_linked", account, details: { issuer } }),
  ]
}

/** Gives an account an identity, unless another request of the same moment has done so. */
async function link(c: AppContext, accounts: Accounts, person: Person, account: Key): Promise<void> {
  const client = c.get("call").client()
  try {
    await client.batch(linking(c, accounts, person, account))
  } catch (error) {
    if (classify(error)?.kind !== "unique") throw error
    const owner = await findByIdentity(accounts, client, person)
    if (owner?.id !== account) throw denied("Another account has this identity")
  }
}

/** Refuses what an account is to be linked to, where another has it. */
export async function requireFree(
  c: AppContext,
  accounts: Accounts,
  person: Person,
  account: Key,
): Promise<void> {
  const owner = await findByIdentity(accounts, c.get("call").client(), person)
  if (owner && owner.id !== account) throw denied("Another account has this identity")
}

/**
 * The account that a code is for, once it may be signed in to. An identity is linked here, and not before: only the app
 * that has begun it has the verifier.
 */
export async function redeemed(
  c: AppContext,
  accounts: Accounts,
  { account, link: linked }: CodeContent,
): Promise<Account> {
  const found = await findByKey(accounts, c.get("call").client(), account)
  if (!found?.isUsable)
    throw new Problem("invalid_grant", "The code does not hold: its account cannot sign in")
  if (!linked) return found
  if (passwordMark(found.hashedPassword) !== linked.mark)
    throw new Problem("invalid_grant", "The code does not hold: the password has changed since")
  try {
    await link(c, accounts, linked.person, account)
  } catch (error) {
    if (error instanceof SignInRefusal) throw new Problem("invalid_grant", error.message)
    throw error
  }
  return found
}
