import { once } from "node:events"
import { type AddressInfo, connect, createServer } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { onTestFinished } from "vitest"
import { migratedPostgres } from "./databases.ts"
import { authSecret } from "./http.ts"
import { startNode, type Variables } from "./node-server.ts"
import { addPerson } from "./people.ts"
import { RaceWorld } from "./race-world.ts"
import { type RedisServer, startRedis } from "./redis-server.ts"
import { startUpstash, type UpstashServer } from "./upstash-server.ts"

/**
 * A way to Postgres on which some answers are late, so that much happens between what a statement saw or did and
 * the moment in which the server hears of it.
 */
export async function lateAnswers(url: string): Promise<string> {
  const address = new URL(url)
  const [port, host] = [Number(address.port), address.hostname]
  const way = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host, noDelay: true })
    let before = Promise.resolve()
    const late = async (chunk: Buffer) => {
      if (Math.random() < 0.25) await sleep(5 + Math.random() * 15)
      near.write(chunk)
    }
    far.on("data", (chunk) => {
      before = before.then(() => late(chunk))
    })
    near.on("data", (chunk) => far.write(chunk))
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on("error", () => {}).once("close", () => other.destroy())
  })
  way.listen(0, "127.0.0.1")
  await once(way, "listening")
  onTestFinished(() => void way.close())
  address.port = `${(way.address() as AddressInfo).port}`
  return address.href
}

export interface Setting {
  world: RaceWorld
  redis: RedisServer
  /** Each server's way to Redis. */
  ways: UpstashServer[]
}

/** Servers with a log of every request: it says which writes Redis could not be told of. */
export async function start(processes: number, env: Variables): Promise<Setting> {
  const [url, redis] = await Promise.all([migratedPostgres(), startRedis()])
  onTestFinished(() => redis.stop())
  const late = await lateAnswers(url)
  const ways = await Promise.all(Array.from({ length: processes }, () => startUpstash(redis.port)))
  for (const way of ways) onTestFinished(() => way.stop())
  const servers = await Promise.all(
    ways.map((way) =>
      startNode({
        DATABASE_URL: late,
        AUTH_SECRET: authSecret,
        UPSTASH_REDIS_REST_URL: way.url,
        UPSTASH_REDIS_REST_TOKEN: way.token,
        ...env,
      }),
    ),
  )
  const tokens = new Map<number, string>()
  for (const name of ["ann", "bob"]) tokens.set(tokens.size + 1, await addPerson(url, name))
  return { world: new RaceWorld(servers, tokens), redis, ways }
}

/** An empty one on the same port. */
export async function startAgain(port: number): Promise<void> {
  const redis = await startRedis({ port })
  onTestFinished(() => redis.stop())
}
