import { hash } from "node:crypto"
import xxhash from "xxhash-wasm"
import { encodeLarge } from "./large-text.ts"

const { h64, h64ToString } = await xxhash()

/** Longest body for XXH64, in characters: its memory grows to three times as many bytes and never shrinks. */
const maxXxhashLength = 1_000_000

/**
 * A strong ETag of a response, over its body and its own headers (RFC 9110, 8.8.3). XXH64 takes a quarter of SHA-256's
 * time, a tenth for a long list. Two responses of one URL collide by chance once in 2^64; a client that forces a
 * collision hides only its own change. https://xxhash.com/
 */
export function etagOf({ body, headers }: Content): string {
  const head = headOf(headers)
  if (body.length <= maxXxhashLength)
    return `"${head === "" ? h64ToString(body) : h64ToString(head, h64(body))}"`
  return `"${hash("sha256", head + body, "base64url").slice(0, 22)}"`
}

interface Content {
  body: string
  headers: Record<string, string>
}

function headOf(headers: Content["headers"]): string {
  let head = ""
  for (const name in headers) head += `${name}: ${headers[name]}\n`
  return head
}

/** Whether a body is so long that it is encoded and hashed in pieces. */
export const isLarge = ({ body }: Content): boolean => body.length > maxXxhashLength

/** The body of a large answer in UTF-8, and its strong ETag, which is another one than that of `etagOf`. */
export async function encoded({
  body,
  headers,
}: Content): Promise<{ bytes: Uint8Array<ArrayBuffer>; etag: string }> {
  const { bytes, hash } = await encodeLarge(body, headOf(headers))
  return { bytes, etag: `"${hash}"` }
}

/** Whether an `If-None-Match` holds: false for `*`, and where it names `etag` by weak comparison (RFC 9110, 13.1.2). */
export function isNoneOf(header: string, etag: string): boolean {
  if (header === etag) return false
  if (header.trim() === "*") return false
  return !header.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag)
}

/** Eight characters that stand for a text. */
export const shortHash = (text: string): string => h64ToString(text).slice(0, 8)

/** The strong ETag of a row, by its text: that of an answer which is the row and nothing else. */
export function rowTag(text: string): string | Promise<string> {
  const content = { body: text, headers: {} }
  return isLarge(content) ? encoded(content).then(({ etag }) => etag) : etagOf(content)
}
