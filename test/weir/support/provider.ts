import { createHash, randomUUID } from "node:crypto"
import type { Realm, TokenRequest } from "./issuer.ts"

/** Who signs in with a provider, and how the provider misbehaves. */
export interface ProviderBehaviour {
  /** The claims of its ID token, or GitHub's account. */
  person?: Record<string, unknown>
  /** What GitHub says of its addresses. */
  emails?: unknown
  /** The error that it sends the browser back with. */
  refusal?: string
  /** Its status where codes are exchanged. */
  tokenStatus?: number
  /** How its ID token is otherwise than it should be. */
  idToken?: TokenRequest
}

interface Code {
  challenge: string
  redirectUri: string
  nonce: string | null
}

/** The client that providers know. */
export const client = { client_id: "weir of tests", client_secret: "its secret: a+b" }

/** A request to a provider. */
export interface ProviderRequest {
  verb: string
  search: URLSearchParams
  authorization: string | undefined
  body: string
}

export interface ProviderAnswer {
  status: number
  body?: unknown
  location?: string
}

/** The part of an issuer where people sign in: as OpenID Connect has it, and as GitHub has. */
export class ProviderRealm {
  private readonly realm: Realm
  private readonly codes = new Map<string, Code>()

  constructor(realm: Realm) {
    this.realm = realm
  }

  /** What it answers; undefined for a path that is none of its. */
  async answer(request: ProviderRequest): Promise<ProviderAnswer | undefined> {
    switch (request.verb) {
      case "GET authorize":
        return this.authorize(request.search)
      case "POST token":
        return this.exchange(request, true)
      case "POST github/token":
        return this.exchange(request, false)
      case "GET github/user":
        return this.account(request, this.realm.behaviour.person ?? { id: 7, login: "ann" })
      case "GET github/user/emails":
        return this.account(request, this.realm.behaviour.emails ?? [])
    }
    return undefined
  }

  /** Somebody who is there already, and agrees. */
  private authorize(search: URLSearchParams): ProviderAnswer {
    const redirectUri = search.get("redirect_uri") ?? ""
    const url = new URL(redirectUri)
    url.searchParams.set("state", search.get("state") ?? "")
    const { refusal } = this.realm.behaviour
    const isPkce = search.get("code_challenge_method") === "S256"
    if (search.get("client_id") !== client.client_id || !isPkce) return { status: 400 }
    if (refusal) url.searchParams.set("error", refusal)
    else {
      const code = randomUUID()
      this.codes.set(code, {
        redirectUri,
        challenge: search.get("code_challenge") ?? "",
        nonce: search.get("nonce"),
      })
      url.searchParams.set("code", code)
    }
    return { status: 302, location: url.href }
  }

  private async exchange(request: ProviderRequest, isOpenId: boolean): Promise<ProviderAnswer> {
    const { tokenStatus, person = {}, idToken = {} } = this.realm.behaviour
    if (tokenStatus) return { status: tokenStatus, body: {} }
    const form = new URLSearchParams(request.body)
    const given = form.get("code") ?? ""
    const code = this.codes.get(given)
    this.codes.delete(given)
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url")
    const encoded = Object.values(client).map((one) => new URLSearchParams({ "": one }).toString().slice(1))
    const isClient = request.authorization === `Basic ${btoa(encoded.join(":"))}`
    const holds = code?.challenge === challenge && code.redirectUri === form.get("redirect_uri")
    // GitHub refuses with status 200.
    if (!isClient) return { status: isOpenId ? 401 : 200, body: { error: "invalid_client" } }
    if (!holds) return { status: isOpenId ? 400 : 200, body: { error: "invalid_grant" } }
    const tokens = { access_token: "a token of the provider", token_type: "bearer" }
    if (!isOpenId) return { status: 200, body: tokens }
    const claims = { aud: client.client_id, nonce: code?.nonce, ...person, ...idToken.claims }
    const id_token = await this.realm.sign({ ...idToken, header: { typ: "JWT" }, claims })
    return { status: 200, body: { ...tokens, id_token } }
  }

  private account({ authorization }: ProviderRequest, body: unknown): ProviderAnswer {
    return authorization === "Bearer a token of the provider" ? { status: 200, body } : { status: 401 }
  }
}
