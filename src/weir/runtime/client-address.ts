import type { IncomingMessage } from "node:http"
import { BlockList, isIP } from "node:net"
import { networkOf } from "../lib/address.ts"

/** The headers by which proxies say whom they speak for. */
export interface ForwardingHeaders {
  forwardedFor: string | undefined
  forwarded: string | undefined
}

/**
 * A function that finds the address of a client: that of its socket or, where that is a trusted proxy's, the last one
 * of `X-Forwarded-For`, or else of `Forwarded` (RFC 7239), that is not a trusted proxy's. The headers of others are
 * never believed. `onUntrusted` is called once, at the first header while no proxy is trusted.
 */
export function clientAddresses(
  trustedProxies: string[],
  onUntrusted: () => void = () => {},
): (peer: string | undefined, headers: () => ForwardingHeaders) => string | undefined {
  if (trustedProxies.length === 0) return untrusting(onUntrusted)
  const trusted = listOf(trustedProxies)
  const isTrusted = (address: string): boolean =>
    // A zone, as in fe80::1%eth0, is none of the list's.
    trusted.check(address.replace(/%.*$/, ""), isIP(address) === 6 ? "ipv6" : "ipv4")
  return (peer, headers) => {
    if (peer === undefined || !isTrusted(peer)) return peer
    const { forwardedFor, forwarded } = headers()
    const hops = forwardedFor?.split(",") ?? (forwarded === undefined ? [] : hopsOf(forwarded))
    let last = peer
    for (const hop of hops.reverse()) {
      const address = addressOf(hop)
      // What is beyond a hop that cannot be read may be anybody's invention.
      if (address === undefined) return last
      if (!isTrusted(address)) return address
      last = address
    }
    return last
  }
}

/** Most addresses whose networks are kept in memory. */
const maxNetworks = 1_000

/** A function that finds what a request that is not served yet counts as; nothing where that is not known. */
export function networksOf(
  addressOf: ReturnType<typeof clientAddresses>,
): (incoming: IncomingMessage) => string {
  const networks = new Map<string, string>()
  return (incoming) => {
    // The headers are made when they are asked for: Node joins what comes several times.
    const address = addressOf(incoming.socket.remoteAddress, () => ({
      forwardedFor: incoming.headers["x-forwarded-for"] as string | undefined,
      forwarded: incoming.headers.forwarded,
    }))
    if (address === undefined) return ""
    const known = networks.get(address)
    if (known !== undefined) return known
    if (networks.size >= maxNetworks) networks.clear()
    const network = networkOf(address) ?? address
    networks.set(address, network)
    return network
  }
}

function untrusting(onUntrusted: () => void): ReturnType<typeof clientAddresses> {
  let told = false
  return (peer, headers) => {
    if (told) return peer
    const { forwardedFor, forwarded } = headers()
    told = forwardedFor !== undefined || forwarded !== undefined
    if (told) onUntrusted()
    return peer
  }
}

function listOf(trustedProxies: string[]): BlockList {
  const list = new BlockList()
  for (const entry of trustedProxies) {
    const [address = "", prefix] = entry.split("/")
    const family = isIP(address) === 6 ? "ipv6" : "ipv4"
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}

/** An element of `Forwarded`: quoted text in it may hold commas and semicolons. */
const element = /(?:"(?:\\.|[^"\\])*"|[^,"])+/g
/** A parameter of an element, with its value. */
const parameter = /(?:^|;)\s*([\w-]+)\s*=\s*("(?:\\.|[^"\\])*"|[^;]*)/g

const isClosed = /^(?:"(?:\\.|[^"\\])*"|[^"])*$/

/** The `for` of each element of `Forwarded`; empty for one without, and for a header whose quotes are not closed. */
function hopsOf(forwarded: string): string[] {
  if (!isClosed.test(forwarded)) return [""]
  return [...forwarded.matchAll(element)].map(([text]) => {
    const own = [...text.matchAll(parameter)].find(([, name]) => name?.toLowerCase() === "for")
    return own?.[2] ?? ""
  })
}

/** The address of a hop, without quotes, brackets and port. */
function addressOf(hop: string): string | undefined {
  const text = hop.trim().replace(/^"|"$/g, "")
  const address = /^\[([^\]]*)\]/.exec(text)?.[1] ?? text.replace(/^([\d.]+):\d+$/, "$1")
  return isIP(address) === 0 ? undefined : address
}
