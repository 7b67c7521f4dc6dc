import { jwtVerify } from "jose"
import { FetchFailure } from "../lib/bounded-fetch.ts"
import { asymmetric } from "../resource/issuers.ts"
import { type IssuerKeys, KeysUnavailable } from "./issuer-keys.ts"
import { type Person, ProviderRefusal, verifiedAddress } from "./person.ts"

interface Expected {
  issuer: string
  clientId: string
  keys: IssuerKeys
  nonce: string
}

/** Who an ID token is about (OpenID Connect Core, 3.1.3.7). */
export async function openIdPerson(
  { id_token: token }: Record<string, unknown>,
  { issuer, clientId, keys, nonce }: Expected,
): Promise<Person> {
  if (typeof token !== "string") throw new ProviderRefusal("has sent no ID token")
  const { payload } = await jwtVerify(token, keys.find, {
    algorithms: asymmetric,
    issuer,
    audience: clientId,
    clockTolerance: 30,
    requiredClaims: ["sub", "exp", "nonce"],
  }).catch((error: unknown) => {
    if (error instanceof KeysUnavailable) throw new FetchFailure("has no keys to be had", { cause: error })
    throw new ProviderRefusal("has sent an ID token that does not hold", { cause: error })
  })
  const { sub, azp, email, email_verified } = payload
  if (payload.nonce !== nonce) throw new ProviderRefusal("has sent the ID token of another sign-in")
  if (azp !== undefined && azp !== clientId)
    throw new ProviderRefusal("has sent an ID token for another client")
  if (typeof sub !== "string" || !sub || sub.length > 255 || sub.includes("\0"))
    throw new ProviderRefusal("has sent an ID token without a subject")
  return { issuer, subject: sub, email: verifiedAddress(email, email_verified), names: namesOf(payload) }
}

/** What somebody may be called, by the claims of OpenID Connect. */
export const namesOf = ({ preferred_username, nickname, name }: Record<string, unknown>): string[] =>
  [preferred_username, nickname, name].filter((one): one is string => typeof one === "string")
