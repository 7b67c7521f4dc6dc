import type { TestProject } from "vitest/node"
import { IssuerServer } from "./issuer.ts"
import { freePort } from "./ports.ts"
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
    issuerUrl: string
  }
}

/** As many workers as vitest.config.ts lets run. */
const workers = 3
const forEachWorker = <T>(start: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: workers }, start))

interface Server {
  url: string
  stop(): Promise<void>
}

/** A Redis behind Upstash's protocol. */
async function startCache(): Promise<Server> {
  const redis = await startRedis()
  const upstash = await startUpstash(redis.port)
  const stop = async () => {
    await upstash.stop()
    await redis.stop()
  }
  return { url: upstash.url, stop }
}

/** Issuers of tokens, which are providers to sign in with as well. */
async function startIssuers(): Promise<Server> {
  const server = new IssuerServer()
  return { url: await server.start(), stop: () => server.close() }
}

const starters = {
  issuer: async () => [await startIssuers()],
  postgres: async () => [await startPostgres(await freePort())],
  // A libSQL server has one set of tables.
  sqld: () => forEachWorker(async () => startSqld(await freePort())),
  // A worker may fill its Redis up, or empty it.
  redis: () => forEachWorker(startCache),
} satisfies Record<string, () => Promise<Server[]>>

type Kind = keyof typeof starters

interface Shared {
  servers: Promise<Server[]>
  users: number
}

/** The servers of this process: projects that run together share them, although each loads this file anew. */
const process_ = globalThis as { weirServers?: Map<Kind, Shared> }
const shared = process_.weirServers ?? new Map<Kind, Shared>()
process_.weirServers = shared

async function take(kind: Kind): Promise<string[]> {
  const running = shared.get(kind) ?? { servers: starters[kind](), users: 0 }
  shared.set(kind, running)
  running.users += 1
  return (await running.servers).map(({ url }) => url)
}

async function release(kind: Kind): Promise<void> {
  const running = shared.get(kind)
  if (!running || --running.users > 0) return
  shared.delete(kind)
  await Promise.all((await running.servers).map((server) => server.stop()))
}

/** A global setup that starts the servers which a project's suites need, and stops them after the last project. */
export const servers =
  (...kinds: Kind[]) =>
  async (project: TestProject): Promise<() => Promise<void>> => {
    await Promise.all(
      kinds.map(async (kind) => {
        const urls = await take(kind)
        if (kind === "issuer") project.provide("issuerUrl", urls[0] as string)
        if (kind === "postgres") project.provide("postgresUrl", urls[0] as string)
        if (kind === "sqld") project.provide("sqldUrls", urls)
        if (kind === "redis") project.provide("upstashUrls", urls)
      }),
    )
    return async () => void (await Promise.all(kinds.map(release)))
  }
