import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http"
import { type AddressInfo, isIPv6, type Socket } from "node:net"
import { getRequestListener, RequestError } from "@hono/node-server"
import { Problem } from "../problem.ts"
import { type Connections, connectionsOf } from "./connections.ts"
import { Gate, type GateOptions } from "./gate.ts"
import { sendRefusal } from "./malformed.ts"
import { pipelined } from "./pipeline.ts"
import type { Refuse } from "./refusals.ts"
import { requestCheck } from "./request-target.ts"
import type { Settings } from "./settings.ts"

/** Whether the kernel spreads connections over sockets that share a port. */
const sharesPorts = ["linux", "freebsd"].includes(process.platform)

/** The address of a server as a URL has it: IPv6 in brackets (RFC 3986, 3.2.2), a zone after `%25` (RFC 6874). */
export const urlOf = (host: string, port: number): string =>
  `http://${isIPv6(host) ? `[${host.replace("%", "%25")}]` : host}:${port}`

type ListenSettings = Pick<Settings, "HOST" | "PORT" | "WORKERS" | "REQUEST_TIMEOUT_MS">

export interface ListenOptions extends Pick<GateOptions, "refuse" | "addressOf" | "isProbe"> {
  methods(): string
}

/**
 * Serves a `fetch` function over HTTP, pipelined requests in turn; what is no request for it is refused. `unsent` tells
 * the bytes that wait to be sent on a connection.
 */
export function listen(
  fetch: Parameters<typeof getRequestListener>[0],
  { HOST, PORT, WORKERS, REQUEST_TIMEOUT_MS }: ListenSettings,
  { methods, ...options }: ListenOptions,
  onListening: (port: number) => void,
): { server: Server; connections: Connections; unsent: (socket: Socket) => number } {
  const handle = checked(fetch, options.refuse, methods)
  // Node's own check of Host answers with an empty body, and of several it takes the first.
  const server = createServer({ requireHostHeader: false, joinDuplicateHeaders: true })
  const connections = connectionsOf(server)
  const gate = new Gate(handle, { ...options, connections, limitMs: REQUEST_TIMEOUT_MS })
  const { listener, unsent, watch } = pipelined(gate.listener)
  server.on("connection", watch)
  server.on("request", listener)
  // Each worker has a socket of its own: what waits in the socket of one that dies is refused at once. Handed on by the
  // primary process, such connections would stay open, and nobody would answer them.
  const reusePort = WORKERS > 1 && sharesPorts
  server.listen({ port: PORT, host: HOST, reusePort }, () =>
    onListening((server.address() as AddressInfo).port),
  )
  return { server, connections, unsent }
}

/** A listener that checks what a URL is made of, and answers with a problem what `fetch` cannot be given. */
function checked(
  fetch: Parameters<typeof getRequestListener>[0],
  refuse: Refuse,
  methods: () => string,
): RequestListener {
  const problemOf = requestCheck(methods)
  let current: IncomingMessage | undefined
  const handle = getRequestListener(fetch, {
    // Where a request of HTTP/1.0 has no Host.
    hostname: "localhost",
    errorHandler: (error) => {
      // That of a request is reported while it is begun.
      const isRequest = error instanceof RequestError
      const problem = isRequest
        ? new Problem("malformed_request", "The request's target or Host is not valid")
        : new Problem("internal_error", "Something went wrong on our side")
      const { status, headers, body } = refuse(problem, isRequest ? current : undefined, error)
      return new Response(body, { status, headers })
    },
  })
  return (incoming, outgoing) => {
    const problem = problemOf(incoming)
    if (problem) return sendRefusal(outgoing, refuse(problem, incoming))
    current = incoming
    void handle(incoming, outgoing)
  }
}
