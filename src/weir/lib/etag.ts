import { hash } from "node:crypto"
import xxhash from "xxhash-wasm"

const { h64, h64ToString } = await xxhash()

/** Longest body that XXH64 is used for, in characters: it keeps three times as many bytes for good. */
const longest = 1_000_000

/**
 * A strong validator of what is sent: the body, and the headers that belong to it (RFC 9110, 8.8.3). XXH64 takes a
 * quarter of SHA-256's time, a tenth of a long list's; two answers of one URL have the same by chance once in 2^64.
 * Who makes two of them on purpose hides nothing but a change of his own. https://xxhash.com/
 */
export function etagOf({ body, headers }: { body: string; headers: Record<string, string> }): string {
  let more = ""
  for (const name in headers) more += `${name}: ${headers[name]}\n`
  if (body.length <= longest) return `"${more === "" ? h64ToString(body) : h64ToString(more, h64(body))}"`
  return `"${hash("sha256", more + body, "base64url").slice(0, 22)}"`
}

/** Whether an `If-None-Match` names the validator, by weak comparison (RFC 9110, 13.1.2). */
export function isNoneOf(header: string, etag: string): boolean {
  if (header === etag) return false
  if (header.trim() === "*") return false
  return !header.split(",").some((one) => one.trim().replace(/^W\//, "") === etag)
}
