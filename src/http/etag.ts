import { hash } from "node:crypto"

/** A strong validator of what is sent: the body, and the headers that belong to it (RFC 9110, 8.8.3). */
export function etagOf({ body, headers }: { body: string; headers: Record<string, string> }): string {
  let sent = body
  for (const name in headers) sent += `\n${name}: ${headers[name]}`
  return `"${hash("sha256", sent, "base64url").slice(0, 22)}"`
}

/** Whether an `If-None-Match` names the validator, by weak comparison (RFC 9110, 13.1.2). */
export function isNoneOf(header: string, etag: string): boolean {
  if (header === etag) return false
  if (header.trim() === "*") return false
  return !header.split(",").some((one) => one.trim().replace(/^W\//, "") === etag)
}
