import { afterAll, beforeAll, expect, test } from "vitest"
import type { Call } from "../support/client.ts"
import { essence } from "../support/upstash.ts"
import type { World } from "../support/world.ts"
import { type Dependencies, dependencies, fill, reads, writes } from "./dependencies.ts"

/** What a cached answer depends on shows in the very next read, however the answer goes through it. */
export function dependencySuite(
  open: () => Promise<World>,
  cachedOver: (w: World, { subject }: Dependencies) => Promise<Call>,
): void {
  let w: World
  let d: Dependencies
  let call: Call
  beforeAll(async () => {
    w = await open()
    d = await dependencies(w)
    call = await cachedOver(w, d)
    await fill(w, call)
  })
  afterAll(async () => {
    await d.close()
    await w.close()
  })

  const texts = new Map<string, string>()
  const changed = new Set<string>()

  test.each(writes)("%s", async (_what, write) => {
    for (const path of reads) {
      await call("GET", path)
      const hit = await call("GET", path)
      expect(hit.headers.get("cache-status"), `${path}: ${hit.text.slice(0, 300)}`).toMatch(/^Weir; hit/)
      texts.set(path, hit.text)
    }
    await write(call, w)
    for (const path of reads) {
      const [now, right] = [await call("GET", path), await d.plain("GET", path)]
      expect(essence(now), path).toEqual(essence(right))
      expect(right.status, path).toBe(200)
      if (now.text !== texts.get(path)) changed.add(path)
    }
  })

  test("each read has shown some of the writes", () => {
    expect(reads.filter((path) => !changed.has(path))).toEqual([])
  })
}
