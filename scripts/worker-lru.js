// `lru-cache` for the Worker, a tenth as large: `[alias]` of wrangler.toml names this file. It keeps the `max` values that
// were used last, and knows no sizes and no times, which only what runs on Node asks for.
export class LRUCache {
  #max
  /** @type {Map<unknown, unknown>} */
  #values = new Map()

  /** @param {{ max?: number, maxSize?: number }} options */
  constructor({ max, maxSize }) {
    this.#max = max ?? maxSize ?? 0
  }

  get size() {
    return this.#values.size
  }

  /** @param {unknown} key */
  has(key) {
    return this.#values.has(key)
  }

  /** @param {unknown} key */
  get(key) {
    const value = this.#values.get(key)
    if (value === undefined) return undefined
    this.#values.delete(key)
    this.#values.set(key, value)
    return value
  }

  /**
   * @param {unknown} key
   * @param {unknown} value
   */
  set(key, value) {
    this.#values.delete(key)
    this.#values.set(key, value)
    if (this.#values.size > this.#max) this.#values.delete(this.#values.keys().next().value)
    return this
  }

  /** @param {unknown} key */
  delete(key) {
    return this.#values.delete(key)
  }

  clear() {
    this.#values.clear()
  }
}
