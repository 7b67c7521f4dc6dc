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

/** What the cache is for, and what it may cost: hits beside a plain hello, a mix of reads and writes, Redis away. */
export async function benchCache(
  dialect: Dialect,
  urls: Urls,
  origins: Origins,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<void> {
  const oneItem = reads[0] as Route
  const hit = await beside(
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
    const kinds = Object.entries(byKind).map(([kind, of]) => `${kind} ${percent(of.hits, of.reads)}`)
    const said = name === "cached" ? `; hits ${percent(hits, reads)} of the reads (${kinds.join(", ")})` : ""
    console.log(
      `95 % reads by Zipf's law, ${name === "cached" ? "cached" : "uncached"}: ${count(perSecond)}/s${said}`,
    )
  }
  if (dialect === "sqlite") return
  // Nobody listens there: as a Redis that has stopped.
  const away = await startServer("product", urls.product, {
    UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${await freePort()}`,
    UPSTASH_REDIS_REST_TOKEN: "none",
  })
  const without = await beside(
    { ...oneItem, origin: away },
    { ...oneItem, origin: origins.product },
    seconds,
    // The two are nearly the same: more rounds tell them from the noise.
    2 * rounds,
  )
  console.log(
    `One item with Redis away beside CACHE=off: ${count(without.first)} of ${count(without.second)}: ${verdict(without.ratio, awayBar)}`,
  )
}

type Place = Route & { origin: string }

/** Two targets in turns: medians, and the median of the rounds' own ratios. */
async function beside(first: Place, second: Place, seconds: number, rounds: number) {
  for (const place of [first, second]) await fire({ ...place, token: "" }, 1)
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
