import type { ServerType } from "@hono/node-server"

/** How long requests under way may take once the process is asked to end, in milliseconds. */
const drainLimit = 10_000

/**
 * Ends the process well: no new connections, requests under way are answered, then `release`, then 0. What
 * takes longer than the limit is cut off.
 */
export function drainOn(signals: NodeJS.Signals[], server: ServerType, release: () => Promise<void>): void {
  let draining = false
  const drain = async () => {
    if (draining) return
    draining = true
    const limit = setTimeout(
      () => "closeAllConnections" in server && server.closeAllConnections(),
      drainLimit,
    )
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      if ("closeIdleConnections" in server) server.closeIdleConnections()
    })
    clearTimeout(limit)
    await release()
    process.exit(0)
  }
  for (const signal of signals) process.on(signal, drain)
}
