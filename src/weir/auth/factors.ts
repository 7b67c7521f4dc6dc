import type { AppContext } from "../http/context.ts"
import { base32 } from "../lib/base32.ts"
import { forbidden, invalid, notFound, Problem } from "../problem.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { audited } from "./audit.ts"
import type { AuthContext } from "./auth-context.ts"
import {
  confirmed,
  factorsOf,
  fewerApps,
  isActive,
  removedFactor,
  removedPending,
  removedRecovery,
  someApp,
} from "./factor-rows.ts"
import { idOf } from "./own-route.ts"
import { newRecoveryCodes, recoveryHash } from "./recovery-codes.ts"
import { requirePassword } from "./require-password.ts"
import { accountLock, insertOf } from "./rows.ts"
import { seal, unseal } from "./sealed.ts"
import { sealOf, takeCode, wrongCode } from "./second-factor.ts"
import { newSecret, otpauthUri, stepOfCode } from "./totp.ts"

/** Most authenticator apps of one account. */
const maxApps = 5

const wrong = (path: string, message: string, code: string): Problem =>
  invalid("The body is not valid", [{ path, message, code }])

/** The apps of an account, and how many recovery codes are left. */
export async function listFactors(c: AppContext, factors: Resource, account: Key) {
  const all = await factorsOf(c.get("call").client(), factors, account)
  return {
    factors: all
      .filter(({ kind }) => kind === "totp")
      .map(({ id, kind, created_at, confirmed_at, last_used_at }) => ({
        id,
        kind,
        created_at,
        confirmed_at,
        last_used_at,
      })),
    recovery_codes: all.filter(({ kind }) => kind === "recovery").length,
  }
}

/** Makes the secret of an app. One that was begun before and not confirmed goes. */
export async function newFactor(
  c: AppContext,
  context: AuthContext,
  factors: Resource,
  account: Key,
  password: string,
) {
  const { accounts, secrets, title } = context
  const name = await requirePassword(c, accounts, account, password)
  const client = c.get("call").client()
  const secret = newSecret()
  const row = { user_id: account, kind: "totp", secret: seal(secrets, sealOf(account), secret) }
  const before = [...accountLock(factors, account), removedPending(factors, account)]
  const insert = insertOf(factors, row, fewerApps(factors, account, maxApps))
  const made = (await client.batch([...before, insert]))[before.length]?.[0]
  if (!made) throw forbidden(`An account may have ${maxApps} apps: remove one first`)
  const text = base32(secret)
  return { id: Number(made[1]), secret: text, otpauth_uri: otpauthUri(text, title, name) }
}

/** Confirms an app by its first code. The first app of an account comes with recovery codes. */
export async function confirmFactor(
  c: AppContext,
  context: AuthContext,
  factors: Resource,
  account: Key,
  code: string,
) {
  const call = c.get("call")
  const client = call.client()
  const id = idOf(c)
  const all = await factorsOf(client, factors, account)
  const factor = all.find((one) => one.id === id && one.kind === "totp")
  if (!factor) throw notFound()
  if (factor.confirmed_at !== null) throw new Problem("conflict", "The app is confirmed already")
  await call.caller.count({ kind: "secret", account: `#${account}` })
  const opened = unseal(context.secrets, sealOf(account), factor.secret)
  const step = opened && stepOfCode(opened.plain, code.replace(/\s/g, ""))
  if (step === undefined) throw wrong("code", wrongCode, "wrong_code")
  const now = new Date().toISOString()
  const isFirst = !all.some(isActive)
  const recovery = isFirst ? newRecoveryCodes() : []
  const event = { event: "factor_added", account, details: { factor: "totp", id } } as const
  const told = audited(c, context.accounts, event, someApp(factors, account, id, true))
  const changed = await client.batch([...told, confirmed(factors, account, id, { step, now })])
  if (changed.at(-1)?.length === 0) throw new Problem("conflict", "The app is confirmed already, or removed")
  if (isFirst) await client.batch(recoveryStatements(factors, account, recovery, now))
  return { recovery_codes: recovery }
}

/** What shows that a change of one's ways in is one's own doing. */
export type Proof = { current_password: string } | { code: string }

/** Throws a 422 where a proof does not hold. */
export async function requireProof(
  c: AppContext,
  context: AuthContext,
  account: Key,
  proof: Proof,
): Promise<void> {
  const { factors } = context.accounts.tables
  if ("current_password" in proof) await requirePassword(c, context.accounts, account, proof.current_password)
  else if (!factors || !(await takeCode(c, context, factors, account, proof.code)))
    throw wrong("code", wrongCode, "wrong_code")
}

/** Removes an app, by the present password or a code. */
export async function removeFactor(
  c: AppContext,
  context: AuthContext,
  factors: Resource,
  account: Key,
  proof: Proof,
) {
  const { accounts } = context
  const id = idOf(c)
  const client = c.get("call").client()
  const found = (await factorsOf(client, factors, account)).find(
    (one) => one.id === id && one.kind === "totp",
  )
  if (!found) throw notFound()
  await requireProof(c, context, account, proof)
  const told = { event: "factor_removed", account, details: { factor: "totp", id } } as const
  await client.batch([
    ...audited(c, accounts, told, someApp(factors, account, id)),
    ...removedFactor(factors, account, id),
    removedRecovery(factors, account, "orphaned"),
  ])
}

/** Replaces the recovery codes of an account that has an app. */
export async function renewRecoveryCodes(
  c: AppContext,
  { accounts }: AuthContext,
  factors: Resource,
  account: Key,
  password: string,
) {
  await requirePassword(c, accounts, account, password)
  const client = c.get("call").client()
  if (!(await factorsOf(client, factors, account)).some(isActive))
    throw new Problem("conflict", "There is no app to recover: set one up first")
  const recovery = newRecoveryCodes()
  const told = audited(c, accounts, { event: "recovery_codes_made", account })
  await client.batch([...recoveryStatements(factors, account, recovery, new Date().toISOString()), ...told])
  return { recovery_codes: recovery }
}

const recoveryStatements = (factors: Resource, account: Key, recovery: string[], now: string) => [
  ...accountLock(factors, account),
  removedRecovery(factors, account, "all"),
  ...recovery.map((code) =>
    insertOf(factors, {
      user_id: account,
      kind: "recovery",
      secret: recoveryHash(code),
      confirmed_at: now,
    }),
  ),
]
