import cluster, { type Worker } from "node:cluster"
import { randomBytes } from "node:crypto"
import { nodeLog } from "./node-log.ts"
import type { Settings } from "./settings.ts"
import { onEndSignal } from "./signals.ts"

/** A worker that ends sooner after its start is replaced after this pause, in ms: it may end again. */
const restartPauseMs = 1_000

/** Whether this process is to start workers, and serves nothing itself. */
export const isPrimary = ({ WORKERS }: Settings): boolean => WORKERS > 1 && cluster.isPrimary

/** Whether this process reports that the server has started: the only one, or the first worker. */
export const isFirst = (): boolean => !cluster.isWorker || cluster.worker?.id === 1

/** What a worker reports first: the port that all of them share. */
interface Listening {
  listeningOn: number
}

/** Reports to the primary process, where there is one, that this worker serves. */
export function reportListening(port: number): void {
  if (cluster.isWorker) process.send?.({ listeningOn: port } satisfies Listening)
}

/**
 * Runs the workers that serve, on one port, until a signal ends it, and exits when they have ended. The first one
 * migrates before the others start. A worker that ends by itself is replaced. Exits with 1 where the first cannot start.
 */
export async function superviseWorkers(settings: Settings): Promise<void> {
  const answerMetrics =
    settings.METRICS === "off" ? undefined : (await import("./cluster-metrics.ts")).answerMetrics
  const { log, flush } = nodeLog(settings.LOG_LEVEL)
  // In development, too, each worker accepts the others' tokens; in production a secret is required.
  const secret = settings.AUTH_SECRET ?? randomBytes(32).toString("base64")
  const env: Record<string, string> = settings.NODE_ENV === "production" ? {} : { AUTH_SECRET: secret }
  const workers = new Set<Worker>()
  let serving = false
  let ending = false

  const exit = (code: number): never => {
    flush()
    process.exit(code)
  }
  const start = () => {
    if (ending) return
    const worker = cluster.fork(env)
    const startedAt = performance.now()
    workers.add(worker)
    // What is sent to a worker that has just died fails so; its end is reported apart.
    worker.on("error", () => {})
    answerMetrics?.(worker)
    worker.on("message", ({ listeningOn }: Partial<Listening>) => {
      // `node --watch` sends messages of its own.
      if (serving || listeningOn === undefined) return
      serving = true
      env.PORT = String(listeningOn)
      for (let i = workers.size; i < settings.WORKERS; i++) start()
    })
    worker.once("exit", (code, signal) => {
      workers.delete(worker)
      if (ending && workers.size === 0) exit(0)
      if (ending) return
      // The worker has said why.
      if (!serving) exit(1)
      const how = signal ?? `code ${code}`
      log({
        level: "error",
        msg: `A worker ended (${how}); another takes its place`,
        pid: worker.process.pid,
      })
      setTimeout(start, performance.now() - startedAt < restartPauseMs ? restartPauseMs : 0)
    })
  }
  const end = () => {
    ending = true
    if (workers.size === 0) exit(0)
    for (const worker of workers) worker.process.kill("SIGTERM")
  }
  onEndSignal(end)
  start()
}
