import type { PoolerMode } from "./postgres-pooler.ts"
import { takeParameter } from "./postgres-url-parameters.ts"

/** How a connection is encrypted, in libpq's words. https://www.postgresql.org/docs/current/libpq-ssl.html */
export type SslMode = "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full"

/** What a `DATABASE_URL` says of a Postgres. Undefined is what it does not say. */
export interface PostgresTarget {
  /** Host names and addresses, or one folder of a socket, which begins with `/`. */
  hosts: string[] | undefined
  ports: number[] | undefined
  user: string | undefined
  password: string | undefined
  database: string | undefined
  sslMode: SslMode | undefined
  /** Whether TLS begins without asking the server first. */
  sslDirect: boolean
  /** Paths of PEM files; `system` as the root means those that the runtime trusts. */
  sslFiles: { root?: string; cert?: string; key?: string }
  sslMinVersion: "TLSv1.2" | "TLSv1.3" | undefined
  /** Settings of the server for each connection. */
  settings: Map<string, string>
  /** Options of the server's command line that name no setting, such as Neon's `endpoint=…`. */
  options: string[]
  pooler: PoolerMode | undefined
  /** Which of several servers is wanted. */
  sessionAttrs: "read-write" | "primary" | undefined
  maxConnections: number | undefined
  /** How long opening a connection may take, and how long a statement waits for one, in seconds. */
  connectTimeout: number | undefined
  poolTimeout: number | undefined
  /** When an idle connection is closed, and how old one may grow, in seconds. */
  idleTimeout: number | undefined
  maxLifetime: number | undefined
  /** After how many idle seconds TCP asks whether the other side is there; 0 for never. */
  keepAlive: number | undefined
}

/** A `DATABASE_URL` that cannot be used. The message says why, to be read after the setting's name. */
export class PostgresUrlError extends Error {}

const notUrl = "is not a URL; a password with / ? # or @ in it must be percent-encoded"

const shape = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#@]*))?(?:\?([^#@]*))?$/i

/**
 * Parses a URL as libpq does, with the parameters that providers add to it.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 * Throws a `PostgresUrlError`; `isLenient` passes over parameters that are not known instead.
 */
export function parsePostgresUrl(url: string, isLenient = false): PostgresTarget {
  const [matched, userInfo, authority = "", path, query = ""] = shape.exec(url) ?? []
  if (matched === undefined) throw new PostgresUrlError(notUrl)
  const colon = userInfo?.indexOf(":") ?? -1
  const target: PostgresTarget = {
    ...addressesOf(authority),
    user: decoded(colon < 0 ? userInfo : userInfo?.slice(0, colon)),
    password: colon < 0 ? undefined : decoded(userInfo?.slice(colon + 1)),
    database: decoded(path),
    ...withoutParameters(),
  }
  const given = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    const before = given.get(name)
    if (before === value) continue
    // A password that was not encoded can look like a parameter, so that only plain words are repeated.
    if (!/^\w{1,40}$/.test(name)) throw new PostgresUrlError(notUrl)
    if (before !== undefined)
      throw new PostgresUrlError(`has the parameter ${name} twice, with different values`)
    given.set(name, value)
    const why = takeParameter(target, name, value)
    if (why === "unknown" && isLenient) continue
    if (why === "unknown")
      throw new PostgresUrlError(
        `has the parameter ${name}, which Weir does not take; docs/connections.md lists those that it does`,
      )
    if (why !== undefined) throw new PostgresUrlError(`has ${name}, ${why}`)
  }
  requirePlausible(target)
  return target
}

const withoutParameters = () => ({
  sslMode: undefined,
  sslDirect: false,
  sslFiles: {},
  sslMinVersion: undefined,
  settings: new Map<string, string>(),
  options: [],
  pooler: undefined,
  sessionAttrs: undefined,
  maxConnections: undefined,
  connectTimeout: undefined,
  poolTimeout: undefined,
  idleTimeout: undefined,
  maxLifetime: undefined,
  keepAlive: undefined,
})

/** What Hyperdrive's own URL says: one server, a user and a database. Its parameters say nothing that is of use. */
export function hyperdriveTarget(url: string): PostgresTarget {
  const { hostname, port, username, password, pathname } = new URL(url)
  return {
    hosts: [hostname.replace(/[[\]]/g, "")],
    ports: port ? [Number(port)] : undefined,
    user: decoded(username),
    password: decoded(password),
    database: decoded(pathname.slice(1)),
    ...withoutParameters(),
  }
}

/** Decodes a part of a URL; empty counts as absent. */
function decoded(text: string | undefined): string | undefined {
  try {
    return text ? decodeURIComponent(text) : undefined
  } catch {
    throw new PostgresUrlError(notUrl)
  }
}

/** The hosts and ports of `host:port,host:port`. */
function addressesOf(authority: string): Pick<PostgresTarget, "hosts" | "ports"> {
  if (authority === "") return { hosts: undefined, ports: undefined }
  const pairs = authority.split(",").map((each) => {
    const [matched, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(each) ?? []
    if (matched === undefined) throw new PostgresUrlError(notUrl)
    return { host: decoded(bracketed ?? plain), port }
  })
  const hosts = pairs.flatMap(({ host }) => host ?? [])
  const isPort = pairs.some(({ port }) => port !== undefined)
  return {
    hosts: hosts.length ? hosts : undefined,
    ports: isPort ? pairs.map(({ port = "5432" }) => Number(port)) : undefined,
  }
}

function requirePlausible({ hosts, ports, sslMode, sslFiles }: PostgresTarget): void {
  if (ports?.some((port) => port < 1 || port > 65_535))
    throw new PostgresUrlError("has a port that is not from 1 to 65535")
  if (ports && ports.length > 1 && ports.length !== hosts?.length)
    throw new PostgresUrlError("has not as many ports as hosts")
  if (hosts && hosts.length > 1 && hosts.some((host) => host.startsWith("/")))
    throw new PostgresUrlError("has a socket beside other hosts")
  if ((sslFiles.cert === undefined) !== (sslFiles.key === undefined))
    throw new PostgresUrlError("has one of sslcert and sslkey: give both, or neither")
  if (sslFiles.root === "system" && sslMode !== undefined && sslMode !== "verify-full")
    throw new PostgresUrlError("has sslrootcert=system, which needs sslmode=verify-full")
}

/** Whether a URL's server is reached through a socket of this machine. */
export const isSocket = ({ hosts }: PostgresTarget): boolean => hosts?.[0]?.startsWith("/") === true

/** Where the server is, without credentials: for logs, and to tell databases apart. */
export function addressOf({ hosts = ["localhost"], ports, database }: PostgresTarget): string {
  const at = hosts.map((host, i) => {
    const port = ports?.[i] ?? ports?.[0]
    return `${host.includes(":") && !host.startsWith("/") ? `[${host}]` : host}${port === undefined ? "" : `:${port}`}`
  })
  return at.join(",") + (database === undefined ? "" : `/${database}`)
}

/** The URL of another database on the same server. */
export function withDatabase(url: string, name: string): string {
  const [, before = "", after = ""] = /^(postgres(?:ql)?:\/\/[^/?#]*)(?:\/[^?#]*)?(\?.*)?$/i.exec(url) ?? []
  const query = new URLSearchParams(after)
  query.delete("dbname")
  const rest = query.size > 0 ? `?${query}` : ""
  return `${before}/${encodeURIComponent(name)}${rest}`
}
