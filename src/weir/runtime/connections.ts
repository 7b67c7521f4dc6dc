import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import type { ServerType } from "@hono/node-server"

/** The open connections of a server, each with its latest response; undefined before the first request. */
export type Connections = ReadonlyMap<Socket, ServerResponse | undefined>

/** Tracks the connections of a server. The returned map changes as they open, close and carry requests. */
export function connectionsOf(server: ServerType): Connections {
  const connections = new Map<Socket, ServerResponse | undefined>()
  server.on("connection", (socket: Socket) => {
    connections.set(socket, undefined)
    socket.once("close", () => connections.delete(socket))
  })
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) =>
    connections.set(socket, response),
  )
  return connections
}
