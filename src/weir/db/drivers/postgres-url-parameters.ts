import { type PoolerMode, poolerModes } from "./postgres-pooler.ts"
import { fixedSettings } from "./postgres-settings.ts"
import type { PostgresTarget, SslMode } from "./postgres-url.ts"

/** Takes the value of a parameter. Returns why it cannot be taken, to be read after the parameter's name. */
type Take = (target: PostgresTarget, value: string) => string | undefined

const mustBe = (values: readonly string[]): string => `which must be ${values.join(" or ")}`

/** One of some words, that `take` then does something with. */
const word =
  <W extends string>(words: readonly W[], take: (target: PostgresTarget, word: W) => unknown): Take =>
  (target, value) => {
    const found = words.find((each) => each === value.toLowerCase())
    if (found === undefined) return mustBe(words)
    const why = take(target, found)
    return typeof why === "string" ? why : undefined
  }

/** A whole number from `min` on. */
const whole =
  (min: number, max: number, take: (target: PostgresTarget, number: number) => unknown): Take =>
  (target, value) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
    if (!(number >= min && number <= max)) return `which must be a whole number from ${min} to ${max}`
    take(target, number)
    return undefined
  }

const text =
  (take: (target: PostgresTarget, value: string) => unknown): Take =>
  (target, value) => {
    if (value === "") return "which is empty"
    const why = take(target, value)
    return typeof why === "string" ? why : undefined
  }

const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const
/** Keeps a value; with `isZeroNone`, 0 says nothing. */
const into =
  <K extends "user" | "password" | "database" | Times>(key: K, isZeroNone = false) =>
  (target: PostgresTarget, value: NonNullable<PostgresTarget[K]>): void => {
    target[key] = isZeroNone && value === 0 ? undefined : value
  }
type Times = "connectTimeout" | "idleTimeout" | "maxLifetime" | "maxConnections" | "poolTimeout"

const passOver = (): void => {}
const anyNumber = whole(0, 999_999_999, passOver)

function pooler(target: PostgresTarget, mode: PoolerMode): string | undefined {
  if (target.pooler !== undefined && target.pooler !== mode) return "which contradicts another parameter"
  target.pooler = mode
  return undefined
}

/** Takes a mode of `ssl` or `sslmode`: the stricter of two counts, and none beside `disable`. */
function sslMode(target: PostgresTarget, mode: SslMode): string | undefined {
  const before = target.sslMode ?? mode
  if (before !== mode && (before === "disable" || mode === "disable"))
    return "which contradicts another parameter"
  target.sslMode = sslModes.indexOf(before) > sslModes.indexOf(mode) ? before : mode
  return undefined
}

/** Sets a setting of the server for each connection. */
function setting(target: PostgresTarget, name: string, value: string): string | undefined {
  const key = name.toLowerCase()
  const [, fixed] =
    Object.entries(fixedSettings).find(
      ([each]) => each.toLowerCase() === key && each !== "synchronous_commit",
    ) ?? []
  if (fixed !== undefined)
    return value.toLowerCase() === fixed.toLowerCase()
      ? undefined
      : `which must be ${fixed}: Weir relies on it`
  if (key === "client_encoding") return /^(utf-?8|auto)$/i.test(value) ? undefined : "which must be UTF8"
  if (key === "default_transaction_read_only" && !/^(off|false|no|0)$/i.test(value))
    return "with which Weir could not write"
  const before = target.settings.get(key)
  if (before !== undefined && before !== value) return `which contradicts another ${key}`
  target.settings.set(key, value)
  return undefined
}

/** An identifier as `search_path` takes it. */
const identifier = (name: string): string =>
  /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`

/** The server's command line: `-c name=value` and `--name=value` are settings; `name=value` alone is a provider's. */
function options(target: PostgresTarget, line: string): string | undefined {
  const words = (line.match(/(?:\\.|[^\s\\])+/g) ?? []).map((each) => each.replace(/\\(.)/g, "$1"))
  for (let at = 0; at < words.length; at++) {
    const given = words[at] as string
    const assigned = given === "-c" ? words[++at] : /^(?:-c|--)(.+)$/.exec(given)?.[1]
    const [, name, value] = /^([a-z][\w.-]*)=(.*)$/is.exec(assigned ?? given) ?? []
    if (name === undefined || value === undefined) return "which holds something else than -c name=value"
    if (assigned === undefined) target.options.push(given)
    else {
      const why = setting(target, name.replaceAll("-", "_"), value)
      if (why !== undefined) return `which sets ${name}, ${why}`
    }
  }
  return undefined
}

const hosts = text((target, value) => {
  target.hosts = value.split(",")
})

const parameters: Record<string, Take> = {
  // Where and as whom: these win over the URL's other parts, as in libpq.
  host: hosts,
  port: text((target, value) => {
    if (!/^\d{1,5}(,\d{1,5})*$/.test(value)) return "which must be a number"
    target.ports = value.split(",").map(Number)
    return undefined
  }),
  user: text(into("user")),
  password: text(into("password")),
  dbname: text(into("database")),
  target_session_attrs: word(
    ["any", "read-write", "primary", "read-only", "standby", "prefer-standby"],
    (target, attrs) => {
      if (attrs === "read-write" || attrs === "primary") target.sessionAttrs = attrs
      else if (attrs !== "any") return "which asks for servers that take no writes"
      return undefined
    },
  ),
  load_balance_hosts: word(["disable"], passOver),

  // Encryption.
  sslmode: word(sslModes, sslMode),
  ssl: word(["true", "false", ...sslModes], (target, mode) =>
    sslMode(target, mode === "true" ? "require" : mode === "false" ? "disable" : mode),
  ),
  sslnegotiation: word(["postgres", "direct"], (target, how) => {
    target.sslDirect = how === "direct"
  }),
  sslrootcert: text((target, path) => {
    target.sslFiles.root = path
  }),
  sslcert: text((target, path) => {
    target.sslFiles.cert = path
  }),
  sslkey: text((target, path) => {
    target.sslFiles.key = path
  }),
  ssl_min_protocol_version: word(["tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"], (target, version) => {
    target.sslMinVersion = version === "tlsv1.3" ? "TLSv1.3" : "TLSv1.2"
  }),
  sslcompression: word(["0"], passOver),
  sslsni: word(["1"], passOver),
  gssencmode: word(["disable", "prefer"], passOver),
  // Providers write `require`; postgres.js has no channel binding. `verify-full` protects against the same.
  channel_binding: word(["disable", "prefer", "require"], passOver),

  // Time and keeping alive.
  connect_timeout: whole(0, 600, into("connectTimeout", true)),
  idle_timeout: whole(0, 86_400, into("idleTimeout")),
  max_lifetime: whole(0, 604_800, into("maxLifetime")),
  keepalives: word(["0", "1"], (target, on) => {
    if (on === "0") target.keepAlive = 0
  }),
  keepalives_idle: whole(0, 86_400, (target, seconds) => {
    // 0 is the system's own, and `keepalives=0` says never.
    if (seconds > 0) target.keepAlive ??= seconds
  }),
  keepalives_interval: anyNumber,
  keepalives_count: anyNumber,
  tcp_user_timeout: anyNumber,

  // Poolers, and Prisma's own.
  pooler: word(poolerModes, pooler),
  pgbouncer: word(["true", "false"], (target, on) =>
    on === "true" ? pooler(target, "transaction") : undefined,
  ),
  connection_limit: whole(1, 1_000, into("maxConnections")),
  pool_timeout: whole(0, 600, into("poolTimeout", true)),
  schema: text((target, name) => setting(target, "search_path", identifier(name))),

  // The server's settings.
  options: text(options),
  application_name: text((target, name) => setting(target, "application_name", name)),
  fallback_application_name: passOver as Take,

  // What else providers add, for other clients.
  uselibpqcompat: word(["true", "false"], passOver),
  supa: passOver as Take,
  workaround: passOver as Take,
}

/** Settings of the server that may be parameters of the URL by themselves; `options` takes any. */
const settingNames = new Set([
  "client_encoding",
  "idle_in_transaction_session_timeout",
  "idle_session_timeout",
  "jit",
  "lock_timeout",
  "plan_cache_mode",
  "role",
  "search_path",
  "statement_timeout",
  "transaction_timeout",
  "work_mem",
  ...Object.keys(fixedSettings).map((name) => name.toLowerCase()),
])

/** Takes one parameter of a URL. Returns why it cannot be taken, if so: `unknown`, or what is wrong with its value. */
export function takeParameter(target: PostgresTarget, name: string, value: string): string | undefined {
  if (Object.hasOwn(parameters, name)) return (parameters[name] as Take)(target, value)
  if (settingNames.has(name.toLowerCase())) return setting(target, name, value)
  return "unknown"
}
