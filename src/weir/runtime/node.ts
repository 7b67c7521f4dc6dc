import type { Api } from "../api.ts"
import { fail } from "./fail.ts"
import { parseEnv } from "./settings.ts"
import { onEndSignal } from "./signals.ts"

export interface NodeOptions {
  /** The folder with the migrations of each dialect. */
  migrations: URL
}

/**
 * Serves an API on Node, with the settings of the environment, until SIGTERM, SIGINT or SIGHUP: in this process,
 * or in as many as `WORKERS` says. It loads the API only after it has validated the settings. On any error, it prints one line, which names a wrong setting, and exits with 1.
 *
 * @example await serve(() => import("./api.ts"), { migrations: new URL("../drizzle/", import.meta.url) })
 */
export async function serve(load: () => Promise<{ api: Api }>, { migrations }: NodeOptions): Promise<void> {
  // The first process of a container gets only the signals that it listens to.
  onEndSignal(() => process.exit(0))
  try {
    const settings = parseEnv(process.env)
    if (settings.WORKERS > 1) {
      const { isPrimary, superviseWorkers } = await import("./cluster.ts")
      if (isPrimary(settings)) return await superviseWorkers(settings)
    }
    const [{ serveApi }, { api }] = await Promise.all([import("./server.ts"), load()])
    await serveApi(api, settings, migrations)
  } catch (error) {
    fail("Weir did not start.", error)
  }
}
