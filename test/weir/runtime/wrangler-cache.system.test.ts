import { afterAll, beforeAll, expect, test } from "vitest"
import { authSecret, eventually, httpCaller, signUp } from "../support/http.ts"
import { tempFolder } from "../support/node-server.ts"
import { type RedisServer, startRedis } from "../support/redis-server.ts"
import { startUpstash, type UpstashServer } from "../support/upstash-server.ts"
import { migrateD1, startWrangler, type WranglerServer } from "../support/wrangler-server.ts"

/** A Worker as it is deployed, with Redis: requests that share a process, but neither sockets nor timers. */
let redis: RedisServer
let upstash: UpstashServer
let server: WranglerServer
let call: ReturnType<typeof httpCaller>
let token: string

const settings = () => ({
  NODE_ENV: "development",
  AUTH_SECRET: authSecret,
  UPSTASH_REDIS_REST_URL: upstash.url,
  UPSTASH_REDIS_REST_TOKEN: upstash.token,
})

beforeAll(async () => {
  const folder = tempFolder()
  await migrateD1(folder)
  redis = await startRedis()
  upstash = await startUpstash(redis.port)
  server = await startWrangler(folder, settings())
  call = httpCaller(server.url)
  token = await signUp(call)
  for (let n = 1; n <= 20; n++)
    expect((await call("POST", "/items", { token, json: { title: `item ${n}`, price: n } })).status).toBe(201)
  // A busy machine's Worker may have found Redis slow, and does without it for a while.
  await eventually(async () => expect(await statusOf("/items/2")).toMatch(/^Weir; hit/), 20_000)
})
afterAll(async () => {
  await server.stop()
  await upstash.stop()
  await redis.stop()
})

const statusOf = async (path: string, headers: Record<string, string> = {}) =>
  (await call("GET", path, { headers })).headers.get("cache-status")

test("a hit is one round trip to Redis, and a 304 too", async () => {
  // Where the machine is busy, Redis may be slow for a moment, and left out: then it is another item's turn.
  let id = 2
  await eventually(async () => {
    const path = `/items/${++id}`
    expect(await statusOf(path)).toBe("Weir; fwd=uri-miss; stored")
    await expect.poll(() => statusOf(path)).toMatch(/^Weir; hit/)
    const before = upstash.requests
    const hit = await call("GET", path)
    const etag = hit.headers.get("etag") as string
    const unchanged = await call("GET", path, { headers: { "if-none-match": etag } })
    expect(unchanged.status).toBe(304)
    expect(unchanged.headers.get("cache-status")).toMatch(/^Weir; hit/)
    expect(upstash.requests - before).toBe(2)
  }, 10_000)
})

test("many readers of one missing key are all answered, and each write is seen by the next read", async () => {
  for (let price = 100; price < 105; price++) {
    const paths = Array.from({ length: 40 }, () => "/items?sort=-price&limit=5")
    const answers = await Promise.all(paths.map((path) => call("GET", path)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect((await call("PATCH", "/items/7", { token, json: { price } })).status).toBe(200)
    expect((await call("GET", "/items?sort=-price&limit=5")).body).toMatchObject([
      { id: 7, price },
      {},
      {},
      {},
      {},
    ])
  }
})

test("readers whose leader hangs up are answered all the same", async () => {
  for (let round = 0; round < 5; round++) {
    await call("PATCH", "/items/7", { token, json: { price: 200 + round } })
    const path = "/users/1?include=items&include.items.sort=title"
    const gone = new AbortController()
    const leader = fetch(server.url + path, { signal: gone.signal }).catch(() => undefined)
    const followers = Array.from({ length: 10 }, () => call("GET", path))
    gone.abort()
    await leader
    expect(new Set((await Promise.all(followers)).map(({ status }) => status))).toEqual(new Set([200]))
  }
})

test("another D1 with the same secret and the same Redis is kept apart", async () => {
  const folder = tempFolder()
  await migrateD1(folder)
  const second = await startWrangler(folder, settings())
  const other = httpCaller(second.url)
  await expect.poll(() => statusOf("/items/1"), { timeout: 10_000 }).toMatch(/^Weir; hit/)
  expect((await other("GET", "/items/1")).status).toBe(404)
  expect((await other("GET", "/items")).body).toEqual([])
  await second.stop()
})

test("without Redis requests go on, and the worker finds it again", async () => {
  upstash.fault = { kind: "refuse" }
  expect(await statusOf("/items/2")).toBe("Weir; fwd=bypass; detail=unreachable")
  expect((await call("PATCH", "/items/2", { token, json: { price: 55 } })).status).toBe(200)
  expect((await call("GET", "/items/2")).body).toMatchObject({ price: 55 })
  expect((await call("GET", "/ready")).body).toMatchObject({ status: "degraded" })
  upstash.fault = undefined
  await expect.poll(() => statusOf("/items/2"), { timeout: 10_000 }).toMatch(/^Weir; hit/)
  expect((await call("GET", "/items/2")).body).toMatchObject({ price: 55 })
})
