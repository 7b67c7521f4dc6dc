import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { freePort } from "./ports.ts"

export interface RedisOptions {
  port?: number
  /** As redis.conf has it, like "64mb". */
  maxmemory?: string
  /** What goes where the memory is full: nothing, unless told. */
  policy?: string
}

/** A Redis of a test's own, which keeps nothing on disk. */
export interface RedisServer {
  port: number
  child: ChildProcess
  /** Ends it as a crash would. */
  stop(): Promise<void>
  /** Has it hang: connections are still taken, and nothing is answered until `resume`. */
  pause(): void
  resume(): void
}

/** Starts a real Redis with a folder of its own, and waits until it answers. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  if (spawnSync("redis-server", ["--version"]).error) {
    throw new Error("These tests need Redis: install Debian's package redis-server")
  }
  for (let tries = 0; ; tries++) {
    const port = options.port ?? (await freePort())
    const { server, output, ended } = start(port, options)
    const redis = redisClient(port)
    let over = false
    void ended.then(() => (over = true))
    while (!over && !(await Promise.race([isUp(redis, server.child), ended]))) await sleep(10)
    redis.end()
    if (!over) return server
    await server.stop()
    // Somebody else may have taken the port between the look and the start.
    const taken = output().includes("Address already in use")
    if (!taken || options.port !== undefined || tries === 3) {
      throw new Error(`redis-server did not start: ${output()}`)
    }
  }
}

function start(port: number, { maxmemory, policy = "noeviction" }: RedisOptions) {
  const folder = mkdtempSync(join(tmpdir(), "weir-redis-"))
  const settings = {
    bind: "127.0.0.1",
    port: `${port}`,
    dir: folder,
    save: "",
    appendonly: "no",
    ...(maxmemory && { maxmemory }),
    "maxmemory-policy": policy,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  // A worker of vitest that is killed runs no handler of its own, so the kernel ends Redis with its parent.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "redis-server", ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text))
  }
  const ended = new Promise<void>((resolve) => {
    child.once("error", ({ message }) => {
      output += message
      resolve()
    })
    child.once("close", () => resolve())
  })
  const clear = () => {
    child.kill("SIGKILL")
    rmSync(folder, { recursive: true, force: true })
  }
  process.once("exit", clear)
  const server: RedisServer = {
    port,
    child,
    stop: async () => {
      child.kill("SIGKILL")
      await ended
      clear()
      process.off("exit", clear)
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
  }
  return { server, output: () => output, ended }
}

/** Whether it is this very process that answers on the port, and not another that took it first. */
async function isUp(redis: RedisClient, { pid }: ChildProcess): Promise<boolean> {
  const [pong, info] = await redis.send([["PING"], ["INFO", "server"]]).catch(() => [])
  return pong === "PONG" && `${info}`.includes(`process_id:${pid}\r\n`)
}

/** A status is a string; a value is bytes. */
export type Reply = string | Buffer | number | null | Error | Reply[]

interface Connection {
  socket: Socket
  waiting: PromiseWithResolvers<Reply>[]
}

export interface RedisClient {
  /** Sends commands in one piece, so that nobody else's come between them; an error of Redis is a reply too. */
  send(commands: string[][]): Promise<Reply[]>
  end(): void
}

/** One connection, made when it is first needed and again after it was lost; nothing is sent twice. */
export function redisClient(port: number): RedisClient {
  let current: Connection | undefined

  function connection(): Connection {
    if (current) return current
    const made: Connection = { socket: connect({ port, host: "127.0.0.1", noDelay: true }), waiting: [] }
    const reading = read((reply) => made.waiting.shift()?.resolve(reply))
    reading.next()
    let reason = new Error("the connection was closed")
    made.socket
      .on("data", (chunk: Buffer) => reading.next(chunk))
      .on("error", (error) => {
        reason = error
      })
      .on("close", () => {
        if (current === made) current = undefined
        for (const one of made.waiting.splice(0)) one.reject(reason)
      })
    current = made
    return made
  }

  return {
    send(commands) {
      const { socket, waiting } = connection()
      const replies = commands.map(() => Promise.withResolvers<Reply>())
      waiting.push(...replies)
      socket.write(commands.map(wire).join(""))
      return Promise.all(replies.map(({ promise }) => promise))
    },
    end: () => void current?.socket.destroy(),
  }
}

const wire = (command: string[]): string =>
  `*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`

type Reading<T> = Generator<undefined, T, Buffer>

/** Reads replies from what is handed in, in pieces of any size. */
function* read(got: (reply: Reply) => void): Reading<never> {
  let held: Buffer = Buffer.alloc(0)
  for (;;) got(yield* reply())

  function* reply(): Reading<Reply> {
    const head = yield* line()
    const rest = head.slice(1)
    switch (head[0]) {
      case "+":
        return rest
      case "-":
        return new Error(rest)
      case ":":
        return Number(rest)
      case "$":
        return rest === "-1" ? null : (yield* bytes(Number(rest) + 2)).subarray(0, -2)
      case "*": {
        if (rest === "-1") return null
        const replies: Reply[] = []
        while (replies.length < Number(rest)) replies.push(yield* reply())
        return replies
      }
      default:
        return new Error(`ERR this is not Redis: ${head}`)
    }
  }

  function* line(): Reading<string> {
    let end = held.indexOf("\r\n")
    for (; end < 0; end = held.indexOf("\r\n")) held = Buffer.concat([held, yield])
    return (yield* bytes(end + 2)).toString("utf8", 0, end)
  }

  function* bytes(count: number): Reading<Buffer> {
    // Joined once, however many pieces a large value comes in.
    const pieces = [held]
    for (let size = held.length; size < count; ) {
      const piece = yield
      pieces.push(piece)
      size += piece.length
    }
    if (pieces.length > 1) held = Buffer.concat(pieces)
    const taken = held.subarray(0, count)
    held = held.subarray(count)
    return taken
  }
}
