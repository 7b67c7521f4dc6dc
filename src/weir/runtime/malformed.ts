import { randomUUID } from "node:crypto"
import type { Socket } from "node:net"
import type { ServerType } from "@hono/node-server"
import { Problem, type ProblemCode, titles } from "../problem.ts"
import type { Connections } from "./connections.ts"

/** The problem for each error code of Node's HTTP parser; any other code is a malformed request. */
const causes: Record<string, { status: number; code: ProblemCode; detail: string }> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: "headers_too_large", detail: "The headers are too large" },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: "timeout", detail: "The request was not sent in time" },
}
const malformed = { status: 400, code: "malformed_request", detail: "This is no HTTP request" } as const

/** Answers a request that Node cannot parse, which reaches no handler, with a problem, and closes its connection. */
export function refuseMalformed(server: ServerType, connections: Connections): void {
  server.on("clientError", (error: { code?: string }, socket: Socket) => {
    const previous = connections.get(socket)
    // While the previous response is being sent, the client would take this one for a part of it.
    if (error.code === "ECONNRESET" || !socket.writable || (previous && !previous.writableFinished)) {
      socket.destroy()
      return
    }
    const { status, code, detail } = causes[error.code ?? ""] ?? malformed
    const id = randomUUID()
    const body = new Problem(code, detail, { status }).body(id)
    const head = [
      `HTTP/1.1 ${status} ${titles[status]}`,
      "Content-Type: application/problem+json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "Cache-Control: no-store",
      `X-Request-Id: ${id}`,
      "Connection: close",
    ]
    socket.end(`${head.join("\r\n")}\r\n\r\n${body}`)
  })
}
