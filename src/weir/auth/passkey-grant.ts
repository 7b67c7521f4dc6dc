import { classify } from "../db/dialect/errors.ts"
import type { AppContext } from "../http/context.ts"
import { printable } from "../http/log-record.ts"
import { Problem } from "../problem.ts"
import type { Resource } from "../resource/resource.ts"
import { type Account, findByKey } from "./accounts.ts"
import { audited } from "./audit.ts"
import type { AuthContext } from "./auth-context.ts"
import type { Attempt, Grant } from "./grants.ts"
import { usedChallenge } from "./passkey-challenge.ts"
import { authenticationResponse, expectedOf } from "./passkey-response.ts"
import { isCloned, type Passkey, passkeyCalled, somePasskey, used } from "./passkey-rows.ts"
import { handleOf } from "./passkeys.ts"
import { accountLock } from "./rows.ts"
import { beginSession } from "./sessions.ts"
import { type AuthenticationResponse, type Signed, verifySignIn } from "./webauthn.ts"

/** Longest response of a browser, in characters. */
const maxCredential = 12_000

/** The response in the form. Throws a 400 where it is none. */
function readCredential(text: string): AuthenticationResponse {
  try {
    const { response, ...credential } = authenticationResponse.parse(JSON.parse(text))
    const { userHandle, ...rest } = response
    return { ...credential, response: { ...rest, ...(userHandle ? { userHandle } : {}) } }
  } catch {
    const message = "must be the JSON of what navigator.credentials.get() gave"
    throw new Problem("invalid_request", `The form is not valid: credential ${message}`, {
      issues: [{ path: "credential", message, code: "invalid_format" }],
      status: 400,
    })
  }
}

/** What a response has shown: whose passkey has signed which challenge. */
interface ShownPasskey {
  passkey: Passkey
  account: Account
  signed: Signed
  challenge: string
}

/** What a response shows; why it shows nothing. */
async function look(
  c: AppContext,
  context: AuthContext,
  passkeys: Resource,
  response: AuthenticationResponse,
): Promise<ShownPasskey | string> {
  const client = c.get("call").client()
  const expected = expectedOf(c, context, response.response, {})
  if (typeof expected === "string") return expected
  const passkey = await passkeyCalled(client, passkeys, response.id)
  if (!passkey) return "its passkey is unknown"
  const signed = await verifySignIn(expected, response, passkey.public_key)
  if (typeof signed === "string") return signed
  if (response.response.userHandle !== handleOf(passkey.user_id)) return "its passkey is another account's"
  const account = await findByKey(context.accounts, client, passkey.user_id)
  if (!account?.isUsable) return "its account cannot be signed in to"
  return { passkey, account, signed, challenge: expected.challenge }
}

/** Uses the challenge up and notes the use, before any session: of many with one response, one goes on. */
async function take(
  c: AppContext,
  { accounts }: AuthContext,
  passkeys: Resource,
  { passkey, signed, challenge }: ShownPasskey,
): Promise<string | undefined> {
  const { id, user_id: account } = passkey
  const told = { event: "passkey_cloned", account, details: { id } } as const
  const statements = [
    // One after another: each sees the counter that the one before has left.
    ...accountLock(passkeys, account),
    ...usedChallenge(accounts.tables.tokens as Resource, challenge),
    ...audited(c, accounts, told, isCloned(passkeys, id, signed)),
    used(passkeys, id, signed),
  ]
  try {
    const results = await c.get("call").client().batch(statements)
    return results.at(-1)?.length ? undefined : "its counter has gone back, or it was removed"
  } catch (error) {
    if (classify(error)?.kind !== "unique") throw error
    return "its challenge was used before"
  }
}

/** Who is told why is the log alone. */
function refuse(attempt: Attempt, why: string): never {
  attempt.why = printable(why)
  throw new Problem("invalid_grant", "The passkey does not hold here, or took too long: try again")
}

/** A passkey: it is both factors, since its authenticator asks for the user's own finger or code. */
const passkey: Grant = {
  fields: { credential: { required: true, max: maxCredential } },
  issue: async (c, context, { credential = "" }, attempt) => {
    await c.get("call").caller.count({ kind: "passkey" })
    const { accounts } = context
    const passkeys = accounts.tables.passkeys as Resource
    const found = await look(c, context, passkeys, readCredential(credential))
    if (typeof found === "string") return refuse(attempt, found)
    const { account } = found
    if (accounts.confirm && !account.isVerified)
      throw new Problem("unverified", "Verify your address first, by the link that was mailed to it")
    const why = await take(c, context, passkeys, found)
    if (why) return refuse(attempt, why)
    const present = somePasskey(passkeys, account.id, found.passkey.id)
    return beginSession(c, context, { ...account, method: "passkey", while: present })
  },
}

/** The grants that passkeys bring. */
export const passkeyGrants: Record<string, Grant> = { "urn:weir:params:oauth:grant-type:passkey": passkey }
