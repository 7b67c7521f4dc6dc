import type { AppContext } from "../http/context.ts"
import { Problem } from "../problem.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { audited } from "./audit.ts"
import type { AuthContext } from "./auth-context.ts"
import {
  cleared,
  type Factor,
  factorsOf,
  isActive,
  reservation,
  takenStep,
  usedRecovery,
} from "./factor-rows.ts"
import { recoveryHash } from "./recovery-codes.ts"
import { type SealContext, seal, unseal } from "./sealed.ts"
import { stepOfCode } from "./totp.ts"

/** How many codes may be wrong in a row before each further one has to wait. */
const freeFailures = 5
const minuteMs = 60_000
const longestWaitMs = 86_400_000

/**
 * How long after a wrong code the next is looked at, in ms: at once for the first few, then a minute, and twice as long
 * each time, up to a day. Whoever has the password and tries codes gets some 20 in the first day and one a day from then
 * on, from however many addresses.
 */
export const waitMs = (failures: number): number =>
  failures < freeFailures ? 0 : Math.min(minuteMs * 2 ** Math.min(failures - freeFailures, 20), longestWaitMs)

/** What the secrets of an account are sealed for. */
export const sealOf = (account: Key): SealContext => ({ purpose: "second factor", owner: String(account) })

/** How somebody has shown a second factor. */
export type Shown = "otp" | "recovery"

export const wrongCode = "The code is wrong, or was used before"

/**
 * Takes a code of an account: one of an app, or a recovery code. Each is taken once; wrong ones are counted, whoever sends
 * them. Undefined where it is wrong; throws a 429 where too many were.
 */
export async function takeCode(
  c: AppContext,
  context: AuthContext,
  factors: Resource,
  account: Key,
  code: string,
): Promise<Shown | undefined> {
  const call = c.get("call")
  await call.caller.count({ kind: "secret", account: `#${account}` })
  const client = call.client()
  const all = await factorsOf(client, factors, account)
  const active = all.filter(isActive)
  await reserve(c, factors, account, all)
  const text = code.trim()
  const hash = recoveryHash(text)
  const shown: Shown = hash === undefined ? "otp" : "recovery"
  const taking =
    hash === undefined
      ? stepOf(context, factors, account, active, text)
      : [usedRecovery(factors, account, hash)]
  const [taken = []] = taking.length ? await client.batch(taking) : []
  if (taken.length) {
    await client.batch([cleared(factors, account)])
    return shown
  }
  const told = audited(c, context.accounts, { event: "sign_in_failed", account, details: { factor: shown } })
  if (told.length) await client.batch(told)
  return undefined
}

/** Counts the code that is to be looked at. Throws a 429 where it has to wait. */
async function reserve(c: AppContext, factors: Resource, account: Key, all: Factor[]): Promise<void> {
  const seen = Math.max(0, ...all.map(({ failures }) => failures))
  const last = Math.max(0, ...all.map(({ failed_at }) => (failed_at === null ? 0 : Date.parse(failed_at))))
  const now = Date.now()
  const left = last + waitMs(seen) - now
  if (left > 0) throw tooMany(Math.ceil(left / 1000))
  const client = c.get("call").client()
  const [rows = []] = await client.batch([reservation(factors, account, seen, new Date(now).toISOString())])
  // Another code is being looked at.
  if (all.some(isActive) && rows.length === 0) throw tooMany(1)
}

const tooMany = (seconds: number): Problem =>
  new Problem("too_many_requests", `Too many codes were tried; try again in ${seconds} s`, {
    headers: { "retry-after": `${seconds}` },
  })

/** The statement that takes a code of one of the apps; none where it is no code of any. */
function stepOf(context: AuthContext, factors: Resource, account: Key, active: Factor[], code: string) {
  const seal_ = sealOf(account)
  const plainCode = code.replace(/\s/g, "")
  for (const { id, secret, last_step } of active) {
    const opened = unseal(context.secrets, seal_, secret)
    const step = opened && stepOfCode(opened.plain, plainCode)
    if (!opened || step === undefined || (last_step !== null && step <= last_step)) continue
    // By the present secret from now on.
    const sealed = opened.by === 0 ? secret : seal(context.secrets, seal_, opened.plain)
    return [takenStep(factors, id, { step, secret: sealed, now: new Date().toISOString() })]
  }
  return []
}
