import { z } from "zod"
import { isLongEnough } from "../auth/token.ts"
import { PostgresUrlError } from "../db/drivers/postgres-url.ts"
import { authSettings } from "./auth-settings.ts"
import { mailSettings } from "./mail-settings.ts"
import { commaSeparated, databaseUrl, isOrigin, limit, signingKeys, whole } from "./setting-types.ts"

/** The schema of all settings. `docs/settings.md` is generated from its defaults and descriptions. */
export const settings = z.object({
  DATABASE_URL: databaseUrl
    .default("file:weir.db")
    .describe(
      "Where the data is; the dialect follows from it. `file:path`, `libsql://host` (Turso), `http://host:port` (sqld), `postgres://user:password@host/database`, with `?pooler=transaction` or `?pooler=session` behind a pooler such as PgBouncer; [connections.md](connections.md) has all parameters",
    ),
  DATABASE_AUTH_TOKEN: z.string().min(1).optional().describe("The token of a libSQL server"),
  HOST: z
    .string()
    // As in a URL.
    .transform((text) => text.replace(/^\[([\da-fA-F:.]+(?:%.+)?)\]$/, "$1"))
    .default("127.0.0.1")
    .describe("The address that Node listens on; `0.0.0.0` for all interfaces, `::` for those of IPv6, too"),
  PORT: whole(0, 65_535).default(3000).describe("The port that Node listens on; 0 for any that is free"),
  BASE_PATH: z
    .string()
    .regex(
      /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+$/,
      "must be a path such as /api/v1: parts of letters, digits and - . _ ~, a slash before each and none at the end",
    )
    .optional()
    .describe(
      "The path below which clients see the API, such as `/api/v1`; links begin with it. Requests come with it or, from a proxy that strips it, without",
    ),
  AUTH_SECRET: z
    .string()
    .refine(isLongEnough, "must be at least 32 bytes")
    .optional()
    .describe(
      "Signs access tokens; at least 32 bytes. Several, of 32 bytes each, are separated by commas, the newest first: it signs, and what the others have signed still holds. Required with `NODE_ENV=production` and on Workers; elsewhere a new one is made at each start",
    ),
  AUTH_KEYS: signingKeys
    .optional()
    .describe(
      "Private keys that sign access tokens in place of `AUTH_SECRET`, which stays required: a JWK Set, or one JWK, of Ed25519 or P-256. The first signs, all verify, and `/.well-known/jwks.json` shows their public halves",
    ),
  ACCESS_TOKEN_MINUTES: whole(1, 1_440)
    .optional()
    .describe(
      "How long an access token holds, in minutes. Without it: 15 where the accounts have sessions, else 60",
    ),
  SESSION_DAYS: whole(1, 400).default(30).describe("How long a session lasts that is not used, in days"),
  SESSION_MAX_DAYS: whole(1, 3650)
    .default(365)
    .describe("How long a session lasts at most, however often it is refreshed, in days"),
  ...authSettings,
  FIRST_ADMIN_EMAIL: z
    .email("must be an email address")
    .optional()
    .describe("The first admin, made once, while there is none. Together with `FIRST_ADMIN_PASSWORD`"),
  FIRST_ADMIN_PASSWORD: z
    .string()
    .min(8, "must be at least 8 characters")
    .max(200, "must be at most 200 characters")
    .optional()
    .describe("The password of the first admin, of 8 to 200 characters"),
  CORS_ORIGINS: commaSeparated
    .pipe(z.array(z.string().refine(isOrigin, "must hold origins such as https://example.com, or *")))
    .default([])
    .describe("Origins that browsers may call from, separated by commas; `*` for all"),
  UPSTASH_REDIS_REST_URL: z
    .url({ protocol: /^https?$/, message: "must be an http or https URL" })
    .refine((text) => !/[@?#]/.test(text), "must be the address alone, as Upstash shows it")
    .optional()
    .describe("The address of an Upstash Redis, which then keeps answers. Together with its token"),
  UPSTASH_REDIS_REST_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, "must be one word, as Upstash shows it")
    .optional()
    .describe("The token of the Upstash Redis"),
  CACHE: z
    .enum(["off", "memory", "upstash"], "must be off, memory or upstash")
    .optional()
    .describe(
      "Where answers are kept: `off`, `memory` or `upstash`. Without it: Upstash Redis where it is set, memory for a file, else off",
    ),
  CACHE_TTL: whole(1, 86_400)
    .default(60)
    .describe("How long an answer may be served from the cache, in seconds"),
  CACHE_STALE: whole(0, 86_400)
    .default(0)
    .describe("How much longer an expired answer is served while one request reads it again, in seconds"),
  CACHE_MEMORY: whole(65_536, 68_719_476_736)
    .default(67_108_864)
    .describe("Most memory for stored answers, in bytes"),
  CACHE_PREFIX: z
    .string()
    .regex(/^[\w.:/-]{1,100}$/, "must be 1 to 100 letters, digits or . : / _ -")
    .optional()
    .describe(
      "The prefix of all keys in Redis: the same for all services of one database, and for no others. Without it: made from the database's address and the secret",
    ),
  LOG_LEVEL: z
    .enum(["info", "warn", "error", "silent"], "must be info, warn, error or silent")
    .default("info")
    .describe("Lowest level that is logged: `info`, `warn`, `error` or `silent`"),
  TIMING_HEADERS: z
    .enum(["all", "admins", "off"], "must be all, admins or off")
    .optional()
    .describe(
      "Who gets `Server-Timing` and `Cache-Status`, which tell whether an account exists and when hidden rows change: `all`, `admins` or `off`. Without it: all, and admins with `NODE_ENV=production` and on Workers",
    ),
  WORKERS: z
    .string()
    .regex(/^(auto|[1-9]|[1-5]\d|6[0-4])$/, "must be auto or a whole number from 1 to 64")
    .default("1")
    .transform((text) => (text === "auto" ? (globalThis.navigator?.hardwareConcurrency ?? 1) : Number(text)))
    .describe(
      "How many processes serve on Node, behind one port: 1 to 64, or `auto` for as many as there are processors. Each has a cache and connections of its own",
    ),
  METRICS: z
    .enum(["off", "admins", "all"], "must be off, admins or all")
    .default("off")
    .describe("Who may read `GET /metrics`, for Prometheus, on Node: `off`, `admins` or `all`"),
  DOCUMENT_LIMIT: whole(64, 104_857_600)
    .default(262_144)
    .describe("Largest document of a collection, in bytes, with all digits of its numbers written out"),
  BODY_LIMIT: whole(1, 104_857_600).default(1_048_576).describe("Largest request body, in bytes"),
  // JSON may take six times the bytes that the statement measures, and a string of V8 holds 2^29 characters.
  ANSWER_LIMIT: whole(65_536, 67_108_864)
    .default(16_777_216)
    .describe("Largest answer to a read, in bytes; beyond it, a 422 that says what to ask less of"),
  ANSWER_ROWS: whole(1, 2_000_000)
    .default(200_000)
    .describe("Most rows that a read may ask for by its limits, embedded ones included"),
  ANSWER_ROWS_ANONYMOUS: whole(1, 2_000_000).default(20_000).describe("The same for who is not signed in"),
  REQUEST_TIMEOUT_MS: whole(1, 600_000)
    .default(15_000)
    .describe(
      "How long a request may take, in milliseconds; after it, a 503, and Postgres cancels the statement",
    ),
  QUERY_TIMEOUT_MS: whole(1, 600_000)
    .default(5_000)
    .describe(
      "How long a read may take whose own limits do not bound its cost, such as a filtered list, in milliseconds; after it, a 503. Admins have all of `REQUEST_TIMEOUT_MS`",
    ),
  IDEMPOTENCY_HOURS: whole(1, 8_760)
    .default(24)
    .describe("How long a write's outcome is kept for retries with its `Idempotency-Key`, in hours"),
  SIGN_IN_PER_ACCOUNT: limit().describe(
    "How many passwords one address may try for one account in a minute; 0 for no limit. Without it: 10 in production, else 0",
  ),
  SIGN_IN_PER_ADDRESS: limit().describe(
    "How many passwords one address may try in a minute; 0 for no limit. Without it: 30 in production, else 0",
  ),
  SIGN_UP_PER_ADDRESS: limit().describe(
    "How many accounts one address may create in a minute; 0 for no limit. Without it: 30 in production, else 0",
  ),
  REQUESTS_PER_MINUTE: whole(0, 1_000_000)
    .default(0)
    .describe("How many requests an address, and a signed-in account, may make in a minute; 0 for no limit"),
  ...mailSettings,
  TRUSTED_PROXIES: commaSeparated
    .pipe(
      z.array(
        z.union(
          [z.ipv4(), z.cidrv4(), z.ipv6(), z.cidrv6()],
          "must hold addresses or CIDRs such as 10.0.0.0/8",
        ),
      ),
    )
    .default([])
    .describe(
      "Addresses of proxies whose `X-Forwarded-For` or `Forwarded` names the client, separated by commas: addresses or CIDRs. Node only",
    ),
  NODE_ENV: z.string().default("development").describe("`production` requires `AUTH_SECRET`"),
})

/** All settings, validated and with their defaults. */
export type Settings = z.infer<typeof settings>

/** The kind of cache that the settings choose, or `otherwise` if they choose none. */
export const cacheOf = <Otherwise>({ CACHE, UPSTASH_REDIS_REST_URL }: Settings, otherwise: Otherwise) =>
  CACHE ?? (UPSTASH_REDIS_REST_URL ? "upstash" : otherwise)

/** Who gets `Server-Timing` and `Cache-Status` by the settings. */
export const timingHeadersOf = ({ TIMING_HEADERS, NODE_ENV }: Settings) =>
  TIMING_HEADERS ?? (NODE_ENV === "production" ? "admins" : "all")

/** A wrong setting. The message is one line that names it. */
export class SettingError extends Error {}

/** Opens a database. Throws a `SettingError` where its URL names what cannot be had. */
export function namingUrl<T>(open: () => T): T {
  try {
    return open()
  } catch (error) {
    if (error instanceof PostgresUrlError) throw new SettingError(`DATABASE_URL: ${error.message}`)
    throw error
  }
}

/**
 * Parses the settings from environment variables or bindings; an empty one counts as not set. Throws a `SettingError`
 * that names the first wrong one.
 */
export function parseEnv(raw: Record<string, unknown>): Settings {
  const variables = Object.fromEntries(
    Object.keys(settings.shape)
      .filter((name) => typeof raw[name] === "string" && raw[name] !== "")
      .map((name) => [name, raw[name]]),
  )
  const result = settings.safeParse(variables)
  if (!result.success) {
    const [issue] = result.error.issues
    throw new SettingError(`${String(issue?.path[0])}: ${issue?.message}`)
  }
  const env = result.data
  if ((env.FIRST_ADMIN_EMAIL === undefined) !== (env.FIRST_ADMIN_PASSWORD === undefined))
    throw new SettingError("FIRST_ADMIN_EMAIL and FIRST_ADMIN_PASSWORD: set both, or neither")
  if ((env.UPSTASH_REDIS_REST_URL === undefined) !== (env.UPSTASH_REDIS_REST_TOKEN === undefined))
    throw new SettingError("UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN: set both, or neither")
  const urlToken = /^(libsql|https?|wss?):/.test(env.DATABASE_URL)
    ? (new URL(env.DATABASE_URL).searchParams.get("authToken") ?? undefined)
    : undefined
  if (urlToken !== undefined && urlToken !== (env.DATABASE_AUTH_TOKEN ?? urlToken))
    throw new SettingError(
      "DATABASE_AUTH_TOKEN: differs from the authToken of DATABASE_URL; give one of them",
    )
  if (env.AUTH_PROVIDERS?.length && !env.AUTH_REDIRECTS.length)
    throw new SettingError("AUTH_REDIRECTS: name the URLs that a sign-in with AUTH_PROVIDERS may lead to")
  if (env.CACHE === "upstash" && env.UPSTASH_REDIS_REST_URL === undefined)
    throw new SettingError("CACHE: upstash needs UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN")
  return env
}

/** Throws a `SettingError` where tokens are to be signed in production, and there is no secret to sign them with. */
export function requireSecret({ NODE_ENV, AUTH_SECRET }: Settings): void {
  if (NODE_ENV === "production" && AUTH_SECRET === undefined)
    throw new SettingError("AUTH_SECRET: is required in production; make one with: openssl rand -base64 32")
}
