import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import { Problem, type ProblemCode, titles } from "../problem.ts"
import type { Connections } from "./connections.ts"
import type { Refusal, Refuse } from "./refusals.ts"
import { notAllowed } from "./request-target.ts"

/** The problem for each error code of Node's HTTP parser; any other code is a malformed request. */
const causes: Record<string, { status: number; code: ProblemCode; detail: string }> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: "headers_too_large", detail: "The headers are too large" },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: "timeout", detail: "The request was not sent in time" },
}
/** For a connection that ends within a body. */
const incomplete = () => new Problem("incomplete_body", "The body ended before it was complete")
const malformed = { status: 400, code: "malformed_request", detail: "This is no HTTP request" } as const

/**
 * Answers with a problem what Node hands to no request handler, and closes its connection: what it cannot parse,
 * expectations other than `100-continue`, and CONNECT.
 */
export function refuseMalformed(
  server: Server,
  connections: Connections,
  refuse: Refuse,
  methods: () => string,
): void {
  const refused = new WeakSet<Duplex>()
  /** Answers after the response before it: the client would take this one for a part of that. */
  const answer = (socket: Duplex, previous: ServerResponse | undefined, make: () => Refusal) => {
    const send = () => socket.writable && socket.end(textOf(make()))
    if (previous && !previous.writableFinished) previous.once("close", send)
    else send()
  }

  server.on("clientError", (error: { code?: string }, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy()
    // The parser reports what follows as well.
    if (refused.has(socket)) return
    refused.add(socket)
    const { status, code, detail } = causes[error.code ?? ""] ?? malformed
    const problem = new Problem(code, detail, { status })
    const latest = connections.get(socket as Parameters<typeof connections.get>[0])
    if (latest && !latest.req.complete)
      return refuseBody(latest, error.code === "HPE_INVALID_EOF_STATE" ? incomplete() : problem)
    answer(socket, latest, () => refuse(problem, undefined, error.code))
  })
  server.on("checkExpectation", (incoming: IncomingMessage, outgoing: ServerResponse) =>
    sendRefusal(
      outgoing,
      refuse(new Problem("expectation_failed", "The only expectation is 100-continue"), incoming),
    ),
  )
  server.on("connect", (incoming: IncomingMessage, socket: Duplex) => {
    socket.on("error", () => {})
    const latest = connections.get(incoming.socket)
    answer(socket, latest, () => refuse(notAllowed("CONNECT", methods()), incoming))
  })
}

/** Answers a request that the app shall not see. */
export function sendRefusal(outgoing: ServerResponse, { status, headers, body }: Refusal): void {
  outgoing.writeHead(status, headers).end(body)
}

/** Hands what is wrong with a body to the app, which reads and then answers; the connection ends with the answer. */
export function refuseBody(response: ServerResponse, problem: Problem): void {
  const { req } = response
  if (response.headersSent) return void req.socket.destroy()
  response.shouldKeepAlive = false
  // The app begins to read in the turn in which the request came, which may be this one.
  setImmediate(() => {
    if (req.listenerCount("error") > 0) req.emit("error", problem)
    // It answers by itself where it reads no body, and is not to wait for the rest where it would begin later.
    else if (req.method !== "GET" && req.method !== "HEAD" && !response.headersSent) req.socket.destroy()
  })
}

function textOf({ status, headers, body }: Refusal): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `HTTP/1.1 ${status} ${titles[status]}\r\n${lines.join("\r\n")}\r\n\r\n${body}`
}
