import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client"
import { DeadlineExpired } from "../db/deadline.ts"
import { classify } from "../db/dialect/errors.ts"
import type { PoolLoad, ReaderLoad } from "../db/driver.ts"
import type { Metrics, SeenRequest } from "../http/metrics.ts"
import { isWorker, metricsOfAll } from "./cluster-metrics.ts"
import type { HashLoad } from "./hash-queue.ts"

/** What is asked when the metrics are read. */
export interface MetricSources {
  /** The load of the pool, where the database has one. */
  pool: (() => PoolLoad) | undefined
  /** The load of the reader processes, where the database has them. */
  readers: (() => ReaderLoad) | undefined
  hashes: () => HashLoad
}

/** The metrics of a Node process. */
export interface ProcessMetrics extends Omit<Metrics, "access"> {
  /** Counts a call of the database: how many statements it had, how long it took, and its error. */
  statements(count: number, ms: number, error?: unknown): void
}

const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Opens the metrics of this process, in a registry of their own; of several workers, their text has the sums. */
export function openMetrics(sources: MetricSources): ProcessMetrics {
  const registry = new Registry()
  const registers = [registry]
  // Memory, CPU, event loop and garbage collection.
  collectDefaultMetrics({ register: registry })
  gauges(sources, registers)
  return {
    request: requestCounter(registers),
    statements: statementCounter(registers),
    text: isWorker() ? metricsOfAll(registry) : () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function requestCounter(registers: Registry[]): (seen: SeenRequest) => void {
  const requests = new Counter({
    name: "weir_http_requests_total",
    help: "Requests by route, method and status",
    labelNames: ["route", "method", "status"],
    registers,
  })
  const durations = new Histogram({
    name: "weir_http_request_duration_seconds",
    help: "Time from a request's start to its answer",
    labelNames: ["route", "method"],
    buckets,
    registers,
  })
  const reads = new Counter({
    name: "weir_cache_reads_total",
    help: "Reads that asked the cache, by its result",
    labelNames: ["result"],
    registers,
  })
  return ({ route = "none", method, status, ms, cache }) => {
    requests.inc({ route, method, status })
    durations.observe({ route, method }, ms / 1000)
    if (cache !== undefined) reads.inc({ result: resultOf(cache) })
  }
}

/** The result that the members of a `Cache-Status` tell. */
function resultOf(status: string): string {
  if (status.startsWith("hit")) return "hit"
  if (status.includes("; collapsed")) return "collapsed"
  return status.startsWith("fwd=bypass") || status.startsWith("fwd=request") ? "bypass" : "miss"
}

function statementCounter(registers: Registry[]): ProcessMetrics["statements"] {
  const statements = new Counter({
    name: "weir_database_statements_total",
    help: "Statements that were sent to the database",
    registers,
  })
  const durations = new Histogram({
    name: "weir_database_duration_seconds",
    help: "Time of a statement or of a transaction's statements, with the wait for a connection",
    buckets,
    registers,
  })
  const errors = new Counter({
    name: "weir_database_errors_total",
    help: "Statements that failed, by kind",
    labelNames: ["kind"],
    registers,
  })
  return (count, ms, error) => {
    statements.inc(count)
    durations.observe(ms / 1000)
    if (error !== undefined)
      errors.inc({ kind: error instanceof DeadlineExpired ? "timeout" : (classify(error)?.kind ?? "other") })
  }
}

function gauges({ pool, readers, hashes }: MetricSources, registers: Registry[]): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  gauge("weir_hashes_running", "Passwords that are being hashed", () => hashes().running)
  gauge("weir_hashes_waiting", "Passwords that wait to be hashed", () => hashes().waiting)
  if (readers) {
    gauge("weir_readers_running", "Statements that reader processes run", () => readers().running)
    gauge("weir_readers_waiting", "Statements that wait for a reader process", () => readers().waiting)
  }
  if (!pool) return
  gauge("weir_postgres_connections", "Open connections to Postgres", () => pool().open)
  gauge("weir_postgres_connections_busy", "Connections with statements in flight", () => pool().busy)
  gauge("weir_postgres_waiting", "Statements that wait for a connection", () => pool().waiting)
}
