import type { Api } from "../api.ts"
import type { Client, Database, Statement } from "../db/driver.ts"
import type { Metrics } from "../http/metrics.ts"
import type { HashLoad } from "./hash-queue.ts"
import type { ProcessMetrics } from "./metrics.ts"
import { SettingError, type Settings } from "./settings.ts"

/**
 * The metrics that the settings ask for, and the database that tells them its statements. Without metrics, the
 * database is as it was. Throws a `SettingError` where the API leaves no room for them.
 */
export async function withMetrics(
  { METRICS: access }: Settings,
  { accounts, resources, routes }: Pick<Api, "accounts" | "resources" | "routes">,
  database: Database,
  hashes: () => HashLoad,
): Promise<{ metrics: Metrics | undefined; database: Database }> {
  if (access === "off") return { metrics: undefined, database }
  if (access === "admins" && !accounts?.role)
    throw new SettingError("METRICS: admins is for an API whose accounts have a role")
  const paths = [...resources.map(({ name }) => `/${name}`), ...routes.map(({ config }) => config.path)]
  if (paths.includes("/metrics"))
    throw new SettingError("METRICS: the API serves /metrics itself, so they must be off")
  const { openMetrics } = await import("./metrics.ts")
  const metrics = openMetrics({ pool: database.load, readers: database.readers, hashes })
  return { metrics: { ...metrics, access }, database: observing(database, metrics.statements) }
}

/** Wraps a database so that every call of it is told. */
function observing(database: Database, tell: ProcessMetrics["statements"]): Database {
  return { ...database, connect: (...request) => new ObservingClient(database.connect(...request), tell) }
}

class ObservingClient implements Client {
  readonly close?: () => Promise<void>
  readonly rehearse?: () => Client
  private readonly client: Client
  private readonly tell: ProcessMetrics["statements"]

  constructor(client: Client, tell: ProcessMetrics["statements"]) {
    this.client = client
    this.tell = tell
    if (client.close) this.close = () => (client.close as () => Promise<void>)()
    if (client.rehearse) this.rehearse = () => new ObservingClient((client.rehearse as () => Client)(), tell)
  }

  get pendingInvalidations(): boolean {
    return this.client.pendingInvalidations === true
  }

  isLong(statement: Statement): boolean {
    return this.client.isLong?.(statement) ?? false
  }

  query(statement: Statement): ReturnType<Client["query"]> {
    return this.told(1, () => this.client.query(statement))
  }

  batch(statements: Statement[]): ReturnType<Client["batch"]> {
    return this.told(statements.length, () => this.client.batch(statements))
  }

  private async told<T>(count: number, work: () => Promise<T>): Promise<T> {
    const started = performance.now()
    try {
      const result = await work()
      this.tell(count, performance.now() - started)
      return result
    } catch (error) {
      this.tell(count, performance.now() - started, error)
      throw error
    }
  }
}
