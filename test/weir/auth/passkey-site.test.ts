import { describe, expect, test } from "vitest"
import type { PasskeySettings } from "../../../src/weir/auth/auth-context.ts"
import { siteOf } from "../../../src/weir/auth/passkey-site.ts"

const app = "https://app.example.com"
const api = "https://api.example.com"
const of = (settings: Partial<PasskeySettings>) =>
  siteOf({ origins: [], others: [], isDevelopment: false, ...settings })

describe("passkeys are used", () => {
  test.each<[string, Partial<PasskeySettings>, { domain: string; origins: string[] }]>([
    ["at the origin that is named", { origins: [app] }, { domain: "app.example.com", origins: [app] }],
    [
      "within the domain that is named",
      { origins: [app, "https://example.com"], domain: "example.com" },
      { domain: "example.com", origins: [app, "https://example.com"] },
    ],
    [
      "where the app is, by what other settings say",
      { others: [`${app}/inner`, api, "*"] },
      { domain: "app.example.com", origins: [app] },
    ],
    [
      "at all of those that are within the domain, by https",
      {
        others: [`${app}/`, api, "http://old.example.com", "https://example.org", app],
        domain: "example.com",
      },
      { domain: "example.com", origins: [app, api] },
    ],
    [
      "where is named, whatever other settings say",
      { origins: [app], others: [api] },
      { domain: "app.example.com", origins: [app] },
    ],
    [
      "on this machine, by its name",
      { origins: ["http://localhost:3000"] },
      { domain: "localhost", origins: ["http://localhost:3000"] },
    ],
    ["on this machine, in development", { isDevelopment: true }, { domain: "localhost", origins: [] }],
  ])("%s", (_, settings, site) => {
    expect(of(settings)).toEqual(site)
  })

  test.each<[string, Partial<PasskeySettings>, RegExp]>([
    ["nowhere", {}, /^PASSKEY_ORIGINS: is required in production/],
    ["everywhere", { others: ["*"] }, /^PASSKEY_ORIGINS: is required/],
    ["where no certificate is", { others: ["http://app.example.com"] }, /^PASSKEY_ORIGINS: is required/],
    [
      "beside the domain",
      { origins: [app, api] },
      /^PASSKEY_ORIGINS: https:\/\/api\.example\.com is not within app\.example\.com/,
    ],
    [
      "at what ends like the domain",
      { origins: ["https://badexample.com"], domain: "example.com" },
      /^PASSKEY_ORIGINS: .*not within example\.com/,
    ],
    [
      "at what begins like the domain",
      { origins: ["https://example.com.evil.org"], domain: "example.com" },
      /^PASSKEY_ORIGINS: .*not within/,
    ],
    [
      "nowhere within the domain",
      { others: [app], domain: "example.org" },
      /^PASSKEY_DOMAIN: no origin is known within example\.org/,
    ],
    [
      "the same in development",
      { others: [app], domain: "example.org", isDevelopment: true },
      /^PASSKEY_DOMAIN: no origin/,
    ],
    [
      "at a domain of domains",
      { origins: [app], domain: "com" },
      /^PASSKEY_DOMAIN: com has no dot.*example\.com/,
    ],
    ["at an address", { origins: ["http://127.0.0.1:3000"] }, /^PASSKEY_DOMAIN: 127\.0\.0\.1 is an address/],
    ["at an address of IPv6", { origins: ["http://[::1]:3000"] }, /^PASSKEY_DOMAIN: \[::1\] is an address/],
  ])("not %s", (_, settings, line) => {
    expect(of(settings)).toMatch(line)
    expect(of(settings)).not.toContain("\n")
  })
})
