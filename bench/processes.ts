import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

// Child processes and folders to remove at the end, after a success, a failure or an interruption.
const children = new Set<ChildProcess>()
const folders = new Set<string>()

process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL")
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
for (const [signal, code] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const])
  process.on(signal, () => cleanUp().finally(() => process.exit(code)))

/** Ends every child, last started first, then removes every temporary folder. */
export async function cleanUp(): Promise<void> {
  for (const child of [...children].reverse()) {
    // On SIGINT, Postgres shuts down at once instead of waiting for its clients.
    child.kill("SIGINT")
    const limit = setTimeout(() => child.kill("SIGKILL"), 5_000)
    if (children.has(child)) await once(child, "exit")
    clearTimeout(limit)
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  folders.clear()
}

/** Creates a folder that is removed at the end. Other users can traverse it, as a Postgres run as nobody must. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "weir-bench-"))
  chmodSync(folder, 0o755)
  folders.add(folder)
  return folder
}

/** A child process that is killed at the end. */
export interface Child {
  process: ChildProcess
  /** The last 20,000 characters of its output. */
  output(): string
}

/** Starts a child process. Its stderr is kept for error messages; its stdout only with `keepOutput`. */
export function start(
  command: string,
  args: string[],
  options: SpawnOptions & { keepOutput?: boolean } = {},
): Child {
  const { keepOutput = false, ...rest } = options
  const child = spawn(command, args, { ...rest, stdio: ["ignore", keepOutput ? "pipe" : "ignore", "pipe"] })
  let output = ""
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-20_000)
  }
  child.stdout?.on("data", keep)
  child.stderr?.on("data", keep)
  children.add(child)
  child.on("exit", () => children.delete(child))
  child.on("error", (error) => {
    children.delete(child)
    output += error.message
  })
  return { process: child, output: () => output }
}

/** Runs a command to its end and returns its output. Throws an error with that output if the command fails. */
export async function run(command: string, args: string[], options: SpawnOptions = {}): Promise<string> {
  const child = start(command, args, { ...options, keepOutput: true })
  const [code] = (await once(child.process, "close")) as [number | null]
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed (${code}):\n${child.output()}`)
  return child.output()
}

/** Waits until `attempt` resolves to true. Throws if the child ends first, or after 20 seconds. */
export async function until(what: string, child: Child, attempt: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + 20_000
  while (!(await attempt().catch(() => false))) {
    if (!children.has(child.process)) throw new Error(`${what} ended before it was ready:\n${child.output()}`)
    if (performance.now() > limit) throw new Error(`${what} is not ready after 20 s:\n${child.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A TCP port that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (typeof address !== "object" || address === null) throw new Error("There is no free port")
  return address.port
}
