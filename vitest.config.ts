import { cloudflareTest } from "@cloudflare/vitest-plugin"
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { readMigrations } from "./src/weir/db/migrations/files.ts"

const path = (relative: string) => new URL(relative, import.meta.url).pathname
const globalSetup = ["./test/weir/support/global-setup.ts"]
// Real servers and processes on a shared machine: what took too long is tried once more.
const retry = 1

/**
 * What depends on the driver: the contract of every resource, statements, cursors and races. What depends on
 * the dialect alone runs on the file and on Postgres.
 */
const perDriver = ["fixture", "parity", "list-filters", "races"].map(
  (name) => `test/weir/*/${name}.api.test.ts`,
)

/** The cache in Redis: in Node over one dialect, in workerd over the other. */
const inRedis = "test/weir/cache/*.redis.test.ts"

/** Vitest's workers load Drizzle and the rest as the servers do. */
const execArgv = ["--import", path("./src/weir/runtime/fast-imports.js")]

/** The API's suites, once per driver. */
function api(driver: string, url: string): TestProjectInlineConfiguration {
  return {
    resolve: { alias: { "#fresh": path("./test/weir/support/fresh-node.ts") } },
    test: {
      name: driver,
      include:
        driver === "libsql-http" ? perDriver : ["test/*.test.ts", "test/weir/**/*.api.test.ts", inRedis],
      exclude: driver === "postgres" ? [] : [inRedis],
      env: { WEIR_TEST_DRIVER: driver, DATABASE_URL: url },
      execArgv,
      testTimeout: 20_000,
      retry,
      // A worker goes on from file to file: loading Drizzle costs more than most files of tests.
      isolate: false,
    },
  }
}

/** What the API is made of, and its tests. */
const bundled = [
  "@hono/swagger-ui",
  "@hono/zod-openapi",
  "drizzle-orm",
  "drizzle-orm/pg-core",
  "drizzle-orm/pg-proxy",
  "drizzle-orm/sqlite-core",
  "drizzle-orm/sqlite-proxy",
  "hono",
  "hono/body-limit",
  "hono/cors",
  "hono/http-exception",
  "hono/route",
  "hono/utils/accept",
  "jose",
  "lru-cache",
  "zod",
]

/** The API's suites inside workerd, once per binding. */
function workerd(name: string, dialect: "sqlite" | "postgres"): TestProjectInlineConfiguration {
  return {
    resolve: {
      alias: {
        "#fresh": path("./test/weir/support/fresh-worker.ts"),
        // As wrangler.toml has it.
        postgres: path("./node_modules/postgres/src/index.js"),
      },
    },
    plugins: [
      cloudflareTest(({ inject }) => ({
        miniflare: {
          compatibilityDate: "2026-10-01",
          compatibilityFlags: ["nodejs_compat"],
          // As wrangler does by itself.
          modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
          bindings: {
            MIGRATIONS: JSON.parse(
              JSON.stringify(readMigrations(path(`./test/weir/fixture/drizzle/${dialect}`))),
            ),
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
      include: dialect === "sqlite" ? [...perDriver, inRedis] : perDriver,
      testTimeout: 20_000,
      retry,
      isolate: false,
    },
  }
}

/**
 * What takes long comes first, and workerd, which takes its time to start, while that is under way: one worker goes
 * on from file to file of it. What is quick comes last, so that the end is even.
 */
const slowest = /\/test\/weir\/(cli\/|runtime\/(cache-race|outage)\.)/
const order = ["workerd-d1", "workerd-postgres", "runtime"]
const rank = ({ project, moduleId }: TestSpecification) =>
  slowest.test(moduleId) ? -1 : order.includes(project.name) ? order.indexOf(project.name) : order.length

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    globalSetup,
    maxWorkers: 3,
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/weir/**/*.test.ts"],
          exclude: ["test/weir/**/*.*.test.ts"],
          execArgv,
          isolate: false,
        },
      },
      api("libsql-file", "file:test.db"),
      api("libsql-http", "http://127.0.0.1"),
      api("postgres", "postgres://127.0.0.1"),
      workerd("workerd-d1", "sqlite"),
      workerd("workerd-postgres", "postgres"),
      {
        test: {
          name: "runtime",
          include: ["test/weir/**/*.system.test.ts"],
          setupFiles: ["./test/weir/support/setup.ts"],
          execArgv,
          isolate: false,
          retry,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
