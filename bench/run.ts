import { cpus, loadavg } from "node:os"
import { parseArgs } from "node:util"
import { benchCache } from "./cache.ts"
import { compare } from "./compare.ts"
import { makeDatabases } from "./databases.ts"
import { benchDocuments } from "./documents/bench.ts"
import { connections, fire, generator } from "./load.ts"
import { benchOwnTables, benchOwnTablesAlone } from "./own-tables/bench.ts"
import { cleanUp } from "./processes.ts"
import { report } from "./report.ts"
import { create, type Dialect, type Figures, hello, type Route, reads } from "./routes.ts"
import { type Origins, type ServerName, signIn, startServers } from "./servers.ts"
import { benchWorkers } from "./workers.ts"
import { benchWrites } from "./writes.ts"

/**
 * `npm run bench [-- --only sqlite|postgres] [--seconds N] [--rounds N]` compares the product with a hand-written floor
 * and with the ordinary way to build the same API, on the same machine and in the same run. `--part documents` measures
 * documents and queries over 1,000,000 rows instead, `--part writes` creates of one row beside those of many, and
 * `--part own-tables` tables of a team's own alone. It exits with 0 whether the bars are met or not, and with 1 when
 * something breaks or a response is not 2xx.
 */
interface Options {
  part: Part
  dialects: Dialect[]
  seconds: number
  rounds: number
}

const benches = {
  servers: bench,
  documents: benchDocuments,
  writes: benchWrites,
  "own-tables": benchOwnTablesAlone,
}
const parts = Object.keys(benches) as Part[]
type Part = keyof typeof benches

function readOptions(): Options {
  const text = { type: "string" } as const
  const { values } = parseArgs({ options: { only: text, part: text, seconds: text, rounds: text } })
  const all: Dialect[] = ["sqlite", "postgres"]
  const dialects = all.filter((dialect) => values.only === undefined || values.only === dialect)
  if (dialects.length === 0) throw new Error("--only: must be sqlite or postgres")
  const part = parts.find((one) => one === (values.part ?? "servers"))
  if (!part) throw new Error(`--part: must be one of ${parts.join(", ")}`)
  const whole = (name: "seconds" | "rounds"): number => {
    const value = Number(values[name] ?? 3)
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: must be a whole number from 1 on`)
    return value
  }
  return { part, dialects, seconds: whole("seconds"), rounds: whole("rounds") }
}

async function bench(dialect: Dialect, { seconds, rounds }: Options): Promise<void> {
  const urls = await makeDatabases(dialect)
  const origins = await startServers(urls)
  const token = await signIn(origins.product)
  await compare(origins, token)
  console.log(`\n${dialect === "sqlite" ? "SQLite, a file" : "Postgres"}: requests/s`)
  const helloTarget = { ...hello, origin: origins.floor, token }
  await fire(helloTarget, 1)
  const helloPerSecond = await fire(helloTarget, seconds)
  const figures = new Map<Route, Figures>()
  for (const route of [...reads, create])
    figures.set(route, await measure(route, origins, token, seconds, rounds))
  console.log(report(dialect, figures))
  console.log(
    `The floor's HTTP server without a database: ${Math.round(helloPerSecond).toLocaleString("en")}`,
  )
  await benchCache(dialect, urls, origins, { seconds, rounds })
  await benchOwnTables(dialect, urls.product, origins.product, { seconds, rounds })
  if (dialect === "sqlite") await benchWorkers(urls.product, { seconds, rounds })
}

/** Measures a route. The servers take turns in each round, so that other load on the machine affects all equally. */
async function measure(
  route: Route,
  origins: Origins,
  token: string,
  seconds: number,
  rounds: number,
): Promise<Figures> {
  const servers = Object.entries(origins) as [ServerName, string][]
  const figures = Object.fromEntries(servers.map(([name]) => [name, [] as number[]])) as Figures
  if (process.stderr.isTTY) process.stderr.write(`measuring ${route.label} …\n`)
  for (const [, origin] of servers) await fire({ ...route, origin, token }, 1)
  for (let round = 0; round < rounds; round++)
    for (const [name, origin] of servers)
      figures[name]?.push(await fire({ ...route, origin, token }, seconds))
  return figures
}

try {
  const options = readOptions()
  const { part, seconds, rounds } = options
  const isLoad = part === "servers" || part === "own-tables"
  const load = isLoad ? `${connections} connections from ${generator}` : "1 connection"
  console.log(`${load}; ${rounds} rounds of ${seconds} s, medians`)
  console.log(
    `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? "CPU"}; load before the run: ${loadavg()[0]?.toFixed(1)}`,
  )
  for (const dialect of options.dialects)
    try {
      await benches[part](dialect, options)
    } finally {
      await cleanUp()
    }
} catch (error) {
  console.error(`The benchmark failed. ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
