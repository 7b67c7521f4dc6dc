import { describe, expect, test } from "vitest"
import { clientAddresses } from "../../../src/weir/runtime/client-address.ts"

/** The address that is found, of a peer and its headers. */
function found(peer: string, forwardedFor?: string, forwarded?: string, trusted = ["10.0.0.0/8", "::1"]) {
  return clientAddresses(trusted)(peer, () => ({ forwardedFor, forwarded }))
}

describe("the address of a client", () => {
  test("is the socket's, where no proxy is trusted; a header that would say otherwise is told once", () => {
    let told = 0
    const addressOf = clientAddresses([], () => told++)
    const headers = { forwardedFor: undefined, forwarded: undefined }
    expect(addressOf("10.0.0.1", () => headers)).toBe("10.0.0.1")
    expect(told).toBe(0)
    for (let i = 0; i < 3; i++)
      expect(addressOf("10.0.0.1", () => ({ ...headers, forwardedFor: "192.0.2.1" }))).toBe("10.0.0.1")
    expect(told).toBe(1)
  })

  test("of a link with a zone is no mistake", () => {
    expect(found("fe80::1%eth0", "198.51.100.1", undefined, ["fe80::/10"])).toBe("198.51.100.1")
  })

  test.each([
    ["a stranger's header is not looked at", "192.0.2.1", "198.51.100.1", undefined, "192.0.2.1"],
    ["a proxy without a header", "10.0.0.1", undefined, undefined, "10.0.0.1"],
    ["the last one is the proxy's word", "10.0.0.1", "1.1.1.1, 198.51.100.1", undefined, "198.51.100.1"],
    ["proxies behind proxies", "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.9.9.9", undefined, "198.51.100.1"],
    ["nobody but proxies", "10.0.0.1", "10.0.0.3, 10.0.0.2", undefined, "10.0.0.3"],
    ["with a port", "10.0.0.1", "198.51.100.1:4711", undefined, "198.51.100.1"],
    ["IPv6 with a port", "::1", "[2001:db8::1]:4711", undefined, "2001:db8::1"],
    ["text that is no address", "10.0.0.1", "198.51.100.1, unknown", undefined, "10.0.0.1"],
    ["a proxy in IPv6 form", "::ffff:10.0.0.1", "198.51.100.1", undefined, "198.51.100.1"],
    ["Forwarded", "10.0.0.1", undefined, 'for=1.1.1.1, for="[2001:db8::1]:80";by=10.0.0.1', "2001:db8::1"],
    ["commas in quotes", "10.0.0.1", undefined, 'for=1.1.1.1;host="a,for=6.6.6.6;x"', "1.1.1.1"],
    ["parameters in quotes", "10.0.0.1", undefined, 'host="x;for=6.6.6.6";for=1.1.1.1', "1.1.1.1"],
    ["a quote that is not closed", "10.0.0.1", undefined, 'for=1.1.1.1;host="a,for=6.6.6.6', "10.0.0.1"],
    ["Forwarded without for", "10.0.0.1", undefined, "for=1.1.1.1, proto=https", "10.0.0.1"],
    ["both headers", "10.0.0.1", "198.51.100.1", "for=198.51.100.2", "198.51.100.1"],
  ])("%s", (_, peer, forwardedFor, forwarded, address) =>
    expect(found(peer, forwardedFor, forwarded)).toBe(address),
  )
})
