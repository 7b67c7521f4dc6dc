import { classify } from "../db/dialect/errors.ts"
import type { AppContext } from "../http/context.ts"
import { forbidden, invalid, notFound, Problem } from "../problem.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { findByKey } from "./accounts.ts"
import { audited } from "./audit.ts"
import type { AuthContext } from "./auth-context.ts"
import { type Proof, requireProof } from "./factors.ts"
import { idOf } from "./own-route.ts"
import { challengeSeconds, newChallenge, usedChallenge } from "./passkey-challenge.ts"
import { expectedOf } from "./passkey-response.ts"
import {
  added,
  maxPasskeys,
  type Passkey,
  passkeysOf,
  removed,
  renamed,
  somePasskey,
} from "./passkey-rows.ts"
import { siteFor } from "./passkey-site.ts"
import { digestOf } from "./refresh-token.ts"
import { accountLock, withRow } from "./rows.ts"
import { algorithms, type RegistrationResponse, verifyRegistration } from "./webauthn.ts"

const timeout = challengeSeconds * 1000
const full = () => forbidden(`An account may have ${maxPasskeys} passkeys: remove one first`)

/** What is shown of a passkey. */
const shown = ({ id, name, transports, backed_up, created_at, last_used_at }: Passkey) => ({
  id,
  name,
  transports,
  backed_up,
  created_at,
  last_used_at,
})

/** The passkeys of an account. */
export async function listPasskeys(c: AppContext, passkeys: Resource, account: Key) {
  const all = await passkeysOf(c.get("call").client(), passkeys, account)
  return { passkeys: all.map(shown) }
}

/** What a browser signs in with. It says nothing of any account: the authenticator knows whose passkeys it has. */
export const signInOptions = (c: AppContext, context: AuthContext) => ({
  challenge: newChallenge(context.secrets, {}),
  timeout,
  rpId: siteFor(c, context).domain,
  userVerification: "required",
})

/** What a browser makes a passkey with, for who has shown a proof: the challenge stands for that. */
export async function registrationOptions(
  c: AppContext,
  context: AuthContext,
  passkeys: Resource,
  account: Key,
  proof: Proof,
) {
  await requireProof(c, context, account, proof)
  const client = c.get("call").client()
  const present = await passkeysOf(client, passkeys, account)
  if (present.length >= maxPasskeys) throw full()
  const name = String((await findByKey(context.accounts, client, account))?.names[0])
  const options = {
    rp: { id: siteFor(c, context).domain, name: context.title },
    user: { id: handleOf(account), name, displayName: name },
    challenge: newChallenge(context.secrets, { account }),
    pubKeyCredParams: algorithms.map((alg) => ({ type: "public-key", alg })),
    timeout,
    excludeCredentials: present.map(({ credential_id: id, transports }) => ({
      type: "public-key",
      id,
      transports,
    })),
    authenticatorSelection: {
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    },
    attestation: "none",
  }
  return { options }
}

/** What an authenticator calls an account, in 64 bytes at most: its key, which says nothing of its owner. */
export function handleOf(account: Key): string {
  const bytes = Buffer.from(String(account))
  return bytes.length > 64 ? digestOf(String(account)) : bytes.toString("base64url")
}

/** Adds the passkey that a browser has made. */
export async function addPasskey(
  c: AppContext,
  context: AuthContext,
  passkeys: Resource,
  account: Key,
  { name, response }: { name: string; response: RegistrationResponse },
) {
  const expected = expectedOf(c, context, response.response, { account })
  const made = typeof expected === "string" ? expected : await verifyRegistration(expected, response)
  if (typeof expected === "string" || typeof made === "string")
    throw invalid("The body is not valid", [
      { path: "response", message: `does not hold: ${made}`, code: "invalid_value" },
    ])
  const transports = (response.response.transports ?? []).filter((one) => /^[a-z-]{1,32}$/.test(one))
  const { accounts } = context
  const told = { event: "passkey_added", account, details: { name } } as const
  const client = c.get("call").client()
  const lock = accountLock(passkeys, account)
  const statements = [
    ...lock,
    added(passkeys, account, made, { name, transports }),
    ...usedChallenge(accounts.tables.tokens as Resource, expected.challenge),
    ...audited(c, accounts, told, withRow(passkeys, "credential_id", made.id)),
  ]
  const results = await client.batch(statements).catch((error: unknown) => {
    if (classify(error)?.kind !== "unique") throw error
    throw new Problem("conflict", "The passkey is added already, or its options were used: ask for new ones")
  })
  const id = results[lock.length]?.[0]?.[1]
  if (id === undefined) throw full()
  return shown(await find(c, passkeys, account, Number(id)))
}

async function find(c: AppContext, passkeys: Resource, account: Key, id: number): Promise<Passkey> {
  const all = await passkeysOf(c.get("call").client(), passkeys, account)
  const found = all.find((one) => one.id === id)
  if (!found) throw notFound()
  return found
}

/** Names a passkey anew. */
export async function renamePasskey(c: AppContext, passkeys: Resource, account: Key, name: string) {
  const id = idOf(c)
  await c
    .get("call")
    .client()
    .batch([renamed(passkeys, account, id, name)])
  return shown(await find(c, passkeys, account, id))
}

/** Removes a passkey, by the present password or a code. */
export async function removePasskey(
  c: AppContext,
  context: AuthContext,
  passkeys: Resource,
  account: Key,
  proof: Proof,
) {
  const { id, name } = await find(c, passkeys, account, idOf(c))
  await requireProof(c, context, account, proof)
  const told = { event: "passkey_removed", account, details: { id, name } } as const
  await c
    .get("call")
    .client()
    .batch([
      ...audited(c, context.accounts, told, somePasskey(passkeys, account, id)),
      removed(passkeys, account, id),
    ])
}
