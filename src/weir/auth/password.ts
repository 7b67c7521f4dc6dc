import { randomBytes, scrypt, timingSafeEqual } from "node:crypto"
import type { Waiter } from "../lib/fair-queue.ts"

// OWASP's first choice for scrypt is N=2^17; 2^14 with r=8, p=5 is its equal in cost at 16 MiB, which
// fits a Worker's 128 MB. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
const cost = { ln: 14, r: 8, p: 5 }
const keyLength = 32

const written = `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}`

/** A hash without a known password: checking against it takes as long as a real check. */
export const decoyHash = `${written}$${"A".repeat(22)}$${"A".repeat(43)}`

/**
 * Hashes a password with scrypt, as a PHC string: `$scrypt$ln=14,r=8,p=5$salt$hash`. Hashes take turns between waiters.
 */
export async function hashPassword(password: string, waiter?: Waiter): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive({ password, salt, work: cost, length: keyLength }, waiter)
  return `${written}$${unpadded(salt)}$${unpadded(key)}`
}

/** Whether the password has that hash. False for text that is not a scrypt PHC string. */
export async function verifyPassword(password: string, phc: string, waiter?: Waiter): Promise<boolean> {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
    phc,
  )
  if (!match) return false
  const [, ln, r, p, salt, hash] = match as unknown as [string, string, string, string, string, string]
  const expected = Buffer.from(hash, "base64")
  const work = { ln: Number(ln), r: Number(r), p: Number(p) }
  // An empty key would equal any other; costs beyond these bounds come from elsewhere.
  if (expected.length < 16 || work.ln < 1 || work.ln > 20 || work.r < 1 || work.p < 1) return false
  const key = await derive(
    { password, salt: Buffer.from(salt, "base64"), work, length: expected.length },
    waiter,
  )
  return timingSafeEqual(key, expected)
}

/** Runs a hash when its turn comes; not at all where its waiter has gone. */
export type HashScheduler = <T>(hash: () => Promise<T>, waiter?: Waiter) => Promise<T>

let scheduled: HashScheduler = (hash) => hash()

/** Sets how hashes are scheduled: a Node process queues them, a Worker runs them at once. */
export function scheduleHashes(scheduler: HashScheduler): void {
  scheduled = scheduler
}

interface Derivation {
  password: string
  salt: Buffer
  work: typeof cost
  length: number
}

function derive({ password, salt, work, length }: Derivation, waiter?: Waiter): Promise<Buffer> {
  const { ln, r, p } = work
  const options = { N: 2 ** ln, r, p, maxmem: 256 * 2 ** ln * r }
  return scheduled(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        scrypt(password.normalize("NFKC"), salt, length, options, (error, key) =>
          error ? reject(error) : resolve(key),
        )
      }),
    waiter,
  )
}

const unpadded = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "")
