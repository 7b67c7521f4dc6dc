import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"
import { type Reply, redisClient } from "./redis-server.ts"

/** What a test has go wrong with every request from now on. */
export type Fault =
  /** The commands run that much later, even for a caller who no longer waits. */
  | { kind: "slow"; ms: number }
  /** The connection ends before anything is read or run. */
  | { kind: "refuse" }
  /** The commands run, and the connection ends half-way through the answer. */
  | { kind: "die" }
  /** Somebody in between answers, and nothing runs. */
  | { kind: "garbage" }
  | { kind: "error"; status: number }

export interface UpstashServer {
  url: string
  token: string
  port: number
  fault: Fault | undefined
  /** HTTP requests so far, those that a fault hit included. */
  requests: number
  /** The last commands that went on to Redis, oldest first; a transaction with its MULTI and EXEC. */
  commands: string[][]
  stop(): Promise<void>
}

const remembered = 10_000

/** What needs a connection of its own, or holds up the one that all share; Upstash has none of it over HTTP. */
const unavailable = new Set(
  `multi exec discard watch unwatch subscribe psubscribe ssubscribe monitor select auth hello quit reset
  blpop brpop blmove blmpop brpoplpush bzpopmin bzpopmax bzmpop wait waitaof`.split(/\s+/),
)

/** An answer other than 200. */
class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Starts a server that speaks Upstash's REST protocol in front of a real Redis. */
export async function startUpstash(
  redisPort: number,
  options: { token?: string; port?: number } = {},
): Promise<UpstashServer> {
  const redis = redisClient(redisPort)
  const stopped = new AbortController()
  const twins: UpstashServer[] = []
  const server: UpstashServer = {
    url: "",
    token: options.token ?? "upstash-test-token",
    port: 0,
    fault: undefined,
    requests: 0,
    commands: [],
    stop: async () => {
      stopped.abort()
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      http.closeAllConnections()
      await Promise.all([closed, ...twins.map((twin) => twin.stop())])
      redis.end()
    },
  }

  const http = createServer((request, response) => {
    const control = request.url?.startsWith("/test/")
    if (!control) server.requests++
    const responding = control ? obey(request, response) : respond(request, response)
    // Whoever left does not hear of it, and nothing else is in the way.
    responding.catch(() => request.socket.destroy())
  })
  // A caller who keeps a connection never finds it closed just as a request goes out: only faults do that.
  http.keepAliveTimeout = 0
  http.listen(options.port ?? 0, "127.0.0.1")
  await once(http, "listening")
  server.port = (http.address() as AddressInfo).port
  server.url = `http://127.0.0.1:${server.port}`
  return server

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { fault } = server
    if (fault?.kind === "refuse") return void request.socket.destroy()
    const body = await text(request)
    if (fault?.kind === "slow") await sleep(fault.ms, undefined, { signal: stopped.signal })
    if (fault?.kind === "garbage") return send(response, 200, "<html>It works!</html>")
    if (fault?.kind === "error") return send(response, fault.status, JSON.stringify({ error: "ERR a fault" }))
    try {
      const result = await answer(request, body)
      send(response, 200, JSON.stringify(result), fault?.kind === "die")
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 500
      send(response, status, JSON.stringify({ error: (error as Error).message }), fault?.kind === "die")
    }
  }

  /** Does what a test asks that has no hold on this object, as one in workerd: not counted, and never at fault. */
  async function obey(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const given = JSON.parse((await text(request)) || "null")
    switch (request.url) {
      case "/test/fault":
        server.fault = given ?? undefined
        return send(response, 200, "null")
      case "/test/state":
        return send(response, 200, JSON.stringify({ requests: server.requests, commands: server.commands }))
      case "/test/redis": {
        const replies = await redis.send(given)
        return send(response, 200, JSON.stringify(replies.map((reply) => outcome(reply, false))))
      }
      case "/test/twin": {
        // Before the same Redis, with faults and counters of its own.
        const twin = await startUpstash(redisPort, { token: server.token })
        twins.push(twin)
        return send(response, 200, JSON.stringify({ url: twin.url, token: twin.token }))
      }
      default:
        return send(response, 404, "null")
    }
  }

  async function answer(request: IncomingMessage, body: string): Promise<unknown> {
    if (request.headers.authorization !== `Bearer ${server.token}`) throw new Refusal(401, "Unauthorized")
    const base64 = request.headers["upstash-encoding"] === "base64"
    switch (`${request.method} ${request.url}`) {
      case "POST /": {
        const [reply] = await run([words(parsed(body))])
        if (reply instanceof Error) throw new Refusal(400, reply.message)
        return outcome(reply, base64)
      }
      case "POST /pipeline": {
        const replies = await run(parsed(body).map(words))
        return replies.map((reply) => outcome(reply, base64))
      }
      case "POST /multi-exec": {
        const replies = await run([["MULTI"], ...parsed(body).map(words), ["EXEC"]])
        const done = replies.at(-1)
        if (!Array.isArray(done)) throw new Refusal(400, `${(done as Error).message}`)
        return done.map((reply) => outcome(reply, base64))
      }
      default:
        throw new Refusal(404, `ERR this server has no ${request.method} ${request.url}`)
    }
  }

  async function run(commands: string[][]): Promise<Reply[]> {
    server.commands.push(...commands)
    server.commands.splice(0, server.commands.length - remembered)
    return redis.send(commands).catch((error: Error) => {
      throw new Refusal(500, `ERR Redis is out of reach: ${error.message}`)
    })
  }
}

function send(response: ServerResponse, status: number, body: string, dies = false): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length })
  if (!dies) return void response.end(bytes)
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy())
}

function parsed(body: string): unknown[] {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw new Refusal(400, "ERR failed to parse the request")
  }
  if (!Array.isArray(value) || value.length === 0) throw new Refusal(400, "ERR empty command")
  return value
}

/** A command as Redis takes it. */
function words(command: unknown): string[] {
  if (!Array.isArray(command) || command.length === 0) throw new Refusal(400, "ERR empty command")
  const given = command.map((word: unknown) => {
    if (word === null) throw new Refusal(400, "ERR null args are not supported")
    if (typeof word === "object") throw new Refusal(400, "ERR unsupported arg type")
    return `${word}`
  })
  // Upstash's own server knows a flag of scripts that Redis does not.
  if (`${given[0]}`.toLowerCase() === "eval")
    given[1] = `${given[1]}`.replace(/^#!lua flags=allow-key-locking\n/, "")
  if (unavailable.has(`${given[0]}`.toLowerCase())) {
    throw new Refusal(400, `ERR Command is not available: '${given[0]}'`)
  }
  return given
}

const outcome = (reply: Reply | undefined, base64: boolean): { result: unknown } | { error: string } =>
  reply instanceof Error
    ? { error: reply.message }
    : // Upstash's client reads this one word as it is, and only outside of arrays.
      { result: reply === "OK" ? reply : plain(reply, base64) }

function plain(reply: Reply | undefined, base64: boolean): unknown {
  if (Array.isArray(reply)) return reply.map((one) => plain(one, base64))
  if (reply === undefined || reply === null || typeof reply === "number") return reply
  const bytes = Buffer.isBuffer(reply) ? reply : Buffer.from(reply instanceof Error ? reply.message : reply)
  return bytes.toString(base64 ? "base64" : "utf8")
}
