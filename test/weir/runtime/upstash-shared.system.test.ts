import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Answer, Call } from "../support/client.ts"
import { migratedPostgres } from "../support/databases.ts"
import { authSecret, eventually, httpCaller } from "../support/http.ts"
import { type NodeServer, runCommand, startNode, tempFolder, type Variables } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"
import { type RedisServer, startRedis } from "../support/redis-server.ts"
import { startUpstash, type UpstashServer } from "../support/upstash-server.ts"

/** Several processes over one database and one cache. */
let redis: RedisServer
let upstash: UpstashServer
let variables: Variables
beforeAll(async () => {
  redis = await startRedis()
  upstash = await startUpstash(redis.port)
})
afterAll(async () => {
  await upstash.stop()
  await redis.stop()
})

async function freshDatabase(): Promise<string> {
  const url = await migratedPostgres()
  variables = {
    DATABASE_URL: url,
    AUTH_SECRET: authSecret,
    UPSTASH_REDIS_REST_URL: upstash.url,
    UPSTASH_REDIS_REST_TOKEN: upstash.token,
  }
  return url
}

const isHit = (answer: Answer) => answer.headers.get("cache-status")?.startsWith("Weir; hit") === true

test("two servers see each other's writes at once", async () => {
  const token = await addPerson(await freshDatabase())
  const servers = await Promise.all([startNode(variables), startNode(variables)])
  const [one, other] = servers.map(({ url }) => httpCaller(url)) as [Call, Call]
  const made = await one("POST", "/items", { token, json: { title: "item", price: 0 } })
  expect(made.status, made.text).toBe(201)
  const stale: string[] = []
  // A machine that is busy makes Redis late for one or the other now and then: then neither is told, nor asked.
  let told = 0
  const until = performance.now() + 10_000
  for (let price = 1; told < 20 && performance.now() < until; price++) {
    const [writer, reader] = price % 2 ? [one, other] : [other, one]
    for (const path of ["/items/1", "/items?fields=price"]) await reader("GET", path)
    const id = `write-${price}`
    await writer("PATCH", "/items/1", { token, json: { price }, headers: { "x-request-id": id } })
    for (const path of ["/items/1", "/items?fields=price"]) {
      const read = await reader("GET", path)
      const [row] = [read.body].flat() as { price: number }[]
      if (row?.price !== price) stale.push(id)
      if (read.headers.get("cache-status") === "Weir; fwd=stale; stored") told++
    }
  }
  for (const server of servers) expect(await server.stop()).toBe(0)
  const untold = servers.flatMap((server) => server.logs().filter((record) => record.cache_untold))
  // Whoever could not tell of a write has said so.
  expect(untold.map((record) => record.request_id)).toEqual(expect.arrayContaining(stale))
  expect(told).toBeGreaterThanOrEqual(20)
})

describe("what a server has cached is outdated by a command", () => {
  const item = { title: "imported", description: null, price: 1, owner_id: 1 }
  let file: string
  let server: NodeServer
  beforeAll(() => {
    file = join(tempFolder(), "items.ndjson")
    writeFileSync(file, `${JSON.stringify(item)}\n`.repeat(30))
  })

  /** Each command, and how many items there are after it, or the status. */
  const commands: [args: string[], after: number][] = [
    [["seed", "--users", "5", "--items", "20"], 20],
    [["import", "items"], 50],
    [["rollback", "--to", "base", "--force"], 503],
    [["migrate"], 0],
  ]

  /** Runs each while a server has in its cache what was before. */
  async function eachCommand(
    run: (args: string[]) => ReturnType<typeof runCommand>,
    check: (count: () => Promise<number>, after: number, stderr: string) => Promise<void>,
  ): Promise<void> {
    await freshDatabase()
    // Short, for what a server cannot know.
    variables.CACHE_TTL = 2
    server = await startNode(variables)
    const call = httpCaller(server.url)
    const ask = () => call("GET", "/items?count=exact&limit=1")
    for (const [args, after] of commands) {
      await eventually(async () => {
        const answer = await ask()
        expect(answer.status === 503 || isHit(answer)).toBe(true)
      })
      const { code, stderr } = await run(args[0] === "import" ? [...args, file] : args)
      expect(code, stderr).toBe(0)
      const count = async () => {
        const { status, headers } = await ask()
        return status === 200 ? Number(headers.get("x-total-count")) : status
      }
      await check(count, after, stderr)
    }
    expect(await server.stop()).toBe(0)
  }

  test("at once, or it says that Redis could not be told", () =>
    eachCommand(
      (args) => runCommand(variables, ...args),
      async (count, after, stderr) => {
        if (stderr.includes("Redis could not be told"))
          await eventually(async () => expect(await count()).toBe(after))
        else expect(await count()).toBe(after)
      },
    ))

  // The command ends before it has told what it could not tell at first; migrate and rollback tell of nothing at all.
  test("when the command has ended, also where its first word to Redis was lost", () =>
    eachCommand(
      async (args) => {
        const before = upstash.requests
        upstash.fault = { kind: "refuse" }
        let over = false
        const running = runCommand(variables, ...args).finally(() => {
          over = true
        })
        while (upstash.requests === before && !over) await sleep(2)
        upstash.fault = undefined
        return running
      },
      async (count, after) => expect(await count()).toBe(after),
    ))
})
