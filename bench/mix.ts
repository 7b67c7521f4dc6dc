import { Agent, request } from "node:http"
import { administrator } from "./routes.ts"
import { signIn } from "./servers.ts"

/** The result of a mix: requests/s, and the number of reads and cache hits, in total and by kind of read. */
export interface Mixed {
  perSecond: number
  reads: number
  hits: number
  byKind: Record<string, { reads: number; hits: number }>
}

const items = 10_000
const users = 1000

/** Draws numbers from 1 to `n` by Zipf's law, exponent 1: rank k is drawn 1/k times as often as rank 1. */
function zipf(n: number, random: () => number): () => number {
  const sums: number[] = []
  let sum = 0
  for (let k = 1; k <= n; k++) {
    sum += 1 / k
    sums.push(sum)
  }
  return () => {
    const threshold = random() * sum
    let [low, high] = [0, n - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] as number) < threshold) low = middle + 1
      else high = middle
    }
    // Spreads the popular rows over the table.
    return ((low * 7919) % n) + 1
  }
}

/** Park and Miller's random number generator. With a fixed seed, every run sends the same requests. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/**
 * Measures a mix of 95 % reads and 5 % changes of an item's price. Of the reads, 80 % are single items, 10 % users with
 * their items and 10 % pages of items; rows are drawn by Zipf's law. Throws at the first response that is not 2xx.
 */
export async function mix(origin: string, seconds: number, connections: number): Promise<Mixed> {
  const token = await signIn(origin, administrator)
  const random = randomFrom(42)
  const [item, user, page] = [zipf(items, random), zipf(users, random), zipf(50, random)]
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const { hostname, port } = new URL(origin)
  const byKind: Mixed["byKind"] = {
    item: { reads: 0, hits: 0 },
    user: { reads: 0, hits: 0 },
    page: { reads: 0, hits: 0 },
  }
  const ask = (method: string, path: string, body?: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = body
        ? {
            authorization: `Bearer ${token}`,
            "content-type": "application/json",
            "content-length": body.length,
          }
        : {}
      const sent = request({ hostname, port, path, method, headers, agent }, (response) => {
        const status = response.statusCode ?? 0
        if (status < 200 || status > 299) reject(new Error(`${method} ${path}: ${status}`))
        response.on("error", reject)
        response.on("end", () => resolve(String(response.headers["cache-status"] ?? "")))
        response.resume()
      })
      sent.on("error", reject)
      sent.end(body)
    })
  const read = async (kind: string, path: string) => {
    const status = await ask("GET", path)
    const counts = byKind[kind]
    if (!counts) return
    counts.reads++
    if (status.startsWith("Weir; hit")) counts.hits++
  }
  const sendRequest = () => {
    const die = random()
    if (die < 0.05) return ask("PATCH", `/items/${item()}`, `{"price":${Math.floor(random() * 100)}}`)
    if (die < 0.81) return read("item", `/items/${item()}`)
    if (die < 0.905) return read("user", `/users/${user()}`)
    return read("page", `/items?limit=20&skip=${20 * (page() - 1)}`)
  }
  const end = performance.now() + seconds * 1000
  const started = performance.now()
  let responses = 0
  const connection = async () => {
    while (performance.now() < end) {
      await sendRequest()
      responses++
    }
  }
  await Promise.all(Array.from({ length: connections }, connection))
  const perSecond = responses / ((performance.now() - started) / 1000)
  agent.destroy()
  const sum = (key: "reads" | "hits") =>
    Object.values(byKind).reduce((total, counts) => total + counts[key], 0)
  return { perSecond, reads: sum("reads"), hits: sum("hits"), byKind }
}
