import { FetchFailure, fetchBounded, objectOf } from "../lib/bounded-fetch.ts"
import { isTrustworthy } from "../resource/issuers.ts"

/** How long an issuer or a provider may take to answer. */
export const askMs = 3_000
const maxBytes = 262_144

/** Asks for a JSON object. */
export async function askJson(url: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  return objectOf(await fetchBounded(url, { maxBytes, signal, headers: { accept: "application/json" } }))
}

/** What an issuer publishes of itself (OpenID Connect Discovery, 4.3). Throws a `FetchFailure`. */
export async function discover(issuer: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const found = await askJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, signal)
  if (found.issuer !== issuer) throw new FetchFailure("says that it is another issuer")
  return found
}

/** An address among what an issuer publishes. Throws a `FetchFailure` where it is none that may be asked. */
export function endpointOf(found: Record<string, unknown>, name: string): string {
  const url = found[name]
  if (typeof url !== "string" || !isTrustworthy(url)) throw new FetchFailure(`names no https URL as ${name}`)
  return url
}
