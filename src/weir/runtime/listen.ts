import { createServer, type Server } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { getRequestListener } from "@hono/node-server"
import { pipelined } from "./pipeline.ts"
import type { Settings } from "./settings.ts"

/** Whether the kernel spreads connections over sockets that share a port. */
const sharesPorts = ["linux", "freebsd"].includes(process.platform)

/**
 * Serves a `fetch` function over HTTP, pipelined requests in turn. `unsent` tells the bytes that wait to be sent on a
 * connection.
 */
export function listen(
  fetch: Parameters<typeof getRequestListener>[0],
  { HOST, PORT, WORKERS }: Pick<Settings, "HOST" | "PORT" | "WORKERS">,
  onListening: (port: number) => void,
): { server: Server; unsent: (socket: Socket) => number } {
  const { listener, unsent } = pipelined(getRequestListener(fetch, { hostname: HOST }))
  const server = createServer(listener)
  // Each worker has a socket of its own: what waits in the socket of one that dies is refused at once. Handed on by the
  // primary process, such connections would stay open, and nobody would answer them.
  const reusePort = WORKERS > 1 && sharesPorts
  server.listen({ port: PORT, host: HOST, reusePort }, () =>
    onListening((server.address() as AddressInfo).port),
  )
  return { server, unsent }
}
