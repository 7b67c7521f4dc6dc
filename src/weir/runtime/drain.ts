import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import type { ServerType } from "@hono/node-server"
import type { Background } from "./background.ts"
import type { Connections } from "./connections.ts"
import { onEndSignal } from "./signals.ts"

/** How long the requests in progress, and what goes on after answers, may take after a signal, in milliseconds. */
const drainLimitMs = 10_000
/** How long closing the database may take after that, in milliseconds. */
const releaseLimitMs = 5_000

/**
 * On a signal to end, shuts down gracefully: refuses new connections, answers the requests in progress, waits for
 * `background`, runs `release` and exits with 0. Connections that are still open after the limit are destroyed, and what
 * still runs in the background is given up.
 */
export function drainOnSignal(
  server: ServerType,
  connections: Connections,
  background: Background,
  release: () => Promise<void>,
): void {
  let draining = false
  const closeAfter = (response: ServerResponse, socket: Socket) =>
    response.once("close", () => socket.destroySoon())
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    if (draining) closeAfter(response, socket)
  })

  const drain = async () => {
    if (draining) return
    draining = true
    const limit = new Promise<void>((resolve) =>
      setTimeout(() => {
        for (const socket of connections.keys()) socket.destroy()
        resolve()
      }, drainLimitMs),
    )
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const [socket, response] of connections)
      if (!response || response.closed) socket.destroy()
      else {
        closeAfter(response, socket)
        if (!response.headersSent) response.setHeader("connection", "close")
      }
    await closed
    await Promise.race([background.ended(), limit])
    background.report()
    // A database that does not answer keeps no process.
    await Promise.race([release(), new Promise((resolve) => setTimeout(resolve, releaseLimitMs))])
    process.exit(0)
  }
  onEndSignal(() => void drain())
}
