import "./worker-dialect.ts"
import { waitUntil } from "cloudflare:workers"
import type { Hono } from "hono"
import type { Api } from "../api.ts"
import { createApp } from "../app.ts"
import { dialectName, dialectOf } from "../db/dialect/choose.ts"
import { classify } from "../db/dialect/errors.ts"
import type { Database } from "../db/driver.ts"
import { type D1Binding, openD1 } from "../db/drivers/d1.ts"
import { openLibsqlHttp } from "../db/drivers/libsql-http.ts"
import { openPostgresPerRequest, type PostgresOptions } from "../db/drivers/postgres.ts"
import { sslOf } from "../db/drivers/postgres-tls.ts"
import { parsePostgresUrl } from "../db/drivers/postgres-url.ts"
import type { AppEnv } from "../http/context.ts"
import type { Log } from "../http/request.ts"
import { BindingLimiter, type RateLimitBinding } from "../limits/binding.ts"
import { Problem } from "../problem.ts"
import { openCache, withSchema } from "./cache.ts"
import { clientLimits } from "./limits.ts"
import { mailOf } from "./mail.ts"
import {
  answerLimitsOf,
  authSettingsOf,
  firstAdmin,
  leveled,
  requireDistinct,
  trialLine,
  trialResources,
} from "./services.ts"
import {
  namingUrl,
  parseEnv,
  requireSecret,
  SettingError,
  type Settings,
  timingHeadersOf,
} from "./settings.ts"

interface Bindings extends Record<string, unknown> {
  DB?: D1Binding
  HYPERDRIVE?: { connectionString: string }
  RATE_LIMITER?: RateLimitBinding
  /** The files of Swagger UI. Below a base path, the Worker itself fetches them. */
  ASSETS?: { fetch(request: Request): Promise<Response> }
}

const console_: Log = (record) => console.log(JSON.stringify({ time: Date.now(), ...record }))

/** How long a request waits for another's identical read, in ms: if that request is ended, its read never settles. */
const coalesceTimeoutMs = 1000

function appFrom(api: Api, env: Bindings): Hono<AppEnv> {
  // A Worker is in production unless its variables say otherwise, such as .dev.vars for `wrangler dev`.
  const settings = parseEnv({ NODE_ENV: "production", ...env })
  if (api.accounts) requireSecret(settings)
  const trial = trialResources(settings, api)
  if (trial.length) console_({ level: "warn", msg: trialLine(trial) })
  if (settings.CACHE === "memory")
    throw new SettingError("CACHE: memory works for a single process only, and a Worker runs in many at once")
  const opened = openDatabase(env, settings)
  const { cache, database } = openCache(settings, opened, identityOf(env, opened), {
    waitUntil,
    pipelined: false,
    coalesceTimeoutMs,
  })
  const app = createApp(api, {
    database,
    cache,
    basePath: settings.BASE_PATH,
    authSecret: settings.AUTH_SECRET ?? crypto.randomUUID() + crypto.randomUUID(),
    auth: authSettingsOf(settings, api.accounts),
    mail: mailOf(settings, api, { log: leveled(console_, settings.LOG_LEVEL) }),
    corsOrigins: settings.CORS_ORIGINS,
    bodyLimit: settings.BODY_LIMIT,
    requestTimeoutMs: settings.REQUEST_TIMEOUT_MS,
    answerLimits: answerLimitsOf(settings),
    timingHeaders: timingHeadersOf(settings),
    queryTimeoutMs: settings.QUERY_TIMEOUT_MS,
    log: leveled(console_, settings.LOG_LEVEL),
    waitUntil: (c, work) => c.executionCtx.waitUntil(work),
    prepare: firstAdmin(settings, api.accounts, database),
    // The memory of an isolate counts too little to be of use.
    limits: clientLimits(settings, env.RATE_LIMITER && new BindingLimiter(env.RATE_LIMITER), waitUntil),
    addressOf: (c) => c.req.header("cf-connecting-ip"),
  })
  requireDistinct(settings, app.routes)
  for (const msg of api.notices) leveled(console_, settings.LOG_LEVEL)({ level: "info", msg })
  const { ASSETS } = env
  if (settings.BASE_PATH && ASSETS)
    app.get("/swagger-ui-dist/*", async (c) => {
      const response = await ASSETS.fetch(new Request(new URL(c.req.path, c.req.url), c.req.raw))
      // Its headers are immutable, and the common ones are added to them.
      return response.status === 404 ? c.notFound() : new Response(response.body, response)
    })
  return app
}

/** Identifies the database in a shared Redis. D1 cannot be asked for its name, so its first migration stands for it. */
function identityOf({ DB, HYPERDRIVE }: Bindings, database: Database): string | (() => Promise<string>) {
  if (database.dialect === "postgres") return withSchema(database.label, database)
  if (!DB || HYPERDRIVE) return database.label
  return async () => {
    const text = "select name, applied_at from d1_migrations order by id limit 1"
    try {
      const rows = await database.connect().query({ text, params: [] })
      return `${database.label} ${JSON.stringify(rows)}`
    } catch (error) {
      if (classify(error)?.kind === "unmigrated") return database.label
      throw error
    }
  }
}

function openDatabase(env: Bindings, settings: Settings): Database {
  const dialect = dialectOf(process.env.DATABASE_URL)
  if (dialect !== dialectName)
    throw new SettingError(
      `DATABASE_URL: the database is ${dialect}, and the Worker was built for ${dialectName} alone: set WEIR_DIALECT in \`define\` of wrangler.toml`,
    )
  return (process.env.WEIR_DIALECT ?? dialectName) === "postgres"
    ? openPostgres(env, settings)
    : openSqlite(env, settings)
}

function openPostgres({ HYPERDRIVE }: Bindings, settings: Settings): Database {
  const options = { max: 2, statementTimeout: settings.REQUEST_TIMEOUT_MS }
  if (HYPERDRIVE) return openPostgresPerRequest(HYPERDRIVE.connectionString, { ...options, isDirect: true })
  return process.env.WEIR_DATABASE === "hyperdrive"
    ? refuseUrl("Hyperdrive", "HYPERDRIVE")
    : openPostgresByUrl(settings.DATABASE_URL, options)
}

/** What a Worker's sockets cannot do is refused by name: they are of Node's API, where TLS does not begin on an open one. */
function openPostgresByUrl(url: string, options: PostgresOptions): Database {
  const encrypted = namingUrl(() => sslOf(parsePostgresUrl(url), undefined))
  if (encrypted)
    throw new SettingError(
      "DATABASE_URL: has sslmode, and a Worker reaches Postgres over TLS through Hyperdrive alone: bind HYPERDRIVE",
    )
  return namingUrl(() => openPostgresPerRequest(url, options))
}

function openSqlite({ DB }: Bindings, settings: Settings): Database {
  if (DB) return openD1(DB)
  if (settings.DATABASE_URL.startsWith("file:"))
    throw new SettingError(
      "DATABASE_URL: a Worker has no files; bind DB (D1) or HYPERDRIVE, or set the URL of a libSQL or Postgres server",
    )
  // An expression: the bundler leaves the driver out of what is never evaluated.
  return process.env.WEIR_DATABASE === "d1"
    ? refuseUrl("D1", "DB")
    : openLibsqlHttp(settings.DATABASE_URL, settings.DATABASE_AUTH_TOKEN)
}

const refuseUrl = (only: string, binding: string): never => {
  throw new SettingError(
    `DATABASE_URL: the Worker was built for ${only} alone: bind ${binding}, or leave WEIR_DATABASE out of \`define\` of wrangler.toml`,
  )
}

interface ExecutionContextLike {
  waitUntil(work: Promise<unknown>): void
}

/** The default export of a Worker. */
export interface WorkerEntry {
  fetch(request: Request, env: Record<string, unknown>, context: ExecutionContextLike): Promise<Response>
}

/**
 * Serves an API as a Worker. Import this module before the API, since it chooses the dialect by the bindings.
 *
 * @example export default worker(api)
 */
export function worker(api: Api): WorkerEntry {
  let app: Hono<AppEnv> | undefined
  return {
    async fetch(request, env, context) {
      try {
        app ??= appFrom(api, env)
      } catch (error) {
        if (!(error instanceof SettingError)) throw error
        return misconfigured(error)
      }
      return app.fetch(request, env, context as never)
    },
  }
}

/** The response of a Worker with a wrong setting: a problem without details. The log names the setting. */
function misconfigured({ message }: SettingError): Response {
  const requestId = crypto.randomUUID()
  console_({ level: "error", msg: `Weir did not start. ${message}`, request_id: requestId })
  const problem = new Problem("misconfigured", "The API is not configured")
  const headers = { "content-type": "application/problem+json", "x-request-id": requestId }
  return new Response(problem.body(requestId), { status: problem.status, headers })
}
