import type { OpenAPIHono } from "@hono/zod-openapi"
import type { Api } from "./api.ts"
import { type AuthSettings, authContext } from "./auth/auth-context.ts"
import { identify } from "./auth/identify.ts"
import type { MailService } from "./auth/mail-context.ts"
import { authRoutes } from "./auth/routes.ts"
import { confirmedSignUps } from "./auth/sign-up.ts"
import type { Cache } from "./cache/cache.ts"
import type { Database } from "./db/driver.ts"
import { handles } from "./db/handle.ts"
import { limitBody } from "./http/body.ts"
import { type CallerOptions, limitAddresses, limitViewers } from "./http/caller.ts"
import type { AnswerLimits, AppContext, AppEnv } from "./http/context.ts"
import { crossOrigin } from "./http/cors.ts"
import { docs } from "./http/docs.ts"
import type { DocumentInfo } from "./http/document.ts"
import { onError } from "./http/errors.ts"
import { healthRoutes } from "./http/health.ts"
import { type Metrics, metricsRoute, observed } from "./http/metrics.ts"
import { notFoundOf } from "./http/not-found.ts"
import { newApp, Registry } from "./http/registry.ts"
import { type Log, request } from "./http/request.ts"
import { session } from "./http/session.ts"
import { timeLimit } from "./http/time-limit.ts"
import type { TimingHeaders } from "./http/timing-headers.ts"
import { batchRoute } from "./rest/batch.ts"
import { confirmationHeaders } from "./rest/changes.ts"
import { home } from "./rest/home.ts"
import { documentsOf } from "./rest/openapi-parts.ts"
import { resourceRoutes } from "./rest/routes.ts"

/** What the app needs of the world; each runtime makes it from its settings. */
export interface Services extends CallerOptions {
  /** A database that invalidates the cache with its writes. */
  database: Database
  cache: Cache
  authSecret: string
  /** How signing in is set. */
  auth?: AuthSettings | undefined
  /** What sends mail, where something does. */
  mail?: MailService | undefined
  /** The path below which clients see the API, such as `/api/v1`; none where there is none. */
  basePath?: string | undefined
  corsOrigins: string[]
  bodyLimit: number
  requestTimeoutMs: number
  answerLimits: AnswerLimits
  /** For reads that are not bounded, and whose viewer is no admin. */
  queryTimeoutMs: number
  log: Log
  /** Who gets `Server-Timing` and `Cache-Status`. */
  timingHeaders: TimingHeaders
  /** Makes what must be there before anybody signs in: the first admin. Does nothing once it is done. */
  prepare(): Promise<void>
  /** Counts the requests, where somebody reads the counts. */
  metrics?: Metrics | undefined
  /** Lets work outlive the response. */
  waitUntil(c: AppContext, work: Promise<void>): void
}

/** The whole API. A request passes the middleware in this order, then finds its route. */
export function createApp(api: Api, services: Services): OpenAPIHono<AppEnv> {
  const { basePath = "" } = services
  const app = newApp(basePath)
  const { accounts, resources } = api
  const { authSecret: secret, auth: settings, prepare } = services
  const mail = services.mail && {
    ...services.mail,
    title: api.title,
    links: api.mailLinks,
    log: services.log,
  }
  const { corsOrigins: cors } = services
  const origins = cors.includes("*") ? [] : cors
  const auth = accounts && authContext({ ...api, accounts, secret, settings, mail, prepare, origins })

  if (services.metrics) app.use(observed(services.metrics))
  app.use(request(services.log, services.timingHeaders, basePath))
  if (cors.length) app.use(crossOrigin(cors, confirmationHeaders(resources), accounts?.cookies === true))
  app.use(timeLimit(services.requestTimeoutMs))
  app.use(session({ ...services, records: api.records }, handles(api)))
  if (services.limits?.limitsRequests) app.use(limitAddresses)
  if (auth) app.use(identify(auth))
  if (accounts && services.limits?.limitsRequests) app.use(limitViewers)
  // What is refused for its size counts as a request.
  app.use(limitBody(services.bodyLimit))

  const registry = new Registry(app, documentInfo(api, basePath, services.limits?.limitsRequests === true))
  healthRoutes(registry, (accounts?.resource ?? resources[0])?.table)
  if (services.metrics) metricsRoute(registry, services.metrics)
  if (auth) authRoutes(registry, auth, firstParts(api, services))
  if (auth?.mail && auth.accounts.confirm)
    app.post(`/${auth.accounts.resource.name}`, confirmedSignUps(auth, auth.mail))
  for (const route of api.routes) registry.mount(route)
  const routing = { accounts: accounts !== undefined, documented: documentsOf(resources, api.records) }
  for (const resource of resources) resourceRoutes(registry, resource, routing)
  if (api.records) batchRoute(registry, resources)
  home(app, api)
  docs(app, registry, api)

  app.notFound(notFoundOf(app, registry))
  app.onError(onError)
  return app
}

/** The first parts of the paths that an API serves, by which the scopes of keys name them. */
const firstParts = ({ resources, routes }: Api, { metrics }: Services): ReadonlySet<string> =>
  new Set([
    ...(metrics?.access === "admins" ? ["metrics"] : []),
    ...resources.map(({ name }) => name),
    ...routes.map(({ config }) => config.path.split("/")[1] as string),
  ])

const documentInfo = (api: Api, basePath: string, limited: boolean): DocumentInfo => ({
  title: api.title,
  version: api.version,
  description: api.description,
  license: api.license,
  tags: api.tags,
  accounts: api.accounts !== undefined,
  refreshes: api.accounts?.tables.sessions !== undefined,
  keys: api.accounts?.tables.keys !== undefined,
  basePath,
  limited,
})
