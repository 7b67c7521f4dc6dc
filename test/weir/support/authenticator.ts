import type { webcrypto } from "node:crypto"
import type { AuthenticationResponse, RegistrationResponse } from "../../../src/weir/auth/webauthn.ts"

/** What a browser is given to make a passkey with, as far as this one looks at it. */
export interface CreationOptions {
  rp: { id: string }
  user: { id: string; name: string }
  challenge: string
  excludeCredentials: { id: string }[]
}

export interface RequestOptions {
  challenge: string
  rpId: string
}

/** What an authenticator or a browser says otherwise than it should. */
export interface Altered {
  /** Another page than that of the server. */
  origin?: string
  crossOrigin?: boolean
  type?: string
  challenge?: string
  /** Whose hash is signed in place of that of the domain. */
  domain?: string
  /** Whether the user was verified, and there. */
  isVerified?: boolean
  isPresent?: boolean
  counter?: number
  /** Whose passkey it says to be; of nobody's, where it is empty. */
  handle?: string
  /** The id of another passkey. */
  id?: string
  /** A bit of the signature is turned. */
  signature?: "turned"
}

export const origin = "http://localhost"
const es256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }

const base64url = (bytes: Uint8Array | ArrayBuffer): string =>
  Buffer.from(bytes as Uint8Array).toString("base64url")
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const joined = (...parts: (Uint8Array | number[])[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(parts.flatMap((part) => [...part]))
const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))

const bigEndian = (value: number, length: number): number[] =>
  Array.from({ length }, (_, i) => Math.floor(value / 256 ** (length - 1 - i)) % 256)

/** Texts, bytes and maps of CBOR (RFC 8949), as short as those here are. */
const cborText = (text: string): Uint8Array => joined([0x60 + text.length], bytesOf(text))
const cborBytes = (bytes: Uint8Array): Uint8Array => joined([0x59], bigEndian(bytes.length, 2), bytes)

/** An integer of a signature in DER: without leading zeros, but one where the first bit would be its sign. */
function derInteger(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = bytes.subarray(first)
  const body = (digits[0] as number) >= 0x80 ? joined([0], digits) : digits
  return joined([0x02, body.length], body)
}

function der(raw: Uint8Array): Uint8Array {
  const body = joined(derInteger(raw.subarray(0, 32)), derInteger(raw.subarray(32)))
  return joined([0x30, body.length], body)
}

/** The public key in COSE (RFC 9053). */
async function coseOf(key: webcrypto.CryptoKey): Promise<Uint8Array> {
  const { x = "", y = "" } = (await crypto.subtle.exportKey("jwk", key)) as { x?: string; y?: string }
  const coordinate = (text: string) => joined([0x58, 0x20], Buffer.from(text, "base64url"))
  return joined([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21], coordinate(x), [0x22], coordinate(y))
}

const clientData = (
  type: string,
  { challenge }: { challenge: string },
  altered: Altered,
): Uint8Array<ArrayBuffer> =>
  bytesOf(
    JSON.stringify({
      type: altered.type ?? type,
      challenge: altered.challenge ?? challenge,
      origin: altered.origin ?? origin,
      crossOrigin: altered.crossOrigin ?? false,
    }),
  )

/** A passkey in software, with its browser: a key of ES256, and attestation `none`. */
export class SoftPasskey {
  readonly id: string
  private readonly keys: webcrypto.CryptoKeyPair
  private handle = ""
  /** How often it has signed; 0 at all times where it does not count. */
  counter = 0
  private readonly counts: boolean
  isBackedUp = false

  private constructor(id: string, keys: webcrypto.CryptoKeyPair, counts: boolean) {
    this.id = id
    this.keys = keys
    this.counts = counts
  }

  static async make({ counts = true } = {}): Promise<SoftPasskey> {
    const keys = (await crypto.subtle.generateKey(es256, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair
    return new SoftPasskey(base64url(crypto.getRandomValues(new Uint8Array(32))), keys, counts)
  }

  private async authenticatorData(
    domain: string,
    { isVerified = true, isPresent = true, ...altered }: Altered,
    attested: Uint8Array = new Uint8Array(),
  ): Promise<Uint8Array<ArrayBuffer>> {
    const backup = 0x08 + (this.isBackedUp ? 0x10 : 0)
    const flags = (isPresent ? 1 : 0) + (isVerified ? 4 : 0) + backup + (attested.length ? 0x40 : 0)
    const hash = await sha256(bytesOf(altered.domain ?? domain))
    return joined(hash, [flags], bigEndian(altered.counter ?? this.counter, 4), attested)
  }

  /** `navigator.credentials.create()`. */
  async create(options: CreationOptions, altered: Altered = {}): Promise<RegistrationResponse> {
    this.handle = options.user.id
    const id = Buffer.from(this.id, "base64url")
    const attested = joined(
      new Uint8Array(16),
      bigEndian(id.length, 2),
      id,
      await coseOf(this.keys.publicKey),
    )
    const data = await this.authenticatorData(options.rp.id, altered, attested)
    const none = [cborText("fmt"), cborText("none"), cborText("attStmt"), [0xa0]]
    const attestation = joined([0xa3], ...none, cborText("authData"), cborBytes(data))
    return {
      id: this.id,
      rawId: this.id,
      type: "public-key",
      response: {
        clientDataJSON: base64url(clientData("webauthn.create", options, altered)),
        attestationObject: base64url(attestation),
        transports: ["internal", "hybrid"],
      },
    }
  }

  /** `navigator.credentials.get()`. */
  async get(options: RequestOptions, altered: Altered = {}): Promise<AuthenticationResponse> {
    if (this.counts) this.counter++
    const data = await this.authenticatorData(options.rpId, altered)
    const client = clientData("webauthn.get", options, altered)
    const signed = joined(data, await sha256(client))
    const raw = new Uint8Array(await crypto.subtle.sign(es256, this.keys.privateKey, signed))
    if (altered.signature) raw[40] = (raw[40] as number) ^ 1
    const { id = this.id, handle = this.handle } = altered
    return {
      id,
      rawId: id,
      type: "public-key",
      response: {
        clientDataJSON: base64url(client),
        authenticatorData: base64url(data),
        signature: base64url(der(raw)),
        ...(handle ? { userHandle: handle } : {}),
      },
    }
  }
}
