import { groupsOf, isIpv4 } from "./address.ts"

/** An address as its parts of `size` bits, and how many of its bits the network has, where that is said. */
interface Network {
  parts: number[]
  size: 8 | 16
  bits: number | undefined
}

/**
 * Reads `10.0.0.1/8` or `2001:db8::/32`. Octets that are left out at the end are zero: where `short`, or where they are
 * none of the network's.
 */
function read(text: string, short = false): Network | undefined {
  const [, address = "", mask] = /^([\da-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? []
  const bits = mask === undefined ? undefined : Number(mask)
  if (address.includes(":")) {
    const parts = groupsOf(address)
    return parts && (bits ?? 0) <= 128 ? { parts, size: 16, bits } : undefined
  }
  const octets = address.split(".").length
  const mayMiss = short || (bits ?? 33) <= 8 * octets
  const whole = address + ".0".repeat(mayMiss ? Math.max(4 - octets, 0) : 0)
  if (!isIpv4(whole) || (bits ?? 0) > 32) return undefined
  return { parts: whole.split(".").map(Number), size: 8, bits }
}

/** Whether a text is an `inet` of Postgres: an address, with or without the bits of its network. */
export const isInet = (text: string): boolean => read(text) !== undefined

/** Whether a text is a `cidr` of Postgres: a network, in whose address all further bits are zero. */
export function isCidr(text: string): boolean {
  const network = read(text, true)
  if (!network) return false
  const { parts, size, bits } = network
  return bits === undefined || parts.every((part, i) => (part & (2 ** restOf(bits, size, i) - 1)) === 0)
}

/** How many bits of a part lie beyond the network's. */
const restOf = (bits: number, size: number, part: number): number =>
  Math.min(Math.max(size * (part + 1) - bits, 0), size)

/** Whether a text is a `macaddr` of Postgres, in any of the forms that it reads. */
export const isMac = (text: string): boolean =>
  /^([\da-f]{1,2}([:-])[\da-f]{1,2}(\2[\da-f]{1,2}){4}|[\da-f]{6}[:-]?[\da-f]{5,6}|[\da-f]{4}([.-])[\da-f]{4}\4[\da-f]{3,4})$/i.test(
    text,
  )

/** Whether a text is a `macaddr8` of Postgres: eight bytes, or six, in groups of two digits or more. */
export function isMac8(text: string): boolean {
  const [separator] = /[:.-]/.exec(text) ?? []
  const groups = separator === undefined ? [text] : text.split(separator)
  const digits = groups.join("")
  return (
    /^([\da-f]{12}|[\da-f]{16})$/i.test(digits) &&
    groups.every(({ length }) => length % 2 === 0 && length > 0)
  )
}
