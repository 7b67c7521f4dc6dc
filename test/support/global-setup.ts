import { createServer } from "node:net"
import type { TestProject } from "vitest/node"
import { startPostgres } from "./postgres-server.ts"
import { startSqld } from "./sqld-server.ts"

declare module "vitest" {
  interface ProvidedContext {
    postgresUrl: string
    sqldUrl: string
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

/** One Postgres and one libSQL server for all suites; each scenario has a database or empty tables of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, sqld] = await Promise.all([
    freePort().then((port) => startPostgres(port)),
    freePort().then((port) => startSqld(port)),
  ])
  project.provide("postgresUrl", postgres.url)
  project.provide("sqldUrl", sqld.url)
  return async () => {
    await Promise.all([postgres.stop(), sqld.stop()])
  }
}
