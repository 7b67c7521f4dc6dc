import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Answer, Call } from "../support/client.ts"
import { authSecret, eventually, httpCaller } from "../support/http.ts"
import { type NodeServer, startNode, tempFolder, type Variables } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"
import { freePort } from "../support/ports.ts"
import { type RedisServer, startRedis } from "../support/redis-server.ts"
import { startUpstash, type UpstashServer } from "../support/upstash-server.ts"

/** Servers whose cache is in Redis, while that dies, hangs, is away or turns them off. */
let redis: RedisServer
let upstash: UpstashServer
beforeAll(async () => {
  redis = await startRedis()
  upstash = await startUpstash(redis.port)
})
afterAll(async () => {
  await upstash.stop()
  await redis.stop()
})

const settings = ({ url, token } = upstash): Variables => ({
  AUTH_SECRET: authSecret,
  UPSTASH_REDIS_REST_URL: url,
  UPSTASH_REDIS_REST_TOKEN: token,
})
const isHit = (answer: Answer) => answer.headers.get("cache-status")?.startsWith("Weir; hit") === true
const priceOf = (answer: Answer) => (answer.body as { price: number }).price

interface Running {
  server: NodeServer
  call: Call
  token: string
}

/** A server over a file of its own, with an item of Ann's. */
async function withItem(variables = settings()): Promise<Running> {
  const folder = tempFolder()
  const server = await startNode(variables, folder)
  const call = httpCaller(server.url)
  const token = await addPerson(folder)
  const made = await call("POST", "/items", { token, json: { title: "item", price: 0 } })
  expect(made.status, made.text).toBe(201)
  return { server, call, token }
}

const eventuallyHits = (call: Call) =>
  eventually(async () => expect(isHit(await call("GET", "/items/1"))).toBe(true))

/** Sooner or later, for a machine that is busy may make Redis late. */
const eventuallyIs = (call: Call, status: "ready" | "degraded") =>
  eventually(async () => {
    const answer = await call("GET", "/ready")
    expect(answer.status).toBe(200)
    const cache = { status: status === "ready" ? "up" : "down" }
    expect(answer.body).toMatchObject({ status, dependencies: { database: { status: "up" }, cache } })
  })

/** Nothing went wrong for a client, nor in the log; it ends as it should. */
async function expectSound({ server }: Running): Promise<void> {
  expect(await server.stop()).toBe(0)
  expect(server.stderr()).toBe("")
  for (const record of server.logs()) expect(record.level, JSON.stringify(record)).not.toBe("error")
}

describe("under load", () => {
  /** Readers, and a writer who reads what it has written, until told to end. What any of them has met. */
  function load({ call, token }: Running) {
    let going = true
    const seen = { statuses: new Map<number, number>(), answers: 0, writes: 0, wrong: [] as string[] }
    const ask: Call = async (...request) => {
      const answer = await call(...request)
      seen.answers += 1
      seen.statuses.set(answer.status, (seen.statuses.get(answer.status) ?? 0) + 1)
      return answer
    }
    const readers = ["/items/1", "/items", "/users/1", "/items/1"].map(async (path) => {
      while (going) await ask("GET", path)
    })
    const writer = async () => {
      while (going) {
        const price = ++seen.writes
        await ask("PATCH", "/items/1", { token, json: { price } })
        const read = priceOf(await ask("GET", "/items/1"))
        if (read !== price) seen.wrong.push(`${read} after ${price}`)
        await sleep(20)
      }
    }
    const all = Promise.all([...readers, writer()])
    return {
      /** Waits for so many writes from now on, and the reads that go with them: whoever waited for Redis would never end. */
      goesOn: async (writes: number) => {
        const [answers, until] = [seen.answers, seen.writes + writes + 1]
        while (seen.writes < until || seen.answers < answers + 5 * writes) await sleep(5)
      },
      end: async () => {
        going = false
        await all
        return seen
      },
    }
  }

  /** Redis goes and comes back while a server is busy. */
  async function through(go: () => Promise<void> | void, back: () => Promise<void> | void): Promise<void> {
    const running = await withItem()
    const { call, server } = running
    await eventuallyHits(call)
    const busy = load(running)
    await busy.goesOn(3)
    await go()
    try {
      await eventuallyIs(call, "degraded")
      await busy.goesOn(5)
    } finally {
      await back()
    }
    await eventuallyIs(call, "ready")
    await busy.goesOn(3)
    const { statuses, wrong } = await busy.end()
    expect([...statuses.keys()]).toEqual([200])
    expect(wrong).toEqual([])
    await eventuallyHits(call)
    await eventuallyIs(call, "ready")
    await expectSound(running)
    const written = server.logs().filter(({ method }) => method === "PATCH")
    // The log tells of the writes that Redis could not be told of.
    expect(written.map((record) => record.cache_untold)).toContain(true)
  }

  test("Redis is killed, and started again empty: no request fails, and there are hits again", async () => {
    const { port } = redis
    await through(
      () => redis.stop(),
      async () => {
        redis = await startRedis({ port })
      },
    )
  })

  test("Redis hangs for a while: nobody waits for it, and there are hits again", () =>
    through(
      () => redis.pause(),
      () => redis.resume(),
    ))
})

test("a cache that is away when the server starts is used once it is there", async () => {
  const port = await freePort()
  const running = await withItem(settings({ ...upstash, url: `http://127.0.0.1:${port}` }))
  const { call } = running
  for (let n = 0; n < 5; n++) expect((await call("GET", "/items/1")).status).toBe(200)
  await eventuallyIs(call, "degraded")
  const late = await startUpstash(redis.port, { port })
  await eventuallyHits(call)
  await eventuallyIs(call, "ready")
  await expectSound(running)
  await late.stop()
})

test("a token that the cache does not take costs no request an error", async () => {
  const running = await withItem(settings({ ...upstash, token: "wrong" }))
  const { call, token } = running
  for (let price = 1; price < 4; price++) {
    expect((await call("PATCH", "/items/1", { token, json: { price } })).status).toBe(200)
    const read = await call("GET", "/items/1")
    expect(priceOf(read)).toBe(price)
    // Unreachable where the refusal itself takes longer than the cache waits, as the first connection may.
    expect(read.headers.get("cache-status")).toMatch(/^Weir; fwd=bypass; detail=(refused|unreachable)$/)
  }
  await eventuallyIs(call, "degraded")
  await expectSound(running)
})
