import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from "jose"
import { type ProviderBehaviour, ProviderRealm } from "./provider.ts"

/** How an issuer misbehaves. */
export interface Behaviour extends ProviderBehaviour {
  /** Its status for discovery and keys. Default: 200. */
  status?: number
  /** How long it takes to answer, in ms. */
  slowMs?: number
  /** What it calls itself. */
  claims?: string
  /** Where it says that its keys are. */
  jwksUri?: string
  /** How many bytes of padding its keys come with. */
  padding?: number
  /** Where it redirects to. */
  location?: string
  /** What it answers in place of its keys. */
  body?: string
}

/** A token to be signed. */
export interface TokenRequest {
  claims?: Record<string, unknown>
  /** Claims to be left out of those that a token has by itself. */
  without?: string[]
  alg?: "RS256" | "ES256" | "EdDSA"
  /**
   * `none`: not signed. `public`: HS256 with the public key as the secret. `foreign`: by a key that is not the
   * issuer's, which is called as one of its own.
   */
  by?: "none" | "public" | "foreign"
  header?: Record<string, unknown>
}

type Pair = Awaited<ReturnType<typeof generateKeyPair>> & { kid: string; alg: string }

const algorithms = ["RS256", "ES256", "EdDSA"] as const
const pairsOf = (): Promise<Pair[]> =>
  Promise.all(
    algorithms.map(async (alg) => ({
      ...(await generateKeyPair(alg, { extractable: true })),
      kid: crypto.randomUUID(),
      alg,
    })),
  )

/** An issuer of JWTs, one of those that an `IssuerServer` runs. */
export class Realm {
  readonly url: string
  readonly provider = new ProviderRealm(this)
  behaviour: Behaviour = {}
  fetches = { discovery: 0, jwks: 0 }
  pairs: Pair[] = []

  constructor(url: string) {
    this.url = url
  }

  async rotate(): Promise<void> {
    this.pairs = await pairsOf()
  }

  async sign({ claims = {}, without = [], alg = "ES256", by, header = {} }: TokenRequest): Promise<string> {
    const pair = this.pairs.find((one) => one.alg === alg) as Pair
    const now = Math.floor(Date.now() / 1000)
    const payload: Record<string, unknown> = {
      iss: this.url,
      sub: "ann",
      aud: "weir",
      iat: now,
      exp: now + 3600,
      ...claims,
    }
    for (const name of without) delete payload[name]
    if (by === "none") return new UnsecuredJWT(payload).encode()
    const jwt = (algorithm: string) =>
      new SignJWT(payload).setProtectedHeader({ alg: algorithm, kid: pair.kid, typ: "at+jwt", ...header })
    if (by === "public") return jwt("HS256").sign(new TextEncoder().encode(await exportSPKI(pair.publicKey)))
    const key = by === "foreign" ? (await generateKeyPair(alg)).privateKey : pair.privateKey
    return jwt(alg).sign(key, { crit: { x: true } })
  }

  async keys(): Promise<string> {
    const { padding = 0, body } = this.behaviour
    if (body !== undefined) return body
    const keys = await Promise.all(
      this.pairs.map(async ({ publicKey, kid, alg }) => ({
        ...(await exportJWK(publicKey)),
        kid,
        alg,
        use: "sig",
      })),
    )
    return JSON.stringify({ keys, padding: "x".repeat(padding) })
  }
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const part of request) text += part
  return text
}

/**
 * A server of issuers: each is a path of its own. They are steered by requests, so that tests inside workerd, which can
 * start no server, use them as well.
 */
export class IssuerServer {
  private readonly realms = new Map<string, Realm>()
  private server: Server | undefined
  url = ""

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
    })
    await new Promise<void>((resolve) => this.server?.listen(0, "127.0.0.1", resolve))
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
    return this.url
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections()
    await new Promise((resolve) => this.server?.close(resolve))
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", this.url)
    const [, name = "", ...rest] = pathname.split("/")
    const json = (value: unknown) =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value))
    if (request.method === "POST" && !rest.length) {
      const id = crypto.randomUUID().slice(0, 8)
      const realm = new Realm(`${this.url}/${id}`)
      await realm.rotate()
      this.realms.set(id, realm)
      json(realm.url)
      return
    }
    const realm = this.realms.get(name)
    const verb = `${request.method} ${rest.join("/")}`
    if (!realm) response.writeHead(404).end()
    else if (verb === "GET fetches") json(realm.fetches)
    else if (verb === "POST rotation") json(await realm.rotate().then(() => "rotated"))
    else if (verb === "PUT behaviour") {
      realm.behaviour = JSON.parse(await bodyOf(request)) as Behaviour
      json(realm.behaviour)
    } else if (verb === "POST tokens")
      json(await realm.sign(JSON.parse(await bodyOf(request)) as TokenRequest))
    else {
      const { authorization } = request.headers
      const body = await bodyOf(request)
      const answer = await realm.provider.answer({ verb, search: searchParams, authorization, body })
      if (!answer) return this.publish(realm, verb, response)
      const { status, location } = answer
      response.writeHead(status, { "content-type": "application/json", ...(location ? { location } : {}) })
      response.end(JSON.stringify(answer.body ?? {}))
    }
  }

  private async publish(realm: Realm, verb: string, response: ServerResponse): Promise<void> {
    const isDiscovery = verb === "GET .well-known/openid-configuration"
    if (!isDiscovery && verb !== "GET keys") return void response.writeHead(404).end()
    realm.fetches[isDiscovery ? "discovery" : "jwks"]++
    const { status = 200, slowMs, claims, jwksUri, location } = realm.behaviour
    if (slowMs) await sleep(slowMs)
    const body = isDiscovery
      ? JSON.stringify({
          issuer: claims ?? realm.url,
          jwks_uri: jwksUri ?? `${realm.url}/keys`,
          authorization_endpoint: `${realm.url}/authorize`,
          token_endpoint: `${realm.url}/token`,
        })
      : await realm.keys()
    const headers = { "content-type": "application/json", ...(location ? { location } : {}) }
    response.writeHead(location ? 302 : status, headers).end(body)
  }
}

/** Steers an issuer of a server from a test. */
export interface Issuer {
  url: string
  sign(request?: TokenRequest): Promise<string>
  behave(behaviour: Behaviour): Promise<void>
  rotate(): Promise<void>
  fetches(): Promise<{ discovery: number; jwks: number }>
}

/** A new issuer of a server. */
export async function issuerAt(server: string): Promise<Issuer> {
  const ask = async (method: string, url: string, body?: object): Promise<unknown> =>
    (await fetch(url, { method, ...(body ? { body: JSON.stringify(body) } : {}) })).json()
  const url = (await ask("POST", `${server}/`)) as string
  return {
    url,
    sign: async (request = {}) => (await ask("POST", `${url}/tokens`, request)) as string,
    behave: async (behaviour) => void (await ask("PUT", `${url}/behaviour`, behaviour)),
    rotate: async () => void (await ask("POST", `${url}/rotation`)),
    fetches: async () => (await ask("GET", `${url}/fetches`)) as { discovery: number; jwks: number },
  }
}
