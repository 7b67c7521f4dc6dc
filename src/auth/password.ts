import { randomBytes, scrypt, timingSafeEqual } from "node:crypto"

// OWASP's first choice for scrypt is N=2^17; 2^14 with r=8, p=5 is its equal in cost at 16 MiB, which
// fits a Worker's 128 MB. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
const cost = { ln: 14, r: 8, p: 5 }
const keyLength = 32

const written = `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}`

/** A hash that nobody knows a password for. Checking against it costs what a real check does. */
export const decoyHash = `${written}$${"A".repeat(22)}$${"A".repeat(43)}`

/** Hashes a password with scrypt, as a PHC string: `$scrypt$ln=14,r=8,p=5$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, cost)
  return `${written}$${unpadded(salt)}$${unpadded(key)}`
}

/** Whether a password is the one that was hashed. False for a string that is no scrypt PHC string. */
export async function verifyPassword(password: string, phc: string): Promise<boolean> {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
    phc,
  )
  if (!match) return false
  const [, ln, r, p, salt, hash] = match as unknown as [string, string, string, string, string, string]
  const expected = Buffer.from(hash, "base64")
  const key = await derive(password, Buffer.from(salt, "base64"), { ln: +ln, r: +r, p: +p }, expected.length)
  return timingSafeEqual(key, expected)
}

function derive(
  password: string,
  salt: Buffer,
  { ln, r, p }: typeof cost,
  length = keyLength,
): Promise<Buffer> {
  const options = { N: 2 ** ln, r, p, maxmem: 256 * 2 ** ln * r }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, length, options, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}

const unpadded = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "")
