import { LRUCache } from "lru-cache"

/** Returns the value of an owner under a key, and calls `make` only if it is not in memory. */
export type Memo = <T extends object>(owner: object, key: string, make: () => T) => T

/**
 * A memo of values that are costly to make and depend only on owner and key. It keeps the `max` most recently used
 * values of each owner, for as long as the owner lives. Clients choose keys, so it must be bounded.
 */
export function memo(max: number): Memo {
  const valuesByOwner = new WeakMap<object, LRUCache<string, object>>()
  return <T extends object>(owner: object, key: string, make: () => T): T => {
    let values = valuesByOwner.get(owner)
    if (!values) {
      values = new LRUCache({ max })
      valuesByOwner.set(owner, values)
    }
    // The cast is safe: a key begins with a verb, and each verb has one type of value.
    const existing = values.get(key)
    if (existing) return existing as T
    const value = make()
    values.set(key, value)
    return value
  }
}
