import { join } from "node:path"
import { LRUCache } from "lru-cache"
import { expect, test } from "vitest"

type Cache = Pick<LRUCache<string, number>, "get" | "set" | "has" | "delete" | "clear" | "size">

test("the Worker's cache keeps what the package's own keeps", async () => {
  const own = (await import(join(import.meta.dirname, "../../../scripts/worker-lru.js"))) as {
    LRUCache: new (options: { max: number }) => Cache
  }
  const [small, whole] = [new own.LRUCache({ max: 5 }), new LRUCache<string, number>({ max: 5 })]
  let seed = 1
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let i = 0; i < 2_000; i++) {
    const key = `k${random(9)}`
    const does = [
      (cache: Cache) => cache.get(key),
      (cache: Cache) => cache.set(key, i) && undefined,
      (cache: Cache) => cache.has(key),
      (cache: Cache) => cache.delete(key),
      (cache: Cache) => (i % 50 === 0 ? cache.clear() : cache.size),
    ][random(5)] as (cache: Cache) => unknown
    expect(does(small), `${i}`).toEqual(does(whole))
  }
})
