import { execFileSync } from "node:child_process"
import { cpus } from "node:os"
import { fire } from "./load.ts"
import { median } from "./report.ts"
import { type Route, reads } from "./routes.ts"
import { startServer } from "./servers.ts"

/** The time that all processors were busy, in seconds. */
const busySeconds = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000

/** The processor time of the processes that have the server's address, in seconds. */
function serverSeconds(origin: string): number {
  const port = new URL(origin).port
  const rows = execFileSync("ps", ["-eo", "times=,pid=,ppid="], { encoding: "utf8" }).trim().split("\n")
  const processes = rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number, number])
  const own = new Set(portsOwners(port))
  for (const [, pid, parent] of processes) if (own.has(parent)) own.add(pid)
  return processes.filter(([, pid]) => own.has(pid)).reduce((sum, [seconds]) => sum + seconds, 0)
}

/** The processes whose environment has that port. */
export function portsOwners(port: string): number[] {
  const output = execFileSync(
    "sh",
    ["-c", `grep -lz '^PORT=${port}$' /proc/[0-9]*/environ 2>/dev/null || true`],
    {
      encoding: "utf8",
    },
  )
  return [...output.matchAll(/\/proc\/(\d+)\//g)].map(([, pid]) => Number(pid))
}

/**
 * Measures reads of a file by one worker and by two, in turns, and says what is left to the load generator: on a
 * machine with few processors, it takes what a second worker would need.
 */
export async function benchWorkers(
  url: string,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<void> {
  const counts = [1, 2]
  const origins = await Promise.all(
    counts.map((WORKERS) => startServer("product", url, { CACHE: "off", WORKERS: String(WORKERS) })),
  )
  for (const route of reads.slice(0, 2)) {
    const figures = counts.map((): { perSecond: number; server: number; rest: number }[] => [])
    for (const origin of origins) await fire({ ...(route as Route), origin, token: "" }, 1)
    for (let round = 0; round < rounds; round++)
      for (const [i, origin] of origins.entries()) {
        const before = { busy: busySeconds(), server: serverSeconds(origin) }
        const perSecond = await fire({ ...(route as Route), origin, token: "" }, seconds)
        const server = (serverSeconds(origin) - before.server) / seconds
        figures[i]?.push({
          perSecond,
          server,
          rest: Math.max(0, (busySeconds() - before.busy) / seconds - server),
        })
      }
    for (const [i, workers] of counts.entries()) {
      const of = (name: "perSecond" | "server" | "rest") => median((figures[i] ?? []).map((one) => one[name]))
      console.log(
        `${route.label}, WORKERS=${workers}: ${Math.round(of("perSecond")).toLocaleString("en")}/s; of ${cpus().length} processors the server takes ${of("server").toFixed(1)}, the generator and others ${of("rest").toFixed(1)}`,
      )
    }
  }
}
