import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "vitest"
import { atEnd } from "./at-end.ts"
import { compiled, type Ended } from "./node-server.ts"
import { freePort } from "./ports.ts"

const root = join(import.meta.dirname, "../fixture")
const cli = join(
  dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
  "wrangler-dist/cli.js",
)
const offline = { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", CI: "true" }
const quick = { NODE_COMPILE_CACHE: compiled }

interface Wrangler {
  output(): string
  ended: Promise<Ended>
  /** Ends it and the workerd processes below it. */
  end(): Promise<void>
}

const running = new Set<Wrangler>()
atEnd(() => Promise.all([...running].map((wrangler) => wrangler.end())))

function start(
  args: string[],
  env: Record<string, string>,
  { program = cli, cwd = root }: { program?: string; cwd?: string } = {},
): Wrangler {
  const child = spawn(process.execPath, ["--no-warnings", program, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...offline, ...quick, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that its children can be ended with it.
    detached: true,
  })
  let stdout = ""
  let stderr = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve) =>
    child.once("exit", (code) => resolve({ code, stdout, stderr })),
  )
  const wrangler: Wrangler = {
    output: () => stdout + stderr,
    ended,
    end: async () => {
      try {
        process.kill(-(child.pid as number), "SIGKILL")
      } catch {
        // Gone already, all of them.
      }
      await ended
      running.delete(wrangler)
    },
  }
  running.add(wrangler)
  return wrangler
}

const deploy = join(import.meta.dirname, "../../../scripts/deploy.mjs")

/** Makes in a folder what `npm run deploy` would upload, and returns what it prints. */
export async function makeDeployed(folder: string, name: string, cwd = root): Promise<string> {
  const { code, output } = await ending(
    start(["--dry-run", "--env", name, "--outdir", folder], {}, { program: deploy, cwd }),
  )
  expect(code, output).toBe(0)
  return output
}

/** Runs a command of wrangler to its end. */
export const runWrangler = (...args: string[]): ReturnType<typeof ending> => ending(start(args, {}))

async function ending(wrangler: Wrangler): Promise<{ code: number | null; output: string }> {
  const { code } = await wrangler.ended
  const output = wrangler.output()
  await wrangler.end()
  return { code, output }
}

/** Makes the tables of the D1 that is kept in a folder, as the README says. */
export async function migrateD1(folder: string, ...args: string[]): Promise<void> {
  const { code, output } = await runWrangler(
    ...["d1", "migrations", "apply", "DB", "--local", "--persist-to", folder, ...args],
  )
  expect(code, output).toBe(0)
}

export interface WranglerServer {
  url: string
  port: number
  /** What wrangler and the worker have printed so far. */
  output(): string
  stop(): Promise<void>
}

/** Starts `wrangler dev`, and waits until the worker answers, with whatever status. */
export async function startWrangler(
  persistTo: string,
  vars: Record<string, string> = { NODE_ENV: "development" },
  { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {},
): Promise<WranglerServer> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const variables = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`])
  const listen = ["--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0"]
  const wrangler = start(["dev", "--local", "--persist-to", persistTo, ...listen, ...variables, ...args], env)
  let over = false
  void wrangler.ended.then(() => (over = true))
  while (!over && !wrangler.output().includes("Ready on")) await sleep(25)
  if (over) throw new Error(`wrangler dev did not start: ${wrangler.output()}`)
  return { url, port, output: wrangler.output, stop: wrangler.end }
}
