import { etagOf } from "../lib/etag.ts"
import type { Entry } from "./store.ts"

/** The first line of what this version writes; anything else is not ours. */
const version = "weir1"

/** An entry with its stamps as one text: five lines, the last of which is the body. */
export const encodeEntry = ({ born, etag, headers, body }: Entry, stamps: string): string =>
  [version, stamps, born, JSON.stringify({ etag, headers }), body].join("\n")

/** The entry and its stamps. Nothing for what another version or somebody else has written, or has damaged. */
export function decodeEntry(text: string): { entry: Entry; stamps: string } | undefined {
  const ends: number[] = []
  for (let at = -1; ends.length < 4; ends.push(at)) {
    at = text.indexOf("\n", at + 1)
    if (at < 0) return undefined
  }
  const [a = 0, b = 0, c = 0, d = 0] = ends
  if (text.slice(0, a) !== version) return undefined
  try {
    const { etag, headers } = JSON.parse(text.slice(c + 1, d)) as Pick<Entry, "etag" | "headers">
    const entry = { etag, headers, body: text.slice(d + 1), born: Number(text.slice(b + 1, c)) }
    // A clock may be ahead of ours, but not by much.
    if (!(entry.born <= Date.now() + 60_000)) return undefined
    return etagOf(entry) === etag ? { entry, stamps: text.slice(a + 1, b) } : undefined
  } catch {
    return undefined
  }
}
