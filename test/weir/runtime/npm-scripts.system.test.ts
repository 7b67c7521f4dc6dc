import { execFileSync, spawn } from "node:child_process"
import { cpSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createClient } from "@libsql/client"
import { afterEach, beforeAll, expect, test } from "vitest"
import { authSecret, eventually, rawConnection, rawRequest } from "../support/http.ts"
import { compiled, isAlive, ownProcess, type Variables } from "../support/node-server.ts"
import { freePort } from "../support/ports.ts"
import { type Project, project } from "../support/project.ts"

const root = join(import.meta.dirname, "../../..")
let copy: Project
beforeAll(() => {
  copy = project()
})

interface Npm {
  pid: number
  port: number
  output(): string
  /** The exit code, or the signal that ended npm. */
  ended: Promise<number | NodeJS.Signals | null>
  /** The processes that npm has started, and those that they have started. */
  descendants(): number[]
}

/** Starts a script with npm, in a process group of its own as a terminal does. */
async function npmRun(script: string, env: Variables = {}, ...args: string[]): Promise<Npm> {
  const port = await freePort()
  const given = Object.entries({ LOG_LEVEL: "info", AUTH_SECRET: authSecret, PORT: port, ...env })
  const child = ownProcess(
    spawn("npm", ["run", script, ...args], {
      cwd: copy.folder,
      env: {
        PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}`,
        HOME: copy.folder,
        NODE_COMPILE_CACHE: compiled,
        ...Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
      },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    }),
  )
  let output = ""
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text))
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once("exit", (code, signal) => resolve(code ?? signal)),
  )
  const pid = child.pid as number
  const descendants = () => {
    const pids = below(pid)
    for (const one of pids) seen.add(one)
    return pids
  }
  return { pid, port, output: () => output, ended, descendants }
}

/** What a test has seen running: where it fails, that is left over. */
const seen = new Set<number>()
afterEach(() => {
  for (const pid of seen)
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // It has ended, as it should.
    }
  seen.clear()
})

/** All processes below one. */
function below(pid: number): number[] {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n")
  const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number))
  const children = pairs.filter(([, parent]) => parent === pid).map(([child]) => child as number)
  return children.flatMap((child) => [child, ...below(child)])
}

async function serving(npm: Npm): Promise<number[]> {
  await eventually(async () => {
    const response = await fetch(`http://127.0.0.1:${npm.port}/health`).catch(() => undefined)
    expect(response?.status, npm.output()).toBe(200)
  }, 60_000)
  return npm.descendants()
}

/** A request whose last byte is not sent yet, and that the server has begun to read. */
async function begun({ port }: Npm) {
  const body = JSON.stringify({ email: "ann@example.com", username: "ann", password: "correct horse" })
  const text = rawRequest("POST", "/users", undefined, body)
  const raw = await rawConnection(port)
  raw.socket.write(text.slice(0, -1))
  await fetch(`http://127.0.0.1:${port}/health`)
  return { ...raw, finish: () => raw.socket.write(text.slice(-1)) }
}

const refuses = async ({ port }: Npm) =>
  eventually(async () => {
    const refused = await rawConnection(port).then(
      ({ socket }) => !socket.destroy(),
      (error: Error) => error.message.includes("ECONNREFUSED"),
    )
    expect(refused).toBe(true)
  }, 20_000)

const gone = (pids: number[]) =>
  eventually(() => expect(pids.filter((pid) => isAlive(pid))).toEqual([]), 60_000)

const alone = ({ pid }: Npm, signal: NodeJS.Signals) => void process.kill(pid, signal)
const group = ({ pid }: Npm, signal: NodeJS.Signals) => void process.kill(-pid, signal)

test.each<[string, typeof alone, NodeJS.Signals, Variables, Awaited<Npm["ended"]>]>([
  ["SIGTERM to npm alone", alone, "SIGTERM", {}, 0],
  ["SIGTERM to npm alone, two workers", alone, "SIGTERM", { WORKERS: 2 }, 0],
  ["Ctrl-C, to the whole group", group, "SIGINT", {}, 0],
  ["Ctrl-C, two workers", group, "SIGINT", { WORKERS: 2 }, 0],
  // npm itself ends by this one at once.
  ["a terminal that closes", group, "SIGHUP", {}, "SIGHUP"],
  ["a terminal that closes, two workers", group, "SIGHUP", { WORKERS: 2 }, "SIGHUP"],
])("npm start, %s: requests are answered, and nothing is left", async (_, send, signal, env, code) => {
  const file = join(copy.folder, `${signal}-${send.name}-${Object.keys(env).length}.db`)
  const npm = await npmRun("start", { ...env, DATABASE_URL: `file:${file}` })
  const pids = await serving(npm)
  const request = await begun(npm)
  send(npm, signal)
  await refuses(npm)
  // A second one, of somebody who is impatient, changes nothing.
  if (signal !== "SIGHUP") send(npm, signal)
  request.finish()
  expect(await request.closed).toMatch(/^HTTP\/1.1 201 /)
  expect(await npm.ended).toBe(code)
  await gone(pids)
  await refuses(npm)
})

test.each<[string, typeof alone, NodeJS.Signals]>([
  ["SIGTERM to npm alone", alone, "SIGTERM"],
  ["Ctrl-C, to the whole group", group, "SIGINT"],
])("npm run dev, %s: the watcher and the server end", async (_, send, signal) => {
  const npm = await npmRun("dev", { DATABASE_URL: `file:${join(copy.folder, `dev-${signal}.db`)}` })
  const pids = await serving(npm)
  send(npm, signal)
  await npm.ended
  await gone(pids)
  await refuses(npm)
})

test.each<[string, typeof alone, NodeJS.Signals]>([
  ["SIGTERM to npm alone", alone, "SIGTERM"],
  ["Ctrl-C, to the whole group", group, "SIGINT"],
])("npm run dev:worker, %s: wrangler and workerd end", async (_, send, signal) => {
  for (const part of [
    "worker-assets.mjs",
    "worker-zod",
    "worker-openapi",
    "worker-postgres",
    "worker-libsql.ts",
    "worker-redis.js",
    "worker-ratelimit.js",
    "worker-lru.js",
  ])
    cpSync(join(root, "scripts", part), join(copy.folder, "scripts", part), { recursive: true })
  writeFileSync(join(copy.folder, "wrangler.toml"), readFileSync(join(root, "wrangler.toml")))
  const port = String(await freePort())
  const offline = { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", CI: "true" }
  const npm = await npmRun("dev:worker", offline, "--", "--port", port, "--inspector-port", "0")
  const served = { ...npm, port: Number(port) }
  const pids = await serving(served)
  send(npm, signal)
  await npm.ended
  await gone(pids)
  await refuses(served)
})

test("npm run db:import, SIGTERM to npm alone: the import ends, too", async () => {
  const file = join(copy.folder, "import.db")
  const url = `file:${file}`
  expect((await copy.db(url, "migrate")).code).toBe(0)
  const client = createClient({ url })
  await client.execute(
    "insert into users (email, username, hashed_password) values ('ann@example.com', 'ann', 'none')",
  )
  const rows = 1_000_000
  writeFileSync(join(copy.folder, "items.ndjson"), '{"title":"a row","price":1,"owner_id":1}\n'.repeat(rows))
  const npm = await npmRun("db:import", { DATABASE_URL: url }, "--", "items", "items.ndjson")
  await eventually(() => expect(sizeOf(`${file}-wal`), npm.output()).toBeGreaterThan(1_000_000), 60_000)
  const pids = npm.descendants()
  alone(npm, "SIGTERM")
  await npm.ended
  await gone(pids)
  const { rows: counted } = await client.execute("select count(*) as n from items")
  client.close()
  expect(counted[0]?.n).toBeLessThan(rows)
})

/** The bytes of a file, and 0 where there is none. */
const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
