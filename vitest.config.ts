import { cloudflareTest } from "@cloudflare/vitest-plugin"
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { readMigrations } from "./src/weir/db/migrations/files.ts"

const path = (relative: string) => new URL(relative, import.meta.url).pathname
const setup = (...servers: string[]) => servers.map((name) => path(`./test/weir/support/setup/${name}.ts`))

// What the end of a file's name says: what.test.ts needs no server, what.api.test.ts runs once per driver,
// what.redis.test.ts needs a cache besides, and what.system.test.ts starts processes.
const unit = "test/weir/**/*.test.ts"
const api = "test/weir/**/*.api.test.ts"
const redis = "test/weir/cache/*.redis.test.ts"
const system = "test/weir/**/*.system.test.ts"

/**
 * What depends on the driver: the contract of every resource, statements, cursors and races. What depends on
 * the dialect alone runs on the file and on Postgres.
 */
const perDriver = [
  "audit",
  "most",
  "cookies",
  "api-keys",
  "tokens-altered",
  "operators",
  "second-factor",
  "passkeys",
  "sessions",
  "issued",
  "provider-sign-in",
  "mail",
  "sign-up",
  "answer-size",
  "batch",
  "batch-costs",
  "batch-parity",
  "batch-references",
  "batch-first",
  "batch-puts",
  "batch-runs",
  "bulk",
  "bytes",
  "checks",
  "columns",
  "conditional",
  "contention",
  "conditional-documents",
  "create-many",
  "document-queries",
  "fixture",
  "foreign-values",
  "idempotency",
  "idempotency-kinds",
  "increments",
  "handle",
  "handle-kinds",
  "hooks",
  "history",
  "json",
  "lossless",
  "many-searched",
  "list-filters",
  "list-shared",
  "once-unchanged",
  "names",
  "nested-create",
  "new-row",
  "own-values",
  "parity",
  "precedence",
  "queries",
  "query-limits",
  "quota",
  "races",
  "references",
  "rehearsal",
  "replace",
  "replace-taken",
  "search-lists",
  "upsert",
  "versions",
  "vocabulary",
  "wrong-rows",
].map((name) => `test/weir/*/${name}.api.test.ts`)

/** What takes long and is the engine's own: `npm test` leaves it to `npm run test:all`. */
const slow = [
  "contract/kinds",
  "auth/accounts",
  "operations/idempotency-kinds",
  "operations/races",
  ...[
    "creates",
    "cached",
    "contract",
    "documents",
    "embeds",
    "filters",
    "patches",
    "sorts",
    "transactions",
    "typed-clients",
  ].map((name) => `schemas/${name}`),
].map((name) => `test/weir/${name}.api.test.ts`)
/** The contract of the fixture is for the drivers beyond: on these two, that of all kinds and the team's own run. */
const fixtureContract = "test/weir/contract/fixture.api.test.ts"

/** Imports by `paths` of tsconfig.json. */
const tsconfigPaths = true

/** Vitest's workers load Drizzle and the rest as the servers do. */
const execArgv = ["--import", path("./src/weir/runtime/fast-imports.js")]

interface ApiSuites {
  name: string
  /** The driver, where the project is not called after it. */
  driver?: string
  url: string
  include: string[]
  exclude?: string[]
  servers: string[]
  retry?: { count: number; condition: RegExp }
}

/** The API's suites over one driver, in Node. */
const inNode = ({
  name,
  driver = name,
  url,
  include,
  exclude = [],
  servers,
  retry,
}: ApiSuites): TestProjectInlineConfiguration => ({
  resolve: { tsconfigPaths, alias: { "#fresh": path("./test/weir/support/fresh-node.ts") } },
  test: {
    name,
    include,
    exclude,
    globalSetup: setup(...servers),
    env: { WEIR_TEST_DRIVER: driver, DATABASE_URL: url },
    execArgv,
    ...(retry ? { retry } : {}),
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A worker goes on from file to file: loading Drizzle costs more than most files of tests.
    isolate: false,
  },
})

/** What the API is made of, and its tests. */
const bundled = [
  "drizzle-orm",
  "drizzle-orm/pg-core",
  "drizzle-orm/pg-proxy",
  "drizzle-orm/sqlite-core",
  "drizzle-orm/sqlite-proxy",
  "hono",
  "hono/body-limit",
  "hono/cors",
  "hono/hono-base",
  "hono/html",
  "hono/http-exception",
  "hono/route",
  "hono/router/trie-router",
  "hono/utils/accept",
  "hono/validator",
  "jose",
  "lru-cache",
  "zod",
]

/** The migrations of an API of the tests, as plain JSON. */
const migrationsOf = (api: string, dialect: string) =>
  JSON.parse(JSON.stringify(readMigrations(path(`./test/weir/${api}/drizzle/${dialect}`))))

/** The driver of Workers has what wrangler.toml puts in the place of postgres.js; tests that ask it for more have its Node build. */
const workerPostgres = {
  name: "worker-postgres",
  enforce: "pre" as const,
  resolveId: (id: string, importer: string | undefined) =>
    id !== "postgres"
      ? undefined
      : importer?.endsWith("/postgres-open.ts")
        ? path("./scripts/worker-postgres/client.ts")
        : path("./node_modules/postgres/src/index.js"),
}

/** The API's suites inside workerd, once per binding. */
function inWorkerd(
  name: string,
  dialect: "sqlite" | "postgres",
  include: string[],
  servers: string[],
): TestProjectInlineConfiguration {
  return {
    resolve: {
      tsconfigPaths,
      alias: {
        "#fresh": path("./test/weir/support/fresh-worker.ts"),
        // As wrangler.toml has them.
        "@hono/zod-openapi": path("./scripts/worker-openapi/index.ts"),
        "@upstash/redis/cloudflare": path("./scripts/worker-redis.js"),
        "@upstash/ratelimit": path("./scripts/worker-ratelimit.js"),
      },
    },
    plugins: [
      workerPostgres,
      cloudflareTest(({ inject }) => ({
        miniflare: {
          compatibilityDate: "2026-10-01",
          compatibilityFlags: ["nodejs_compat"],
          // As wrangler does by itself.
          modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
          bindings: {
            ...(process.env.INCREMENTS ? { INCREMENTS: process.env.INCREMENTS } : {}),
            MIGRATIONS: migrationsOf("fixture", dialect),
            ACCOUNT_MIGRATIONS: migrationsOf("auth/api", dialect),
          },
          ...(dialect === "postgres"
            ? { hyperdrives: { HYPERDRIVE: inject("postgresUrl") } }
            : { d1Databases: ["DB"] }),
        },
      })),
    ],
    test: {
      name,
      // Packages are bundled once: their modules one by one take longer than the tests.
      deps: { optimizer: { ssr: { enabled: true, include: bundled } } },
      include,
      globalSetup: setup(...servers),
      testTimeout: 120_000,
      hookTimeout: 120_000,
      isolate: false,
    },
  }
}

/**
 * What takes long comes first, and workerd, which takes its time to start, while that is under way: one worker goes
 * on from file to file of it. What is quick comes last, so that the end is even.
 */
const slowest = /\/test\/weir\/(cli\/|runtime\/(cache-race|outage)\.)/
const order = ["workerd-d1", "workerd-postgres", "system"]
const rank = ({ project, moduleId }: TestSpecification) =>
  slowest.test(moduleId) ? -1 : order.includes(project.name) ? order.indexOf(project.name) : order.length

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

const fileUrl = "file:test.db"
const postgresUrl = "postgres://127.0.0.1"
const quick = ["test/*.test.ts", api]

// `npm test` runs unit, libsql-file and postgres; `npm run test:all` runs every project.
export default defineConfig({
  test: {
    maxWorkers: 3,
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        resolve: { tsconfigPaths },
        test: {
          name: "unit",
          include: [unit],
          exclude: [api, redis, system],
          execArgv,
          // A busy machine fails no test.
          testTimeout: 60_000,
          isolate: false,
        },
      },
      inNode({
        name: "libsql-file",
        url: fileUrl,
        include: quick,
        exclude: [...slow, fixtureContract],
        servers: ["issuer"],
      }),
      inNode({
        name: "postgres",
        url: postgresUrl,
        include: quick,
        exclude: [...slow, fixtureContract],
        servers: ["postgres", "issuer"],
      }),
      inNode({ name: "libsql-file-slow", driver: "libsql-file", url: fileUrl, include: slow, servers: [] }),
      inNode({
        name: "postgres-slow",
        driver: "postgres",
        url: postgresUrl,
        include: slow,
        servers: ["postgres"],
      }),
      inNode({
        name: "examples",
        driver: "libsql-file",
        url: fileUrl,
        include: ["examples/**/*.test.ts"],
        exclude: ["examples/**/*.system.test.ts"],
        servers: [],
      }),
      inNode({
        name: "examples-postgres",
        driver: "postgres",
        url: postgresUrl,
        include: ["examples/tracker/tenants/*.test.ts"],
        exclude: ["examples/**/*.system.test.ts"],
        servers: ["postgres"],
      }),
      inNode({
        name: "libsql-http",
        url: "http://127.0.0.1",
        include: perDriver,
        servers: ["sqld", "issuer"],
        // Once in a hundred runs, sqld ends in a loop of its own and answers nobody: another one takes its place.
        retry: { count: 1, condition: /503|took too long/ },
      }),
      inNode({
        name: "redis",
        driver: "postgres",
        url: postgresUrl,
        include: [redis],
        servers: ["postgres", "redis"],
      }),
      inWorkerd("workerd-d1", "sqlite", [...perDriver, redis], ["redis", "issuer"]),
      inWorkerd("workerd-postgres", "postgres", perDriver, ["postgres", "issuer"]),
      {
        resolve: { tsconfigPaths },
        test: {
          name: "system",
          include: [system, "examples/**/*.system.test.ts"],
          globalSetup: setup("postgres"),
          setupFiles: [path("./test/weir/support/register-works.ts")],
          execArgv,
          isolate: false,
          // A busy machine fails no test: some compile and test a whole project.
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
})
