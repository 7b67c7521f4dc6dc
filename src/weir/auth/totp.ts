import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"

/** How long a code is the code, in seconds. */
export const stepSeconds = 30
const digits = 6
/** Steps before and after the present one whose codes hold: for clocks that differ, and slow fingers (RFC 6238, 5.2). */
const window = 1
/** As long as the hash (RFC 4226, 4). */
const secretBytes = 20

/** A new secret, of 160 bits. */
export const newSecret = (): Uint8Array => randomBytes(secretBytes)

/** The code of a counter (RFC 4226, 5.3), by HMAC-SHA-1: what every authenticator app knows. */
export function hotp(secret: Uint8Array, counter: number, length = digits): string {
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(counter))
  const mac = createHmac("sha1", secret).update(message).digest()
  const offset = (mac[mac.length - 1] as number) & 15
  const number = (mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** length
  return String(number).padStart(length, "0")
}

/** The step of a time in ms (RFC 6238, 4.2). */
export const stepAt = (ms: number): number => Math.floor(ms / 1000 / stepSeconds)

/**
 * The step whose code this is, of the present one and its neighbours, the latest first; undefined where it is none's.
 * Whoever takes a code remembers its step, and takes none of that step or before again.
 */
export function stepOfCode(secret: Uint8Array, code: string, ms: number = Date.now()): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const sent = Buffer.from(code)
  const present = stepAt(ms)
  let match: number | undefined
  // All are compared, so that the time tells nothing of which it was.
  for (let step = Math.max(0, present - window); step <= present + window; step++)
    if (timingSafeEqual(Buffer.from(hotp(secret, step)), sent)) match = step
  return match
}

/**
 * The address that authenticator apps read from a QR code.
 * https://github.com/google/google-authenticator/wiki/Key-Uri-Format
 */
export function otpauthUri(secret: string, issuer: string, account: string): string {
  // The label's colon tells issuer and account apart; neither may have one of its own.
  const part = (text: string) => encodeURIComponent(text.replaceAll(":", " "))
  const query = `secret=${secret}&issuer=${part(issuer)}&algorithm=SHA1&digits=${digits}&period=${stepSeconds}`
  return `otpauth://totp/${part(issuer)}:${part(account)}?${query}`
}
