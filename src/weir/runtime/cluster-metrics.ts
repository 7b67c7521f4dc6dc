import cluster, { type Worker } from "node:cluster"
import { AggregatorRegistry, type Registry } from "prom-client"

/** What a worker asks of the primary process, and the answer; without text, the primary could not have them. */
interface Message {
  weirMetrics: number
  text?: string | undefined
}
const isMessage = (message: unknown): message is Message =>
  typeof message === "object" && message !== null && "weirMetrics" in message

let all: AggregatorRegistry<"text/plain; version=0.0.4; charset=utf-8"> | undefined

/** In the primary process: answers a worker that asks for the metrics of all. */
export function answerMetrics(worker: Worker): void {
  all ??= new AggregatorRegistry()
  worker.on("message", async (message: unknown) => {
    if (!isMessage(message)) return
    const text = await all?.clusterMetrics().catch(() => undefined)
    if (worker.isConnected()) worker.send({ ...message, text }, () => {})
  })
}

let asked = 0

/** In a worker: a function that returns the sums of all workers' metrics, or its own where these cannot be had. */
export function metricsOfAll(registry: Registry): () => Promise<string> {
  AggregatorRegistry.setRegistries(registry)
  all = new AggregatorRegistry()
  const waiting = new Map<number, (text: string | undefined) => void>()
  process.on("message", (message: unknown) => {
    if (isMessage(message)) waiting.get(message.weirMetrics)?.(message.text)
  })
  return async () => {
    const id = ++asked
    const text = await new Promise<string | undefined>((resolve) => {
      waiting.set(id, resolve)
      process.send?.({ weirMetrics: id } satisfies Message)
    })
    waiting.delete(id)
    return text ?? registry.metrics()
  }
}

/** Whether this process is one of several that serve. */
export const isWorker = (): boolean => cluster.isWorker
