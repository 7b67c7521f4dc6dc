import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { atEnd } from "./at-end.ts"
import { freePort } from "./ports.ts"

/** Variables of a process; what is not named here is not there, except the path. */
export type Variables = Record<string, string | number | undefined>

/** What a process that ended left behind. */
export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** A server in a process of its own. */
export interface NodeServer {
  url: string
  port: number
  pid: number
  /** The log so far, a record per line. */
  logs(): Record<string, unknown>[]
  stdout(): string
  stderr(): string
  /** Sends the signal and answers with the exit code, null for a process that the signal itself ended. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  ended: Promise<Ended>
}

const fixture = join(import.meta.dirname, "../fixture/src")
/** The folder of the API whose accounts have all that they may have. */
export const accountsApi = join(import.meta.dirname, "../auth/api")
const fastImports = join(import.meta.dirname, "../../../src/weir/runtime/fast-imports.js")
/** Where Node keeps what it has compiled: a start costs most in that. */
export const compiled: string = join(tmpdir(), "weir-compile-cache")
const folders: string[] = []
const running = new Set<ChildProcess>()

// A test that failed half-way leaves nothing behind.
atEnd(async () => {
  await Promise.all([...running].map((child) => killed(child)))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Has a process ended with the file's tests, if not before. */
export function ownProcess<C extends ChildProcess>(child: C): C {
  running.add(child)
  child.once("exit", () => running.delete(child))
  return child
}

/** Whether there is a process of that id. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Ends a process at once, and waits until it is gone. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once("exit", resolve))
  child.kill("SIGKILL")
  await ended
}

/** Has a folder removed after the file's tests. */
export function ownFolder(folder: string): string {
  folders.push(folder)
  return folder
}

/** An empty folder, removed after the file's tests. */
export const tempFolder = (): string => ownFolder(mkdtempSync(join(tmpdir(), "weir-node-")))

interface Started {
  child: ChildProcess
  stdout(): string
  stderr(): string
  ended: Promise<Ended>
}

type Entry = "node.ts" | "cli.ts"

function start(entry: Entry, env: Variables, cwd: string, args: string[] = [], api = fixture): Started {
  const given = Object.entries(env).filter(([, value]) => value !== undefined)
  const child = spawn(process.execPath, ["--import", fastImports, join(api, entry), ...args], {
    cwd,
    // Vitest's own NODE_ENV and DATABASE_URL must not reach it.
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: compiled,
      ...Object.fromEntries(given.map(([name, value]) => [name, `${value}`])),
    },
    stdio: ["ignore", "pipe", "pipe"],
  })
  ownProcess(child)
  let stdout = ""
  let stderr = ""
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code) => resolve({ code, stdout, stderr })),
  )
  return { child, stdout: () => stdout, stderr: () => stderr, ended }
}

/** Runs the server where it is expected to end by itself. */
export const runNode = (env: Variables): Promise<Ended> => run("node.ts", env, [])

/** Runs `npm run db:<command>`, with whatever else is set. */
export const runCommand = (env: Variables, ...args: string[]): Promise<Ended> => run("cli.ts", env, args)

/** Runs `npm run db:migrate`. */
export const runMigrate = (env: Variables): Promise<Ended> => runCommand(env, "migrate")

async function run(entry: Entry, env: Variables, args: string[]): Promise<Ended> {
  const { child, ended } = start(entry, env, tempFolder(), args)
  const limit = setTimeout(() => child.kill("SIGKILL"), 15_000)
  const result = await ended
  clearTimeout(limit)
  return result
}

/** Starts the server of an API, by default the fixture, and waits until it answers. */
export async function startNode(
  env: Variables = {},
  cwd: string = tempFolder(),
  api: string = fixture,
): Promise<NodeServer> {
  for (let tries = 0; ; tries++) {
    const port = Number(env.PORT ?? (await freePort()))
    const { child, stdout, stderr, ended } = start("node.ts", { ...env, PORT: port }, cwd, [], api)
    const url = `http://127.0.0.1:${port}`
    let over = false
    void ended.then(() => (over = true))
    while (!over && !(await isUp(url))) await sleep(15)
    // Somebody else may have taken the port between the look and the start.
    if (over && env.PORT === undefined && stderr().includes("EADDRINUSE") && tries < 3) continue
    if (over) throw new Error(`The server did not start: ${stdout()}${stderr()}`)
    const lines = () => stdout().split("\n").slice(0, -1)
    return {
      url,
      port,
      pid: child.pid as number,
      logs: () => lines().map((line) => JSON.parse(line) as Record<string, unknown>),
      stdout,
      stderr,
      ended,
      stop: async (signal = "SIGTERM") => {
        child.kill(signal)
        return (await ended).code
      },
    }
  }
}

const isUp = (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    (response) => response.ok,
    () => false,
  )
