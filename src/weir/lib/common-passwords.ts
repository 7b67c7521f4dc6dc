import { bits, count, remainderBits } from "./common-passwords-table.ts"
import { fnv1aBits } from "./fnv.ts"

/** A hash of 32 bits: FNV-1a, then the last steps of MurmurHash3, which spread it over all bits. */
function hashOf(text: string): number {
  let hash = fnv1aBits(text)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** The place of a password among `places`, in whatever case it is written. */
export const placeOf = (password: string, places: number): number =>
  Math.floor((hashOf(password.normalize("NFKC").toLowerCase()) / 2 ** 32) * places)

const places = count * 2 ** remainderBits
let taken: Set<number> | undefined

/**
 * Whether it is one of the commonest passwords, of those with 8 characters and more. The table is a Golomb-coded set of
 * hashes, read at its first use: it knows every one of them, and takes one in 2,048 others for one.
 */
export function isCommonPassword(password: string): boolean {
  taken ??= decoded()
  return taken.has(placeOf(password, places))
}

/** The places of the table: each is a distance from the last, its quotient in unary and its remainder in binary. */
function decoded(): Set<number> {
  const bytes = Buffer.from(bits, "base64")
  const all = new Set<number>()
  let at = 0
  const next = () => ((bytes[at >> 3] as number) >> (7 - (at++ & 7))) & 1
  for (let place = 0; all.size < count; ) {
    while (next()) place += 2 ** remainderBits
    let remainder = 0
    for (let i = 0; i < remainderBits; i++) remainder = remainder * 2 + next()
    place += remainder
    all.add(place)
  }
  return all
}
