import { createServer } from "node:net"
import type { TestProject } from "vitest/node"
import { startPostgres } from "./postgres-server.ts"
import { startSqld } from "./sqld-server.ts"

declare module "vitest" {
  interface ProvidedContext {
    postgresUrl: string
    /** One for each worker of vitest. */
    sqldUrls: string[]
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
const workers = 4

/**
 * One Postgres for all suites, and a libSQL server for each worker, for it has one set of tables; each scenario has
 * a database or empty tables of its own.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, ...sqlds] = await Promise.all([
    freePort().then((port) => startPostgres(port)),
    ...Array.from({ length: workers }, () => freePort().then(startSqld)),
  ])
  project.provide("postgresUrl", postgres.url)
  project.provide(
    "sqldUrls",
    sqlds.map(({ url }) => url),
  )
  return async () => {
    await Promise.all([postgres, ...sqlds].map((server) => server.stop()))
  }
}
