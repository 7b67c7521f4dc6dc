import { LRUCache } from "lru-cache"

/** What was made for an owner under a key: kept as long as the owner, and as long as it is among the `max` used last. */
export type Memo = <T extends object>(owner: object, key: string, make: () => T) => T

/** A bounded memory of what is costly to make and depends on nothing but its key. Keys come from clients. */
export function memo(max: number): Memo {
  const kept = new WeakMap<object, LRUCache<string, object>>()
  return <T extends object>(owner: object, key: string, make: () => T): T => {
    let known = kept.get(owner)
    if (!known) {
      known = new LRUCache({ max })
      kept.set(owner, known)
    }
    // A key begins with a verb, and a verb makes one kind of thing.
    const found = known.get(key)
    if (found) return found as T
    const made = make()
    known.set(key, made)
    return made
  }
}
