import type { Urls } from "./databases.ts"
import { connections, fire } from "./load.ts"
import { mix } from "./mix.ts"
import { freePort } from "./processes.ts"
import { median } from "./report.ts"
import { awayBar, type Dialect, health, hitBar, type Route, reads } from "./routes.ts"
import { type Origins, startServer } from "./servers.ts"

const count = (perSecond: number): string => Math.round(perSecond).toLocaleString("en")
const percent = (hits: number, of: number): string => `${((100 * hits) / of).toFixed(0)} %`
const verdict = (ratio: number, bar: number): string =>
  `${ratio.toFixed(2)} (bar ${bar.toFixed(2)}) ${ratio >= bar ? "ok" : "MISSED"}`

/**
 * Measures the cache: hits against `/health`, a mix of reads and writes, and on Postgres one item while Redis is
 * unreachable against `CACHE=off`.
 */
export async function benchCache(
  dialect: Dialect,
  urls: Urls,
  origins: Origins,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<void> {
  const oneItem = reads[0] as Route
  const hit = await measurePair(
    { ...oneItem, origin: origins.cached },
    { ...health, origin: origins.cached },
    seconds,
    rounds,
  )
  console.log(
    `One item from memory beside the same server's /health: ${count(hit.first)} of ${count(hit.second)}: ${verdict(hit.ratio, hitBar)}`,
  )
  for (const name of ["product", "cached"] as const) {
    const { perSecond, reads, hits, byKind } = await mix(origins[name], 2 * seconds, connections)
    const kinds = Object.entries(byKind).map(
      ([kind, counts]) => `${kind} ${percent(counts.hits, counts.reads)}`,
    )
    const hitRates =
      name === "cached" ? `; hits ${percent(hits, reads)} of the reads (${kinds.join(", ")})` : ""
    console.log(
      `95 % reads by Zipf's law, ${name === "cached" ? "cached" : "uncached"}: ${count(perSecond)}/s${hitRates}`,
    )
  }
  if (dialect === "sqlite") return
  // Nothing listens on that port, as with a stopped Redis.
  const away = await startServer("product", urls.product, {
    UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${await freePort()}`,
    UPSTASH_REDIS_REST_TOKEN: "none",
  })
  const without = await measurePair(
    { ...oneItem, origin: away },
    { ...oneItem, origin: origins.product },
    seconds,
    // The two figures are close, so more rounds are needed to exceed the noise.
    2 * rounds,
  )
  console.log(
    `One item with Redis unreachable beside CACHE=off: ${count(without.first)} of ${count(without.second)}: ${verdict(without.ratio, awayBar)}`,
  )
}

type Target = Route & { origin: string }

/** Measures two targets in turns: their medians, and the median of the rounds' own ratios. */
async function measurePair(first: Target, second: Target, seconds: number, rounds: number) {
  for (const target of [first, second]) await fire({ ...target, token: "" }, 1)
  const figures: [number, number][] = []
  for (let round = 0; round < rounds; round++)
    figures.push([
      await fire({ ...first, token: "" }, seconds),
      await fire({ ...second, token: "" }, seconds),
    ])
  return {
    first: median(figures.map(([a]) => a)),
    second: median(figures.map(([, b]) => b)),
    ratio: median(figures.map(([a, b]) => a / b)),
  }
}
