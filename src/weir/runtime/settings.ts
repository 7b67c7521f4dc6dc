import { isLongEnough } from "../auth/token.ts"
import { PostgresUrlError } from "../db/drivers/postgres-url.ts"
import * as z from "../lib/zod.ts"
import { authSettings } from "./auth-settings.ts"
import { mailSettings } from "./mail-settings.ts"
import { commaSeparated, databaseUrl, isOrigin, limit, signingKeys, whole } from "./setting-types.ts"

/** The schema of all settings. `docs/settings.md` is generated from its bounds and defaults, and from `setting-texts.ts`. */
export const settings = z.object({
  DATABASE_URL: databaseUrl.default("file:weir.db"),
  DATABASE_AUTH_TOKEN: z.string().min(1).optional(),
  HOST: z
    .string()
    // As in a URL.
    .transform((text) => text.replace(/^\[([\da-fA-F:.]+(?:%.+)?)\]$/, "$1"))
    .default("127.0.0.1"),
  PORT: whole(0, 65_535).default(3000),
  BASE_PATH: z
    .string()
    .regex(
      /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+$/,
      "must be a path such as /api/v1: parts of letters, digits and - . _ ~, a slash before each and none at the end",
    )
    .optional(),
  AUTH_SECRET: z.string().refine(isLongEnough, "must be at least 32 bytes").optional(),
  AUTH_KEYS: signingKeys.optional(),
  ACCESS_TOKEN_MINUTES: whole(1, 1_440).optional(),
  SESSION_DAYS: whole(1, 400).default(30),
  SESSION_MAX_DAYS: whole(1, 3650).default(365),
  ...authSettings,
  FIRST_ADMIN_EMAIL: z.email("must be an email address").optional(),
  FIRST_ADMIN_PASSWORD: z
    .string()
    .min(8, "must be at least 8 characters")
    .max(200, "must be at most 200 characters")
    .optional(),
  CORS_ORIGINS: commaSeparated
    .pipe(z.array(z.string().refine(isOrigin, "must hold origins such as https://example.com, or *")))
    .default([]),
  UPSTASH_REDIS_REST_URL: z
    .url({ protocol: /^https?$/, message: "must be an http or https URL" })
    .refine((text) => !/[@?#]/.test(text), "must be the address alone, as Upstash shows it")
    .optional(),
  UPSTASH_REDIS_REST_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, "must be one word, as Upstash shows it")
    .optional(),
  CACHE: z.enum(["off", "memory", "upstash"], "must be off, memory or upstash").optional(),
  CACHE_TTL: whole(1, 86_400).default(60),
  CACHE_STALE: whole(0, 86_400).default(0),
  CACHE_MEMORY: whole(65_536, 68_719_476_736).default(67_108_864),
  CACHE_PREFIX: z
    .string()
    .regex(/^[\w.:/-]{1,100}$/, "must be 1 to 100 letters, digits or . : / _ -")
    .optional(),
  LOG_LEVEL: z
    .enum(["info", "warn", "error", "silent"], "must be info, warn, error or silent")
    .default("info"),
  TIMING_HEADERS: z.enum(["all", "admins", "off"], "must be all, admins or off").optional(),
  WORKERS: z
    .string()
    .regex(/^(auto|[1-9]|[1-5]\d|6[0-4])$/, "must be auto or a whole number from 1 to 64")
    .default("1")
    .transform((text) => (text === "auto" ? (globalThis.navigator?.hardwareConcurrency ?? 1) : Number(text))),
  METRICS: z.enum(["off", "admins", "all"], "must be off, admins or all").default("off"),
  DOCUMENT_LIMIT: whole(64, 104_857_600).default(262_144),
  BODY_LIMIT: whole(1, 104_857_600).default(1_048_576),
  // JSON may take six times the bytes that the statement measures, and a string of V8 holds 2^29 characters.
  ANSWER_LIMIT: whole(65_536, 67_108_864).default(16_777_216),
  ANSWER_ROWS: whole(1, 2_000_000).default(200_000),
  ANSWER_ROWS_ANONYMOUS: whole(1, 2_000_000).default(20_000),
  REQUEST_TIMEOUT_MS: whole(1, 600_000).default(15_000),
  QUERY_TIMEOUT_MS: whole(1, 600_000).default(5_000),
  IDEMPOTENCY_HOURS: whole(1, 8_760).default(24),
  SIGN_IN_PER_ACCOUNT: limit(),
  SIGN_IN_PER_ADDRESS: limit(),
  SIGN_UP_PER_ADDRESS: limit(),
  REQUESTS_PER_MINUTE: whole(0, 1_000_000).default(0),
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
    .default([]),
  NODE_ENV: z.string().default("development"),
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
