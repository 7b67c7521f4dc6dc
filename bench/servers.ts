import { join } from "node:path"
import type { Urls } from "./databases.ts"
import { freePort, start, until } from "./processes.ts"
import { account, administrator, type Dialect } from "./routes.ts"

const fastImports = join(import.meta.dirname, "../src/weir/runtime/fast-imports.js")

/**
 * `floor`: the fastest hand-written server. `plain`: the same with the statements that one writes without trying
 * others (Postgres only). `product`: this project without its cache. `ordinary`: the same API as teams usually build
 * it. `cached`: this project with its cache in memory.
 */
export type ServerName = "floor" | "plain" | "product" | "ordinary" | "cached"

/** Something of each server that there is. */
export type ByServer<T> = Record<Exclude<ServerName, "plain">, T> & { plain?: T }

export const serversOf = (dialect: Dialect): ServerName[] =>
  dialect === "postgres"
    ? ["floor", "plain", "product", "ordinary", "cached"]
    : ["floor", "product", "ordinary", "cached"]

/** The origin of each server, such as `http://127.0.0.1:3000`. */
export type Origins = ByServer<string>

/**
 * Servers of parts of the bench, and what they are asked for to know that they are ready: this project over tables of
 * their own, and hand-written statements.
 */
const partServers = {
  own: { program: "own-tables/node.ts", ready: "/entries?limit=1" },
  documents: { program: "documents/node.ts", ready: "/items/1" },
  statements: { program: "documents/floor.ts", ready: "/ready" },
}
type PartServer = keyof typeof partServers

const programs: Record<ServerName, string> = {
  floor: "floor.ts",
  plain: "floor.ts",
  product: "../test/weir/fixture/src/node.ts",
  ordinary: "ordinary.ts",
  cached: "../test/weir/fixture/src/node.ts",
}

const admin = { FIRST_ADMIN_EMAIL: administrator.email, FIRST_ADMIN_PASSWORD: administrator.password }

const describe = (name: ServerName | PartServer) =>
  name in partServers
    ? { ...partServers[name as PartServer], settings: {} }
    : { program: programs[name as ServerName], ready: "/items/1", settings: admin }

/** One secret for all servers, so that the ordinary server accepts the product's token. */
const secret = "a secret of the bench, 32 bytes or longer"

/** Starts all servers, each on its own database and with default settings except `CACHE`. */
export async function startServers(urls: Urls): Promise<Origins> {
  // The mix counts its hits by `Cache-Status`.
  const settings: Partial<Record<ServerName, Record<string, string>>> = {
    cached: { CACHE: "memory", TIMING_HEADERS: "all" },
    plain: { FLOOR: "plain" },
  }
  const entries = Object.entries(urls).map(async ([name, url]) => {
    const server = name as ServerName
    return [server, await startServer(server, url, settings[server] ?? { CACHE: "off" })] as const
  })
  return Object.fromEntries(await Promise.all(entries)) as Origins
}

/** Starts a server with additional settings and returns its origin. */
export async function startServer(
  name: ServerName | PartServer,
  url: string,
  settings: Record<string, string>,
): Promise<string> {
  const server = describe(name)
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  // Only these variables: settings in the environment of this process would change what is measured.
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: "production",
    DATABASE_URL: url,
    PORT: String(port),
    AUTH_SECRET: secret,
    ...server.settings,
    ...settings,
  }
  const child = start(
    process.execPath,
    ["--import", fastImports, join(import.meta.dirname, server.program)],
    { env },
  )
  await until(name, child, async () => (await fetch(`${origin}${server.ready}`)).ok)
  return origin
}

/** Signs in at the product and returns the access token. */
export async function signIn(
  origin: string,
  { email, password }: { email: string; password: string } = account,
): Promise<string> {
  const form = new URLSearchParams({ username: email, password })
  const response = await fetch(`${origin}/auth/token`, { method: "POST", body: form })
  if (!response.ok) throw new Error(`The sign-in failed with status ${response.status}`)
  const { access_token } = (await response.json()) as { access_token: string }
  return access_token
}
