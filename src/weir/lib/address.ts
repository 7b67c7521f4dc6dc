/**
 * What an address counts as: an IPv4 address itself, an IPv6 address its /64, which is what one client is given. An
 * IPv4 address in IPv6 form is that IPv4 address. Undefined for text that is no address.
 *
 * @example networkOf("2001:db8::1") // "2001:db8:0:0"
 */
export function networkOf(text: string): string | undefined {
  const address = text.replace(/%.*$/, "")
  if (!address.includes(":")) return isIpv4(address) ? address : undefined
  const groups = groupsOf(address)
  if (!groups) return undefined
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (!mapped)
    return groups
      .slice(0, 4)
      .map((group) => group.toString(16))
      .join(":")
  const [high = 0, low = 0] = groups.slice(6)
  return [high >> 8, high & 255, low >> 8, low & 255].join(".")
}

export const isIpv4 = (text: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split(".").every((part) => Number(part) <= 255)

/** The eight groups of an IPv6 address, which every runtime's URL parser checks and writes in one form. */
export function groupsOf(address: string): number[] | undefined {
  if (!/^[\da-f:.]+$/i.test(address) || !URL.canParse(`http://[${address}]/`)) return undefined
  const [left = "", right = ""] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::")
  const parse = (side: string) =>
    side === "" ? [] : side.split(":").map((group) => Number.parseInt(group, 16))
  const [before, after] = [parse(left), parse(right)]
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
}
