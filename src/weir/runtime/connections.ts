import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import type { ServerType } from "@hono/node-server"

/** The connections of a server, each with its last answer, if any. */
export type Connections = ReadonlyMap<Socket, ServerResponse | undefined>

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
