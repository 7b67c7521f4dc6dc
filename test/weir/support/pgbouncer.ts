import { spawn, spawnSync } from "node:child_process"
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "./ports.ts"
import { answering, nobody, type TestServer } from "./postgres-server.ts"

/** Debian puts it where a user's PATH does not look. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }

/** Whether this machine has PgBouncer; tests that need it are skipped without. */
export const hasPgBouncer: boolean = !spawnSync("pgbouncer", ["--version"], { env }).error

export interface PgBouncerOptions {
  mode: "transaction" | "session"
  /** Most connections to the server. */
  size: number
  /** Lines for its ini. */
  settings?: string[]
}

/** Starts PgBouncer before the database of a URL. */
export async function startPgBouncer(
  target: string,
  { mode, size, settings = [] }: PgBouncerOptions,
): Promise<TestServer> {
  const { hostname, port, pathname, username } = new URL(target)
  const name = pathname.slice(1)
  const own = await freePort()
  const folder = mkdtempSync(join(tmpdir(), "weir-pgbouncer-"))
  const users = join(folder, "users.txt")
  const ini = join(folder, "pgbouncer.ini")
  writeFileSync(users, `"${username}" ""\n`)
  const lines = [
    "[databases]",
    `${name} = host=${hostname} port=${port} dbname=${name}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${own}`,
    "unix_socket_dir =",
    "auth_type = trust",
    `auth_file = ${users}`,
    `pool_mode = ${mode}`,
    `default_pool_size = ${size}`,
    "max_client_conn = 500",
    ...settings,
  ]
  writeFileSync(ini, `${lines.join("\n")}\n`)
  if (nobody.uid) for (const path of [folder, users, ini]) chownSync(path, nobody.uid, nobody.gid)
  const child = spawn("pgbouncer", [ini], { ...nobody, env, stdio: "ignore" })
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  const url = new URL(target)
  url.port = String(own)
  await answering(url.href)
  return {
    url: url.href,
    stop: async () => {
      child.kill("SIGTERM")
      setTimeout(() => child.kill("SIGKILL"), 2_000).unref()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
