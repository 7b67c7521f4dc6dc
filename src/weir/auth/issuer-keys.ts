import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from "jose"
import { FetchFailure } from "../lib/bounded-fetch.ts"
import type { IssuerOptions } from "../resource/issuers.ts"
import { askJson, askMs, discover, endpointOf } from "./discovery.ts"

/** How long keys are used before they are asked for again. */
export const maxAgeMs = 600_000
/** How long keys are used while the issuer does not answer. */
export const maxStaleMs = 86_400_000
/** How long nothing is asked for again: after an answer, for a key that is not among those it held; after a failure. */
export const cooldownMs = 15_000
const failureCooldownMs = 2_000

/** The keys of an issuer cannot be had: nothing can be said of its tokens. */
export class KeysUnavailable extends Error {}

type FindKey = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>

/**
 * The public keys of one issuer, fetched when they are needed and kept. While the issuer is away, those that are there
 * go on: its outage is none of ours. What jose's `createRemoteJWKSet` does, which waits for the issuer at each token
 * once its keys are old, and asks it at each token while it is away.
 */
export class IssuerKeys {
  private readonly options: Pick<IssuerOptions, "issuer" | "jwks">
  private keys: FindKey | undefined
  private fetchedAt = Number.NEGATIVE_INFINITY
  private triedAt = Number.NEGATIVE_INFINITY
  private failure: Error | undefined
  private pending: Promise<void> | undefined

  constructor(options: Pick<IssuerOptions, "issuer" | "jwks">) {
    this.options = options
  }

  /** Finds the key of a token. Throws `KeysUnavailable`, and jose's `JWKSNoMatchingKey`. */
  find: FindKey = async (header, token) => {
    await this.refresh()
    const { keys } = this
    if (!keys || Date.now() - this.fetchedAt > maxStaleMs) throw this.unavailable()
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      // The issuer may have a new key. Whether it has is not known where it does not answer.
      if (this.pending || this.mayTry(cooldownMs)) await this.load()
      if (this.failure) throw this.unavailable()
      return (this.keys ?? keys)(header, token)
    }
  }

  /** Fetches keys where there are none, or where they are old: then whoever comes meanwhile takes the old ones. */
  private async refresh(): Promise<void> {
    const isOld = Date.now() - this.fetchedAt > maxAgeMs
    if (!this.keys) {
      if (this.pending || this.mayTry(failureCooldownMs)) await this.load()
    } else if (isOld && this.mayTry(cooldownMs)) await this.load()
  }

  private mayTry(cooldown: number): boolean {
    const since = Date.now() - this.triedAt
    // A clock that was set back ends the wait as well.
    return since >= cooldown || since < 0
  }

  private unavailable(): KeysUnavailable {
    const { message = "has not answered yet" } = this.failure ?? {}
    return new KeysUnavailable(`${this.options.issuer} ${message}`, { cause: this.failure })
  }

  /** One fetch at a time. On Workers, a fetch of a request that was ended never settles: it is waited for so long. */
  private async load(): Promise<void> {
    if (this.pending && (await settles(this.pending, askMs + 500))) return
    this.triedAt = Date.now()
    const own = this.fetchKeys().finally(() => {
      if (this.pending === own) this.pending = undefined
    })
    this.pending = own
    await own
  }

  private async fetchKeys(): Promise<void> {
    const signal = AbortSignal.timeout(askMs)
    const { issuer, jwks } = this.options
    try {
      const url = jwks ?? endpointOf(await discover(issuer, signal), "jwks_uri")
      this.keys = createLocalJWKSet((await askJson(url, signal)) as unknown as JSONWebKeySet)
      this.fetchedAt = Date.now()
      this.failure = undefined
    } catch (error) {
      this.failure =
        error instanceof FetchFailure
          ? error
          : new FetchFailure("has keys that are malformed", { cause: error })
    }
  }
}

/** Whether work ends within a time. */
async function settles(work: Promise<void>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
