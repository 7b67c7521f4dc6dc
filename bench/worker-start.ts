// What a Worker's start costs: the CPU time in which workerd loads and evaluates its bundle, beyond that of an empty
// Worker. `node bench/worker-start.ts [runs]` prints it for each database, over the sample and over a schema of 112 tables.
import { execFileSync, spawn } from "node:child_process"
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

const root = join(import.meta.dirname, "..")
const require = createRequire(import.meta.url)
const workerd = require.resolve("@cloudflare/workerd-linux-64/bin/workerd")
const runs = Number(process.argv[2] ?? 15)
const tables = 112
const settings = readFileSync(join(root, "wrangler.toml"), "utf8")

/** The sample's Worker over a schema of many tables: accounts, and tables of eight columns, each of which refers to the one before. */
function writeWide(folder: string): void {
  const columns =
    "title: text({ max: 200 }).notNull(), note: text(), price: real({ min: 0 }), amount: integer(), done: boolean(), at: timestamp()"
  const schema = Array.from({ length: tables }, (_, i) => {
    const before = i === 0 ? "" : `, before_id: references(() => t${i - 1}.id)`
    const relation =
      i === 0
        ? ""
        : `one }) => ({ before: one(t${i - 1}, { fields: [t${i}.before_id], references: [t${i - 1}.id] }) `
    return `export const t${i} = table("t${i}", { id: id(), ${columns}${before} })
${i === 0 ? "" : `export const r${i} = relations(t${i}, ({ ${relation}}))`}`
  })
  writeFileSync(
    join(folder, "schema.ts"),
    `import { relations } from "drizzle-orm"
import { boolean, id, integer, real, references, table, text, timestamp } from "#weir/schema"
${schema.join("\n")}\n`,
  )
  const rules = Array.from(
    { length: tables },
    (_, i) => `t${i}: { read: anyone, create: admin, update: admin, delete: admin }`,
  )
  writeFileSync(
    join(folder, "worker.ts"),
    `import { worker } from "#weir/worker"
import { admin, anyone, defineApi, resourcesOf } from "#weir"
import { resources } from "../../src/resources.ts"
import { users } from "../../src/schema/users.ts"
import * as schema from "./schema.ts"
const accounts = { table: users, login: ["email", "username"], password: "hashed_password", role: "role" } as const
export default worker(defineApi({ title: "Wide", version: "1.0.0", accounts,
  resources: [...resources, ...resourcesOf(schema, { ${rules.join(", ")} })] }))\n`,
  )
}

/** Bundles a Worker as a deployment does. */
function bundle(environment: string, main: string): string {
  const folder = mkdtempSync(join(tmpdir(), "weir-start-"))
  const config = join(root, ".wrangler", "worker-start.toml")
  const above = settings.replace(/"\.\/scripts/g, '"../scripts')
  writeFileSync(
    config,
    above.replace('main = "src/worker.ts"', `main = "${main}"`).replace('".wrangler/assets"', '"assets"'),
  )
  const env = {
    ...process.env,
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    CI: "true",
  }
  const args = ["--dry-run", "--config", config, "--env", environment, "--outdir", folder]
  execFileSync(process.execPath, [join(root, "scripts/deploy.mjs"), ...args], {
    cwd: root,
    env,
    stdio: "pipe",
  })
  rmSync(config)
  return folder
}

/** A configuration of workerd for what is in a folder, or for a Worker that does nothing. */
function configured(folder: string | undefined): string {
  const to = folder ?? mkdtempSync(join(tmpdir(), "weir-start-"))
  if (!folder) writeFileSync(join(to, "worker.js"), "export default { fetch: () => new Response('') }")
  const wasm = readdirSync(to).filter((name) => name.endsWith(".wasm"))
  const modules = [
    '( name = "worker.js", esModule = embed "worker.js" )',
    ...wasm.map((name) => `( name = "./${name}", wasm = embed "${name}" )`),
  ]
  writeFileSync(
    join(to, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "main", worker = ( modules = [ ${modules.join(", ")} ],
    compatibilityDate = "2026-10-01" ) ) ],
  sockets = [ (name = "http", address = "127.0.0.1:0", http = (), service = "main") ]
);`,
  )
  return join(to, "config.capnp")
}

/** The CPU time of workerd until it listens, in ms: of all its threads. */
async function started(config: string): Promise<number> {
  const child = spawn(workerd, ["serve", config, "--control-fd=3"], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  })
  const control = child.stdio[3] as NodeJS.ReadableStream
  await new Promise((resolve, reject) => {
    control.once("data", resolve)
    child.once("exit", reject)
  })
  const tasks = `/proc/${child.pid}/task`
  const ns = readdirSync(tasks).map((id) =>
    Number(readFileSync(join(tasks, id, "schedstat"), "utf8").split(" ")[0]),
  )
  child.removeAllListeners("exit")
  const ended = new Promise((resolve) => child.once("exit", resolve))
  child.kill("SIGKILL")
  await ended
  return ns.reduce((sum, one) => sum + one, 0) / 1e6
}

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number

mkdirSync(join(root, ".wrangler/wide"), { recursive: true })
writeWide(join(root, ".wrangler/wide"))
copyFileSync(join(root, "tsconfig.json"), join(root, ".wrangler/wide/tsconfig.json"))
const bundles = [
  ["an empty Worker", configured(undefined)],
  ...["", "turso", "postgres"].flatMap((name) => [
    [`${name || "d1"}, the sample`, configured(bundle(name, "../src/worker.ts"))],
    [`${name || "d1"}, ${tables} tables`, configured(bundle(name, "wide/worker.ts"))],
  ]),
] as [string, string][]
const times = new Map<string, number[]>(bundles.map(([name]) => [name, []]))
// In turns, so that what else the machine does falls on all of them.
for (let run = 0; run < runs; run++)
  for (const [name, config] of bundles) times.get(name)?.push(await started(config))
const [[, none = []] = []] = times
for (const [name, values] of times) {
  const [middle, least] = [median, (all: number[]) => Math.min(...all)].map((of) =>
    (of(values) - of(none)).toFixed(0),
  )
  console.log(`${name}: ${middle} ms of CPU beyond an empty Worker, ${least} at least`)
}
for (const [, config] of bundles) rmSync(dirname(config), { recursive: true })
rmSync(join(root, ".wrangler/wide"), { recursive: true })
