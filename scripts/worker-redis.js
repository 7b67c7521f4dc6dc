// `@upstash/redis/cloudflare` for the Worker, a twentieth as large: `[alias]` of wrangler.toml names this file. It has the
// commands that the engine and scripts/worker-ratelimit.js send, and tries each of them once.

/**
 * @typedef {string | number} Word
 * @typedef {{ result?: unknown, error?: string | undefined }} Reply
 */

/** What Redis, or Upstash in front of it, refuses. */
class UpstashError extends Error {
  /** @override */
  name = "UpstashError"
}

/** An answer that is none of Upstash's. */
class UpstashJSONParseError extends UpstashError {
  /** @override */
  name = "UpstashJSONParseError"
}

export class Redis {
  #url
  #signal
  /** @type {Record<string, string>} */
  #headers
  #isEncoded
  #isParsed

  /**
   * @param {{
   *   url: string,
   *   token: string,
   *   signal: () => AbortSignal,
   *   responseEncoding?: false | "base64",
   *   automaticDeserialization?: boolean,
   * }} options
   */
  constructor({ url, token, signal, responseEncoding, automaticDeserialization = true }) {
    this.#url = url.replace(/\/$/, "")
    this.#signal = signal
    this.#isEncoded = responseEncoding !== false
    this.#isParsed = automaticDeserialization
    this.#headers = {
      "content-type": "application/json",
      authorization: `Bearer ${token}`,
      // The state of Redis that a replica must have reached before it answers.
      "upstash-sync-token": "",
      ...(this.#isEncoded ? { "upstash-encoding": "base64" } : {}),
    }
  }

  ping() {
    return this.#run(["ping"])
  }

  /** @param {string[]} keys */
  del(...keys) {
    return this.#run(["del", ...keys])
  }

  /**
   * @param {string} key
   * @param {Word} value
   * @param {{ px: number, nx?: boolean }} options
   */
  set(key, value, { px, nx }) {
    return this.#run(["set", key, value, ...(nx ? ["nx"] : []), "px", px])
  }

  /** @param {string} key */
  pttl(key) {
    return this.#run(["pttl", key])
  }

  /**
   * @param {string} key
   * @param {number} ms
   */
  pexpire(key, ms) {
    return this.#run(["pexpire", key, ms])
  }

  /**
   * @param {string} script
   * @param {string[]} keys
   * @param {Word[]} args
   */
  eval(script, keys, args) {
    return this.#run(evaluation(script, keys, args))
  }

  /** Several commands in one request. Each error among the replies stands for its command alone. */
  pipeline() {
    return new Pipeline(async (commands) => {
      const replies = /** @type {Reply[]} */ (await this.#send("/pipeline", commands))
      return replies.map(({ result, error }) => ({ result: this.#read(result), error }))
    })
  }

  /** @param {Word[]} command */
  async #run(command) {
    const { result, error } = /** @type {Reply} */ (await this.#send("", command))
    if (error) throw new UpstashError(error)
    const value = this.#read(result)
    if (value === undefined) throw new TypeError("Request did not return a result")
    return value
  }

  /**
   * @param {string} path
   * @param {unknown[]} body
   */
  async #send(path, body) {
    const response = await fetch(this.#url + path, {
      method: "POST",
      headers: this.#headers,
      body: JSON.stringify(body),
      signal: this.#signal(),
    })
    const text = await response.text()
    let answer
    try {
      answer = JSON.parse(text)
    } catch (cause) {
      throw new UpstashJSONParseError(`Unable to parse response body: ${text.slice(0, 200)}`, { cause })
    }
    if (!response.ok) throw new UpstashError(`${answer.error}, command was: ${JSON.stringify(body)}`)
    this.#headers["upstash-sync-token"] = response.headers.get("upstash-sync-token") ?? ""
    return answer
  }

  /** @param {unknown} result */
  #read(result) {
    const plain = this.#isEncoded ? decoded(result) : result
    return this.#isParsed ? parsed(plain) : plain
  }
}

class Pipeline {
  /** @type {Word[][]} */
  #commands = []
  #send

  /** @param {(commands: Word[][]) => Promise<Reply[]>} send */
  constructor(send) {
    this.#send = send
  }

  /**
   * @param {string} script
   * @param {string[]} keys
   * @param {Word[]} args
   */
  eval(script, keys, args) {
    this.#commands.push(evaluation(script, keys, args))
    return this
  }

  exec() {
    return this.#send(this.#commands)
  }
}

/**
 * @param {string} script
 * @param {string[]} keys
 * @param {Word[]} args
 * @returns {Word[]}
 */
const evaluation = (script, keys, args) => ["eval", script, keys.length, ...keys, ...args]

/**
 * A result without its base64. The word OK has none where it is the whole result.
 *
 * @param {unknown} result
 * @returns {unknown}
 */
const decoded = (result) =>
  Array.isArray(result)
    ? result.map((one) => (typeof one === "string" ? textOf(one) : decoded(one)))
    : typeof result === "string" && result !== "OK"
      ? textOf(result)
      : result

/** @param {string} base64 */
function textOf(base64) {
  try {
    return Buffer.from(atob(base64), "latin1").toString()
  } catch {
    return base64
  }
}

/**
 * A result whose texts are read as JSON where they are JSON, but for numbers that are written in another way.
 *
 * @param {unknown} result
 * @returns {unknown}
 */
function parsed(result) {
  if (Array.isArray(result)) return result.map(parsed)
  if (typeof result !== "string") return result
  try {
    const value = JSON.parse(result)
    return typeof value === "number" && String(value) !== result ? result : value
  } catch {
    return result
  }
}
