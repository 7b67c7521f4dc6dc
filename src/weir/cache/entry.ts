import { etagOf } from "../lib/etag.ts"
import type { Entry } from "./store.ts"

/** The first line of an encoded entry. A text with any other first line is ignored. */
const version = "weir1"

/** Encodes an entry and its stamps as text: four lines, then the body. */
export const encodeEntry = ({ born, etag, checksum, headers, body }: Entry, stamps: string): string =>
  [version, stamps, born, JSON.stringify({ etag, checksum, headers }), body].join("\n")

/** Decodes an entry and its stamps. Undefined for a text of another version or program, or a damaged one. */
export function decodeEntry(text: string): { entry: Entry; stamps: string } | undefined {
  const ends: number[] = []
  for (let at = -1; ends.length < 4; ends.push(at)) {
    at = text.indexOf("\n", at + 1)
    if (at < 0) return undefined
  }
  const [a = 0, b = 0, c = 0, d = 0] = ends
  if (text.slice(0, a) !== version) return undefined
  try {
    const { etag, checksum, headers } = JSON.parse(text.slice(c + 1, d)) as Omit<Entry, "body" | "born">
    const entry = { etag, checksum, headers, body: text.slice(d + 1), born: Number(text.slice(b + 1, c)) }
    // Another server's clock may be up to a minute ahead.
    if (!(entry.born <= Date.now() + 60_000)) return undefined
    return etagOf(entry) === (checksum ?? etag) ? { entry, stamps: text.slice(a + 1, b) } : undefined
  } catch {
    return undefined
  }
}
