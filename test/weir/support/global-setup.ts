import { createServer } from "node:net"
import type { TestProject } from "vitest/node"
import { startPostgres } from "./postgres-server.ts"
import { startRedis } from "./redis-server.ts"
import { startSqld } from "./sqld-server.ts"
import { startUpstash } from "./upstash-server.ts"

declare module "vitest" {
  interface ProvidedContext {
    postgresUrl: string
    /** One for each worker of vitest. */
    sqldUrls: string[]
    upstashUrls: string[]
  }
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** As many workers as vitest.config.ts lets run. */
const workers = 3

/** A Redis behind Upstash's protocol. */
async function startCache(): Promise<{ url: string; stop(): Promise<void> }> {
  const redis = await startRedis()
  const upstash = await startUpstash(redis.port)
  const stop = async () => {
    await upstash.stop()
    await redis.stop()
  }
  return { url: upstash.url, stop }
}

/**
 * One Postgres for all suites, and a libSQL server for each worker, for it has one set of tables; each scenario has
 * a database or empty tables of its own. A Redis for each worker, too, which may fill it up or empty it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const each = Array.from({ length: workers })
  const [postgres, sqlds, caches] = await Promise.all([
    freePort().then((port) => startPostgres(port)),
    Promise.all(each.map(() => freePort().then(startSqld))),
    Promise.all(each.map(startCache)),
  ])
  project.provide("postgresUrl", postgres.url)
  project.provide(
    "sqldUrls",
    sqlds.map(({ url }) => url),
  )
  project.provide(
    "upstashUrls",
    caches.map(({ url }) => url),
  )
  return async () => {
    await Promise.all([postgres, ...sqlds, ...caches].map((server) => server.stop()))
  }
}
