import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server"

/** What a response must be for: by its challenge, and where it was made. */
export interface Expected {
  challenge: string
  origins: readonly string[]
  domain: string
}

/** A passkey that an authenticator has made. */
export interface NewCredential {
  id: string
  publicKey: string
  counter: number
  isBackedUp: boolean
}

/** What a signature says of its authenticator. */
export interface Signed {
  counter: number
  isBackedUp: boolean
}

/** ES256, EdDSA and RS256, of COSE: what all runtimes verify. */
export const algorithms = [-7, -8, -257]

/** What a browser gives, as far as it is looked at. */
export interface RegistrationResponse
  extends Omit<RegistrationResponseJSON, "response" | "clientExtensionResults"> {
  response: { clientDataJSON: string; attestationObject: string; transports?: string[] | undefined }
}
export type AuthenticationResponse = Omit<AuthenticationResponseJSON, "clientExtensionResults">

/** Loaded at the first use: a start need not wait for it. */
const library = () => import("@simplewebauthn/server")

const common = ({ challenge, origins, domain }: Expected) => ({
  expectedChallenge: challenge,
  expectedOrigin: [...origins],
  expectedRPID: domain,
  requireUserVerification: true,
})

/** The new passkey of a response; why it does not hold, in the library's words. */
export async function verifyRegistration(
  expected: Expected,
  response: RegistrationResponse,
): Promise<NewCredential | string> {
  const { verifyRegistrationResponse } = await library()
  const { clientDataJSON, attestationObject } = response.response
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      ...common(expected),
      response: { ...response, response: { clientDataJSON, attestationObject }, clientExtensionResults: {} },
      supportedAlgorithmIDs: algorithms,
    })
    if (!verified) return "its attestation does not hold"
    const { credential, credentialBackedUp } = registrationInfo
    const publicKey = Buffer.from(credential.publicKey).toString("base64url")
    return { id: credential.id, publicKey, counter: credential.counter, isBackedUp: credentialBackedUp }
  } catch (error) {
    return messageOf(error)
  }
}

/** What a signature by a public key says; why it does not hold, in the library's words. */
export async function verifySignIn(
  expected: Expected,
  response: AuthenticationResponse,
  publicKey: string,
): Promise<Signed | string> {
  const { verifyAuthenticationResponse } = await library()
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      ...common(expected),
      response: { ...response, clientExtensionResults: {} },
      // The counter is looked at by the statement that stores it, once the signature holds.
      credential: { id: response.id, publicKey: Buffer.from(publicKey, "base64url"), counter: 0 },
    })
    if (!verified) return "its signature does not hold"
    return { counter: authenticationInfo.newCounter, isBackedUp: authenticationInfo.credentialBackedUp }
  } catch (error) {
    return messageOf(error)
  }
}

/** The library throws for whatever is wrong with a response: of its own accord, or since it takes it for another thing. */
const messageOf = (error: unknown): string =>
  error instanceof Error && !(error instanceof TypeError) ? error.message : "it is malformed"
