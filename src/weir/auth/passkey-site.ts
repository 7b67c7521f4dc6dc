import type { AppContext } from "../http/context.ts"
import { isTrustworthy } from "../resource/issuers.ts"
import type { AuthContext, PasskeySettings } from "./auth-context.ts"

/** Where passkeys are used. */
export interface Site {
  /** The domain that they are bound to: the RP ID. */
  domain: string
  /** The origins of the pages that use them. */
  origins: readonly string[]
}

const own = "localhost"
const isWithin = (origin: string, domain: string): boolean =>
  `.${new URL(origin).hostname}`.endsWith(`.${domain}`)

/** Where passkeys are used by the settings; or what is wrong with these, in one line. */
export function siteOf({ origins, others, domain, isDevelopment }: PasskeySettings): Site | string {
  const named = origins.length
    ? origins
    : others.filter((text) => isTrustworthy(text)).map((text) => new URL(text).origin)
  const [first] = named
  const rpId = domain ?? (first === undefined ? isDevelopment && own : new URL(first).hostname)
  if (!rpId)
    return "PASSKEY_ORIGINS: is required in production: the origins of the pages that use passkeys, such as https://app.example.com"
  if (/^[\d.]+$|^\[/.test(rpId))
    return `PASSKEY_DOMAIN: ${rpId} is an address, and a passkey belongs to a name`
  if (domain !== undefined && domain !== own && !domain.includes("."))
    return `PASSKEY_DOMAIN: ${domain} has no dot, and browsers take no such domain: name one such as example.com`
  const outside = origins.find((origin) => !isWithin(origin, rpId))
  if (outside)
    return `PASSKEY_ORIGINS: ${outside} is not within ${rpId}: set PASSKEY_DOMAIN to the domain that all of them are in`
  const within = [...new Set(named)].filter((origin) => isWithin(origin, rpId))
  if (within.length === 0 && !(isDevelopment && rpId === own))
    return `PASSKEY_DOMAIN: no origin is known within ${rpId}: set PASSKEY_ORIGINS`
  return { domain: rpId, origins: within }
}

/** Where a request's passkeys are used. In development, pages of this server itself use them, at localhost. */
export function siteFor(c: AppContext, { settings }: AuthContext): Site {
  const { passkeys } = settings
  const site = passkeys ? siteOf(passkeys) : "PASSKEY_ORIGINS: is not set"
  // A start with such settings was refused.
  if (typeof site === "string") throw new Error(site)
  if (!passkeys?.isDevelopment || site.domain !== own) return site
  const { protocol, hostname, port } = new URL(c.req.url)
  if (!/^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)) return site
  return { ...site, origins: [...site.origins, `${protocol}//${own}${port ? `:${port}` : ""}`] }
}
