import postgres from "postgres"
import type { Pooler } from "./postgres-pooler.ts"
import { signShort } from "./postgres-prepared.ts"
import { neverResend } from "./postgres-resend.ts"
import { settingsFor } from "./postgres-settings.ts"
import { type ReadFile, sslOf } from "./postgres-tls.ts"
import { isSocket, type PostgresTarget } from "./postgres-url.ts"
import { valueTypes } from "./postgres-values.ts"

export interface OpenOptions {
  /** The server cancels a statement after this time, in milliseconds; 0 for never. */
  statementTimeout: number
  connectTimeoutMs: number
  pooler: Pooler
  /** Whether something in front of the server is known to keep sessions, as Hyperdrive. */
  isDirect: boolean
  /** Reads the certificates that a URL names. */
  readFile: ReadFile | undefined
}

/** A function that makes clients of one connection each. Throws one line where a file of the URL cannot be read. */
export function opener(target: PostgresTarget, options: OpenOptions): () => postgres.Sql {
  const { connectTimeoutMs, pooler } = options
  // A Worker reaches Hyperdrive without TLS, at an address without parameters: the bundler leaves out what reads them. The
  // settings are asked for with each connection, since what a pooler takes is learnt.
  const { ssl, address, startup } =
    process.env.WEIR_DATABASE === "hyperdrive"
      ? { ssl: false, address: plainAddress(target), startup: () => plainStartup(options) }
      : {
          ssl: sslOf(target, options.readFile),
          address: addressOptions(target),
          startup: () => startupOf(target, options),
        }
  return () => {
    const sql = postgres({
      ...address,
      max: 1,
      ssl: ssl as NonNullable<postgres.Options<never>["ssl"]>,
      // postgres.js would query the types on every new connection; the statements need none of them.
      fetch_types: false,
      types: valueTypes,
      connect_timeout: connectTimeoutMs / 1000,
      // Seconds. Short, so that a database that is back is used at once.
      backoff: () => 0.1,
      connection: startup() as NonNullable<postgres.Options<never>["connection"]>,
      onnotice: () => {},
    } as unknown as postgres.Options<never>) as postgres.Sql
    // postgres.js reads this for each statement, and names its own `commit` as well.
    Object.defineProperty(sql.options, "prepare", { get: () => pooler.keepsSession })
    neverResend(sql)
    signShort(sql)
    return sql
  }
}

/** Hyperdrive's own address, which says all of it. */
const plainAddress = ({ hosts, ports, user, password: pass, database = user }: PostgresTarget) => ({
  host: hosts,
  port: ports ?? 5432,
  user,
  pass,
  database,
})

/** Where and as whom, and for how long. What the URL does not say is left to postgres.js, which asks the environment. */
function addressOptions(target: PostgresTarget): Record<string, unknown> {
  const { hosts, ports } = target
  const port = ports?.[0] ?? 5432
  // In lists, postgres.js does not look for ports in addresses of IPv6.
  const lists = { host: hosts, port: hosts?.map((_, i) => ports?.[i] ?? port) ?? ports }
  const isPlain = !ports && hosts?.length === 1 && !hosts[0]?.includes(":")
  const options = {
    ...(isSocket(target)
      ? { path: `${hosts?.[0]}/.s.PGSQL.${port}` }
      : isPlain
        ? { host: hosts?.[0] }
        : lists),
    user: target.user,
    pass: target.password,
    database: target.database,
    sslnegotiation: target.sslDirect ? "direct" : undefined,
    target_session_attrs: target.sessionAttrs,
    idle_timeout: target.idleTimeout,
    max_lifetime: target.maxLifetime,
    keep_alive: target.keepAlive,
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

const plainStartup = ({ statementTimeout }: OpenOptions): Record<string, string> => ({
  application_name: "weir",
  statement_timeout: String(statementTimeout),
})

/** The settings that a connection is opened with. Those of the URL win. */
function startupOf(target: PostgresTarget, options: OpenOptions): Record<string, string> {
  const { statementTimeout, pooler, isDirect } = options
  return {
    application_name: "weir",
    ...(isDirect ? {} : settingsFor(!pooler.takesSettings)),
    // As text: postgres.js leaves out the number 0, and the role may have a limit.
    ...(pooler.takesSettings ? { statement_timeout: String(statementTimeout) } : {}),
    ...(target.options.length ? { options: target.options.map(escaped).join(" ") } : {}),
    ...Object.fromEntries(target.settings),
  }
}

/** A word of the server's command line. */
const escaped = (word: string): string => word.replace(/[\\\s]/g, "\\$&")
