import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { Ratelimit } from "@upstash/ratelimit"
import { Redis } from "@upstash/redis/cloudflare"
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest"
import { Ratelimit as WorkerRatelimit } from "../../../scripts/worker-ratelimit.js"
import { Redis as WorkerRedis } from "../../../scripts/worker-redis.js"

interface Asked {
  path: string | undefined
  headers: Record<string, unknown>
  body: unknown
}
let asked: Asked[] = []
let reply: { status?: number; body: string; headers?: Record<string, string> } = { body: "null" }

/** A server that answers what a test tells it, and writes down what it was asked. */
const server = createServer(async (request, response) => {
  const { authorization, "content-type": type, "upstash-encoding": encoding } = request.headers
  const headers = { authorization, type, encoding, token: request.headers["upstash-sync-token"] }
  asked.push({ path: request.url, headers, body: JSON.parse(await text(request)) })
  response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers })
  response.end(reply.body)
})
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
})
afterAll(() => void server.close())
beforeEach(() => {
  asked = []
})

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
const optionsOf = (timeoutMs = 60_000) => ({
  url: url(),
  token: "secret",
  retry: { retries: 0 },
  signal: () => AbortSignal.timeout(timeoutMs),
  enableTelemetry: false,
  enableAutoPipelining: false,
})
const plain = { responseEncoding: false, automaticDeserialization: false } as const

/** What becomes of a call: its value, or the name and the message of its error. */
async function outcome(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return { value: await call() }
  } catch (error) {
    const { name, message } = error as Error
    return { name, message, isError: error instanceof Error }
  }
}

const script = "return redis.call('GET', KEYS[1])"

/** Every command that the engine sends. */
const commands: [string, (redis: Redis) => Promise<unknown>][] = [
  ["ping", (redis) => redis.ping()],
  ["del", (redis) => redis.del("a", 'b "ü"')],
  ["set with a lifetime", (redis) => redis.set("a", '{"a":1}', { px: 7 })],
  ["set where there is none", (redis) => redis.set("a", 1, { px: 60_000, nx: true })],
  ["pttl", (redis) => redis.pttl("a")],
  ["pexpire", (redis) => redis.pexpire("a", 120_000)],
  ["eval", (redis) => redis.eval(script, ["a"], [1, "2"])],
  [
    "several evals",
    (redis) =>
      redis
        .pipeline()
        .eval(script, ["a", "b"], ["1"])
        .eval(script, ["c"], ["2", "3"])
        .exec({ keepErrors: true }),
  ],
]

const base64 = (value: string) => Buffer.from(value).toString("base64")
const results = [
  ...[
    1,
    -2,
    0,
    null,
    "OK",
    base64("PONG"),
    base64("1"),
    base64("007"),
    base64("1e3"),
    base64("90071992547409931"),
  ],
  ...[base64('{"a":[1,"2"]}'), base64("[1]"), base64("ü 😀"), base64("OK"), "not base64!", "", []],
  ...[[1, base64("a"), null, [base64("b"), 2, [base64("3")]], "OK"], undefined],
]
const replies: { status?: number; body: string }[] = [
  ...results.map((result) => ({ body: JSON.stringify({ result }) })),
  { body: JSON.stringify({ error: "ERR wrong" }) },
  ...results.map((result) => ({ body: JSON.stringify([{ result }, { result: null }]) })),
  { body: JSON.stringify([{ result: base64("a") }, { error: "OOM command not allowed" }]) },
  { body: JSON.stringify([{ result: ["a", null, "b"] }, { result: 3 }]) },
  { body: "<html>It works!</html>" },
  { body: "" },
  { status: 400, body: JSON.stringify({ error: "ERR a fault" }) },
  { status: 401, body: JSON.stringify({ error: "Unauthorized" }) },
  { status: 500, body: JSON.stringify({ error: "ERR a fault" }) },
  { status: 502, body: "<html>Bad gateway</html>" },
]

test.each([
  ["as the cache asks", plain],
  ["as the limits ask", {}],
])("the Worker's client asks what the package asks, and reads what it reads, %s", async (_, options) => {
  for (const [name, call] of commands)
    for (reply of replies.filter(
      ({ status, body }) => status || name.startsWith("several") === body.startsWith("["),
    )) {
      const whole = await outcome(() => call(new Redis({ ...optionsOf(), ...options })))
      const small = await outcome(() =>
        call(new WorkerRedis({ ...optionsOf(), ...options }) as unknown as Redis),
      )
      expect(small, `${name}: ${reply.body}`).toEqual(whole)
      const [first, ...others] = asked.splice(0)
      expect(others, `${name}: ${reply.body}`).toEqual([first])
    }
})

test("the Worker's client tells a replica what the answer before said", async () => {
  reply = { body: '{"result":1}', headers: { "upstash-sync-token": "state 1" } }
  for (const client of [new Redis(optionsOf()), new WorkerRedis(optionsOf())]) {
    await client.pttl("a")
    await client.pttl("a")
  }
  reply = { body: "null" }
  expect(asked.map(({ headers }) => headers.token)).toEqual(["", "state 1", "", "state 1"])
})

test("the Worker's client gives up as the package does, and asks once", async () => {
  let tries = 0
  const stalled = createServer(() => {
    tries++
  })
  await new Promise<void>((resolve) => stalled.listen(0, "127.0.0.1", resolve))
  const at = `http://127.0.0.1:${(stalled.address() as AddressInfo).port}`
  const slow = { ...optionsOf(500), url: at }
  const [whole, small] = [new Redis(slow), new WorkerRedis(slow)]
  expect(await outcome(() => small.ping())).toEqual(await outcome(() => whole.ping()))
  expect(tries).toBe(2)
  stalled.closeAllConnections()
  await new Promise((resolve) => stalled.close(resolve))
  // Nobody is there any more.
  expect(await outcome(() => small.ping())).toEqual(await outcome(() => whole.ping()))
})

test("the Worker's limiter counts under the package's keys, and reads the counts as it does", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_796_000_012_345 })
  try {
    for (const [amount, count] of [
      [3, 1],
      [3, 3],
      [3, 4],
      [1_000_000, 12],
    ] as const) {
      const options = {
        prefix: "a:limits:sign-in",
        timeout: 0,
        ephemeralCache: false,
        enableTelemetry: false,
      } as const
      reply = { body: JSON.stringify({ result: [count, amount] }) }
      const limiter = Ratelimit.fixedWindow(amount, "60000 ms")
      const whole = await new Ratelimit({ ...options, redis: new Redis(optionsOf()), limiter }).limit("b", {
        rate: 2,
      })
      reply = { body: JSON.stringify({ result: count }) }
      const small = await new WorkerRatelimit({
        ...options,
        redis: new WorkerRedis(optionsOf()),
        limiter: WorkerRatelimit.fixedWindow(amount, "60000 ms"),
      }).limit("b", { rate: 2 })
      const { success, remaining, limit, reset } = whole
      expect(small).toEqual({ success, remaining, limit, reset })
      const keys = asked.splice(0).map(({ body }) => (body as unknown[])[3])
      expect(keys).toEqual(["a:limits:sign-in:b:29933333", "a:limits:sign-in:b:29933333"])
    }
  } finally {
    vi.useRealTimers()
  }
})
