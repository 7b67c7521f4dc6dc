import { createServer, type Server } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { getRequestListener } from "@hono/node-server"
import { pipelined } from "./pipeline.ts"
import type { Settings } from "./settings.ts"

/**
 * Serves a `fetch` function over HTTP, pipelined requests in turn. `unsent` tells the bytes that wait to be sent on a
 * connection.
 */
export function listen(
  fetch: Parameters<typeof getRequestListener>[0],
  { HOST, PORT }: Pick<Settings, "HOST" | "PORT">,
  onListening: (port: number) => void,
): { server: Server; unsent: (socket: Socket) => number } {
  const { listener, unsent } = pipelined(getRequestListener(fetch, { hostname: HOST }))
  const server = createServer(listener)
  server.listen(PORT, HOST, () => onListening((server.address() as AddressInfo).port))
  return { server, unsent }
}
