import { randomBytes } from "node:crypto"
import { createRequire } from "node:module"
import { dirname } from "node:path"
import type { HttpBindings } from "@hono/node-server"
import { getConnInfo } from "@hono/node-server/conninfo"
import { serveStatic } from "@hono/node-server/serve-static"
import type { MiddlewareHandler } from "hono"
import type { Api } from "../api.ts"
import { createApp, type Services } from "../app.ts"
import { scheduleHashes } from "../auth/password.ts"
import type { Cache } from "../cache/cache.ts"
import type { Log } from "../http/request.ts"
import { shareTurns } from "../lib/pace.ts"
import { MemoryLimiter } from "../limits/memory.ts"
import { smtpSender } from "../mail/smtp.ts"
import { Background } from "./background.ts"
import { clientAddresses, networksOf } from "./client-address.ts"
import { isFirst, reportListening } from "./cluster.ts"
import { openCachedDatabase } from "./database.ts"
import { drainOnSignal } from "./drain.ts"
import { fail } from "./fail.ts"
import { hashQueue } from "./hash-queue.ts"
import { LargeAnswers } from "./large-answers.ts"
import { clientLimits } from "./limits.ts"
import { listen, urlOf } from "./listen.ts"
import { mailOf } from "./mail.ts"
import { refuseMalformed } from "./malformed.ts"
import { nodeLog } from "./node-log.ts"
import { withMetrics } from "./observed.ts"
import { prepareDatabase } from "./prepare-database.ts"
import { refusing } from "./refusals.ts"
import { methodsOf, probesOf } from "./request-target.ts"
import {
  answerLimitsOf,
  authSettingsOf,
  firstAdmin,
  requireDistinct,
  trialLine,
  trialResources,
} from "./services.ts"
import { requireSecret, type Settings, timingHeadersOf } from "./settings.ts"
import { cutSlowReaders } from "./slow-readers.ts"
import { refuseSlowSenders } from "./slow-senders.ts"

/** Serves the API until a signal ends it. Throws one line where it cannot start. */
export async function serveApi(api: Api, settings: Settings, migrations: URL): Promise<void> {
  if (api.accounts) requireSecret(settings)
  const trial = trialResources(settings, api)
  const { log, flush } = nodeLog(settings.LOG_LEVEL)
  const hashes = hashQueue()
  scheduleHashes(hashes)
  shareTurns()
  const { cache, database: plain } = await openCachedDatabase(settings)
  const { metrics, database } = await withMetrics(settings, api, plain, hashes.load)
  void connectToCache(cache, log)
  const admin = firstAdmin(settings, api.accounts, database)
  await prepareDatabase({ api, settings, database, migrations, admin, log })
  if (trial.length && isFirst()) log({ level: "warn", msg: trialLine(trial) })
  if (api.accounts && !settings.AUTH_SECRET) log({ level: "warn", msg: ephemeral })

  const addressOf = clientAddresses(settings.TRUSTED_PROXIES, () => log({ level: "warn", msg: untrusted }))
  const background = new Background(log)
  const answers = new LargeAnswers()
  const app = createApp(api, {
    database,
    cache,
    basePath: settings.BASE_PATH,
    authSecret: settings.AUTH_SECRET ?? randomBytes(32).toString("base64"),
    auth: authSettingsOf(settings, api.accounts),
    mail: mailOf(settings, api, { log: isFirst() ? log : () => {}, smtp: smtpSender }),
    corsOrigins: settings.CORS_ORIGINS,
    bodyLimit: settings.BODY_LIMIT,
    requestTimeoutMs: settings.REQUEST_TIMEOUT_MS,
    answerLimits: answerLimitsOf(settings),
    timingHeaders: timingHeadersOf(settings),
    queryTimeoutMs: settings.QUERY_TIMEOUT_MS,
    log,
    waitUntil: (_, work) => background.add(work),
    prepare: admin,
    metrics,
    limits: clientLimits(settings, new MemoryLimiter(), (work) => void work),
    admitAnswer: admitting(answers),
    addressOf: (c) =>
      addressOf(getConnInfo(c).remote.address, () => ({
        forwardedFor: c.req.header("x-forwarded-for"),
        forwarded: c.req.header("forwarded"),
      })),
  })
  app.get("/swagger-ui-dist/*", swaggerFiles())
  requireDistinct(settings, app.routes)
  const refusals = { refuse: refusing(log, metrics), methods: () => methodsOf(app.routes) }
  // Without proxies that are trusted, no header counts.
  const senderOf = networksOf(settings.TRUSTED_PROXIES.length ? addressOf : (peer) => peer)
  const options = { ...refusals, addressOf: senderOf, isProbe: probesOf(settings.BASE_PATH) }
  const { server, connections, unsent } = listen(app.fetch, settings, options, (port) => {
    reportListening(port)
    if (!isFirst()) return
    for (const msg of api.notices) log({ level: "info", msg })
    log({ level: "info", msg: greetingOf(api, settings, port), database: database.label })
  })
  server.on("error", (error) => fail("Weir did not start.", new Error(`HOST, PORT: ${error.message}`)))
  refuseMalformed(server, connections, refusals.refuse, refusals.methods)
  refuseSlowSenders(connections, senderOf)
  cutSlowReaders(connections, unsent, () => answers.inTheWay(), settings.REQUEST_TIMEOUT_MS, log)
  drainOnSignal(server, connections, background, async () => {
    await database.close()
    flush()
  })
}

const admitting =
  (answers: LargeAnswers): Services["admitAnswer"] =>
  (c, bytes, address) =>
    answers.admit((c.env as unknown as HttpBindings).outgoing, bytes, address, c.get("deadline"))

const ephemeral =
  "AUTH_SECRET is not set: tokens are valid until this process ends. Set it to 32 bytes or more"

const untrusted =
  "A request has X-Forwarded-For or Forwarded, and TRUSTED_PROXIES is not set: all clients of a proxy count as one"

function swaggerFiles(): MiddlewareHandler {
  const root = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"))
  return serveStatic({ root, rewriteRequestPath: (path) => path.replace("/swagger-ui-dist", "") })
}

const greetingOf = ({ title }: Api, { HOST, BASE_PATH = "" }: Settings, port: number): string =>
  `${title} is at ${urlOf(HOST, port)}${BASE_PATH}, its documentation at ${BASE_PATH}/docs`

/** Connects to Redis now, so that the first request need not wait for it. */
async function connectToCache({ store }: Cache, log: Log): Promise<void> {
  const reason = await store?.check()
  const msg = `Redis cannot be used now (${reason}): requests read the database until it can`
  if (reason) log({ level: "warn", msg })
}
