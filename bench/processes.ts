import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

// What must not outlive the bench, whether it ends well, fails or is interrupted.
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
    // SIGINT: a Postgres told so ends at once, and does not wait for its clients.
    child.kill("SIGINT")
    const limit = setTimeout(() => child.kill("SIGKILL"), 5_000)
    if (children.has(child)) await once(child, "exit")
    clearTimeout(limit)
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  folders.clear()
}

/** A folder that goes with the bench. Others may pass through it, as Postgres does when it is not root. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "weir-bench-"))
  chmodSync(folder, 0o755)
  folders.add(folder)
  return folder
}

/** A child process that goes with the bench, and what it has written so far. */
export interface Child {
  process: ChildProcess
  output(): string
}

/** Starts a child. What it writes to stderr is kept for the error, what it logs is thrown away unless wanted. */
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

/** Runs a command to its end and answers with its output. Throws with that output when it fails. */
export async function run(command: string, args: string[], options: SpawnOptions = {}): Promise<string> {
  const child = start(command, args, { ...options, keepOutput: true })
  const [code] = (await once(child.process, "close")) as [number | null]
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed (${code}):\n${child.output()}`)
  return child.output()
}

/** Waits until `attempt` succeeds. Throws when the child ends first, or after 20 seconds. */
export async function until(what: string, child: Child, attempt: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + 20_000
  while (!(await attempt().catch(() => false))) {
    if (!children.has(child.process)) throw new Error(`${what} ended before it was ready:\n${child.output()}`)
    if (performance.now() > limit) throw new Error(`${what} is not ready after 20 s:\n${child.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (typeof address !== "object" || address === null) throw new Error("There is no free port")
  return address.port
}
