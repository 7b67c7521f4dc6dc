// `@upstash/ratelimit` for the Worker, a tenth as large: `[alias]` of wrangler.toml names this file. It has fixed windows
// alone, and counts them under the same keys as the package does.

/**
 * Counts, in one step. A window begins with its first attempt, and its key expires by itself.
 * The first line lets Upstash run it beside commands on other keys.
 */
const countScript = `#!lua flags=allow-key-locking
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
if count == tonumber(ARGV[1]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return count`

/** @typedef {{ eval(script: string, keys: string[], args: (string | number)[]): Promise<unknown> }} Redis */

export class Ratelimit {
  #redis
  #amount
  #ms
  #prefix

  /** @param {{ redis: Redis, limiter: { amount: number, ms: number }, prefix: string }} options */
  constructor({ redis, limiter, prefix }) {
    this.#redis = redis
    this.#amount = limiter.amount
    this.#ms = limiter.ms
    this.#prefix = prefix
  }

  /**
   * @param {number} amount
   * @param {`${number} ms`} length
   */
  static fixedWindow(amount, length) {
    return { amount, ms: Number.parseInt(length, 10) }
  }

  /**
   * @param {string} client
   * @param {{ rate?: number }} [options]
   */
  async limit(client, { rate = 1 } = {}) {
    const window = Math.floor(Date.now() / this.#ms)
    const key = `${this.#prefix}:${client}:${window}`
    const count = Number(await this.#redis.eval(countScript, [key], [rate, this.#ms]))
    return {
      success: count <= this.#amount,
      limit: this.#amount,
      remaining: Math.max(0, this.#amount - count),
      reset: (window + 1) * this.#ms,
    }
  }
}
