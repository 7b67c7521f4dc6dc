import { z } from "zod"

const databaseUrl = z
  .string()
  .regex(
    /^(file:.|libsql:|https?:|wss?:|postgres(ql)?:)/,
    "must start with file:, libsql:, https:, http: or postgres:",
  )
  .refine(
    (text) => text.startsWith("file:") || (URL.canParse(text) && !new URL(text).pathname.includes("@")),
    "is not a URL; a password with / ? # or @ in it must be percent-encoded",
  )
  .refine(
    (text) => !/^(libsql|https?|wss?):/.test(text) || !/^\w+:\/\/[^/?#]*@/.test(text),
    "must hold no user or password: a libSQL server's token goes into DATABASE_AUTH_TOKEN",
  )
/** A whole number, and nothing else: not even a blank, which JavaScript takes for 0. */
const whole = (min: number, max: number) => {
  const range = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,12}$/, range)
    .transform(Number)
    .pipe(z.number().min(min, range).max(max, range))
}

/** What browsers send as `Origin`: no path, no default port, lower case. */
const isOrigin = (text: string): boolean =>
  text === "*" || (/^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text)

const settings = z.object({
  /** Where the data is. The dialect follows from it. */
  DATABASE_URL: databaseUrl.default("file:weir.db"),
  /** The token of a libSQL server (Turso). */
  DATABASE_AUTH_TOKEN: z.string().min(1).optional(),
  /** The address to listen on (Node). */
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: whole(0, 65_535).default(3000),
  /** Signs access tokens. Required in production; made up at each start in development. */
  AUTH_SECRET: z
    .string()
    .refine((secret) => new TextEncoder().encode(secret).length >= 32, "must be at least 32 bytes")
    .optional(),
  FIRST_ADMIN_EMAIL: z.email("must be an email address").optional(),
  FIRST_ADMIN_PASSWORD: z
    .string()
    .min(8, "must be at least 8 characters")
    .max(200, "must be at most 200 characters")
    .optional(),
  /** Origins that browsers may call from, separated by commas; `*` for all. Default: none. */
  CORS_ORIGINS: z
    .string()
    .transform((text) =>
      text
        .split(",")
        .map((origin) => origin.trim())
        .filter(Boolean),
    )
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
  /** Where answers are kept. Default: in Upstash Redis where it is set, in memory for a file, else nowhere. */
  CACHE: z.enum(["off", "memory", "upstash"], "must be off, memory or upstash").optional(),
  /** How long an answer holds at the most, in seconds. */
  CACHE_TTL: whole(1, 86_400).default(60),
  /** For so many seconds more it is served once again while it is read anew. */
  CACHE_STALE: whole(0, 86_400).default(0),
  /** Most that is kept in memory, in bytes. */
  CACHE_MEMORY: whole(65_536, 68_719_476_736).default(67_108_864),
  /** What the keys in Redis begin with: the same for all who serve one database, and for nobody else. */
  CACHE_PREFIX: z
    .string()
    .regex(/^[\w.:/-]{1,100}$/, "must be 1 to 100 letters, digits or . : / _ -")
    .optional(),
  LOG_LEVEL: z
    .enum(["info", "warn", "error", "silent"], "must be info, warn, error or silent")
    .default("info"),
  /** Largest request body, in bytes. */
  BODY_LIMIT: whole(1, 104_857_600).default(1_048_576),
  /** How long a request may take, in milliseconds. */
  REQUEST_TIMEOUT_MS: whole(1, 600_000).default(15_000),
  NODE_ENV: z.string().default("development"),
})

/** All settings, checked. */
export type Settings = z.infer<typeof settings>

/** The cache that the settings ask for, or `otherwise`. */
export const cacheOf = <Otherwise>({ CACHE, UPSTASH_REDIS_REST_URL }: Settings, otherwise: Otherwise) =>
  CACHE ?? (UPSTASH_REDIS_REST_URL ? "upstash" : otherwise)

/** A setting that cannot be used; the message is one line that names it. */
export class SettingError extends Error {}

/**
 * Reads the settings from an environment's variables; empty ones count as not set. Throws a `SettingError`
 * that names the first wrong one.
 */
export function parseEnv(raw: Record<string, unknown>): Settings {
  const given = Object.fromEntries(
    Object.keys(settings.shape)
      .filter((name) => typeof raw[name] === "string" && raw[name] !== "")
      .map((name) => [name, raw[name]]),
  )
  const result = settings.safeParse(given)
  if (!result.success) {
    const [issue] = result.error.issues
    throw new SettingError(`${String(issue?.path[0])}: ${issue?.message}`)
  }
  const env = result.data
  if ((env.FIRST_ADMIN_EMAIL === undefined) !== (env.FIRST_ADMIN_PASSWORD === undefined))
    throw new SettingError("FIRST_ADMIN_EMAIL and FIRST_ADMIN_PASSWORD: set both, or neither")
  if ((env.UPSTASH_REDIS_REST_URL === undefined) !== (env.UPSTASH_REDIS_REST_TOKEN === undefined))
    throw new SettingError("UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN: set both, or neither")
  if (env.CACHE === "upstash" && env.UPSTASH_REDIS_REST_URL === undefined)
    throw new SettingError("CACHE: upstash needs UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN")
  if (env.NODE_ENV === "production" && env.AUTH_SECRET === undefined)
    throw new SettingError("AUTH_SECRET: is required in production; make one with: openssl rand -base64 32")
  return env
}
