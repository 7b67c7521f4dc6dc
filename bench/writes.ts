import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import postgresJs from "postgres"
import { makeDatabase, seed } from "./databases.ts"
import { Connection, type Sent } from "./documents/connection.ts"
import { median } from "./report.ts"
import { type Dialect, newItem } from "./routes.ts"
import { signIn, startServer } from "./servers.ts"
import { portsOwners } from "./workers.ts"

type Effort = { seconds: number; rounds: number }

interface Write {
  label: string
  request(n: number): Sent
  /** The greatest ratio to one create, in time and in the processor's time. */
  bar?: number
}

/** How many rows a batch and an array create. */
const many = 100

const post = (path: string, body: unknown, headers?: Record<string, string>): Sent => ({
  method: "POST",
  path,
  body,
  ...(headers ? { headers } : {}),
})
const items = Array.from({ length: many }, () => newItem)
const operations = items.map((body) => ({ method: "POST", path: "/items", body }))
const writes: Write[] = [
  { label: "one create", request: () => post("/items", newItem) },
  {
    label: "one create with an Idempotency-Key",
    request: () => post("/items", newItem, { "Idempotency-Key": crypto.randomUUID() }),
  },
  { label: `a batch of ${many} creates`, bar: 3, request: () => post("/batch", { operations }) },
  { label: `an array of ${many} creates`, request: () => post("/items", items) },
]

/** Microseconds of a request, and of the processors for it. */
interface Cost {
  wall: number
  cpu: number
}

/** How long one kind of write is sent until it is the next one's turn. */
const turnMs = 250

/** The processor time that processes have used, in microseconds: in steps of 10 ms. */
const cpuOf = (pids: number[]): number =>
  pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
    return sum + (Number(fields[11]) + Number(fields[12])) * 10_000
  }, 0)

/** The processes that serve: those of the server, and those of its connections to Postgres. */
async function processesOf(origin: string, url: string): Promise<number[]> {
  const own = portsOwners(new URL(origin).port)
  if (!url.startsWith("postgres")) return own
  const sql = postgresJs(url, { max: 1 })
  const rows = await sql`select pid from pg_stat_activity where application_name = 'weir'`
  await sql.end()
  return [...own, ...rows.map(({ pid }) => Number(pid))]
}

/** What each kind of write costs in one round, with one connection. They take turns. */
async function roundOf(on: Connection, pids: number[], seconds: number): Promise<Cost[]> {
  const sums = writes.map(() => ({ times: [] as number[], cpu: 0 }))
  const end = performance.now() + writes.length * seconds * 1000
  do {
    for (const [i, { request }] of writes.entries()) {
      const sum = sums[i] as (typeof sums)[number]
      const before = cpuOf(pids)
      const turn = performance.now() + turnMs
      do {
        const started = performance.now()
        await on.send(request(sum.times.length))
        sum.times.push((performance.now() - started) * 1000)
      } while (performance.now() < turn)
      sum.cpu += cpuOf(pids) - before
    }
  } while (performance.now() < end)
  return sums.map(({ times, cpu }) => ({ wall: median(times), cpu: cpu / times.length }))
}

/** Measures writes of one row and of many beside one create: without the cache, with one connection. */
export async function benchWrites(dialect: Dialect, { seconds, rounds }: Effort): Promise<void> {
  const url = await makeDatabase(dialect, seed)
  const origin = await startServer("product", url, { CACHE: "off" })
  const on = await Connection.open(origin, await signIn(origin))
  // The first round warms the server up, and opens its connections.
  await roundOf(on, [], seconds)
  const pids = await processesOf(origin, url)
  const costs: Cost[][] = []
  for (let round = 0; round < rounds; round++) costs.push(await roundOf(on, pids, seconds))
  const thousands = await manyAtOnce(origin, rounds, pids)
  on.close()
  console.log(`\n${dialect === "sqlite" ? "SQLite, a file" : "Postgres"}: µs of a request, and of processors`)
  for (const [i, { label, bar }] of writes.entries()) {
    const of = (what: keyof Cost) => median(costs.map((round) => round[i]?.[what] ?? 0))
    const ratio = (what: keyof Cost) =>
      median(costs.map((round) => (round[i]?.[what] ?? 0) / (round[0]?.[what] ?? 0)))
    const number = (value: number) => Math.round(value).toLocaleString("en").padStart(9)
    const ratios = [ratio("wall"), ratio("cpu")]
    const verdict =
      bar === undefined ? "" : ` (bar ${bar}) ${ratios.every((r) => r <= bar) ? "ok" : "MISSED"}`
    console.log(
      `${label.padEnd(40)}${number(of("wall"))}${number(of("cpu"))}  ${ratios.map((r) => r.toFixed(2)).join("  ")}${verdict}`,
    )
  }
  console.log(thousands)
}

/** Rows of one large create. */
const thousandsOf = 10_000

/** How long one create of thousands of rows takes, and a read by key meanwhile on another connection, at the slowest. */
async function manyAtOnce(origin: string, rounds: number, pids: number[]): Promise<string> {
  const [on, reader] = [await Connection.open(origin, await signIn(origin)), await Connection.open(origin)]
  const body = Array.from({ length: thousandsOf }, (_, i) => ({ ...newItem, price: i / 4 }))
  const create = post("/items", body)
  const memory = () =>
    pids.reduce(
      (sum, pid) =>
        sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0),
      0,
    )
  await on.send(create)
  const before = memory()
  const [times, slowest]: number[][] = [[], []]
  for (let round = 0; round < rounds; round++) {
    let isDone = false
    let slow = 0
    const started = performance.now()
    const created = on.send(create).then(() => {
      isDone = true
      times?.push(performance.now() - started)
    })
    while (!isDone) {
      const asked = performance.now()
      await reader.send({ method: "GET", path: "/items/1" })
      slow = Math.max(slow, performance.now() - asked)
      await sleep(1)
    }
    await created
    slowest?.push(slow)
  }
  on.close()
  reader.close()
  const [time, slow] = [median(times ?? []), median(slowest ?? [])]
  const verdict = (value: number, bar: number) => `(bar ${bar}) ${value <= bar ? "ok" : "MISSED"}`
  return `${thousandsOf} rows in one POST: ${time.toFixed(0)} ms ${verdict(time, 1000)}; the slowest read meanwhile ${slow.toFixed(1)} ms ${verdict(slow, 50)}; ${((memory() - before) / 1024).toFixed(0)} MiB more after ${rounds}`
}
