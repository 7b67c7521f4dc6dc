import { randomUUID } from "node:crypto"
import type { Socket } from "node:net"
import type { ServerType } from "@hono/node-server"
import { Problem, type ProblemCode, titles } from "../problem.ts"
import type { Connections } from "./connections.ts"

/** What Node's HTTP parser says of a request that it cannot take: which problem that is, and in words. */
const causes: Record<string, { status: number; code: ProblemCode; detail: string }> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: "headers_too_large", detail: "The headers are too large" },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: "timeout", detail: "The request was not sent in time" },
}
const malformed = { status: 400, code: "malformed_request", detail: "This is no HTTP request" } as const

/** Answers what is no request at all by a problem, too, and ends its connection: no handler ever sees it. */
export function refuseMalformed(server: ServerType, connections: Connections): void {
  server.on("clientError", (error: { code?: string }, socket: Socket) => {
    const before = connections.get(socket)
    // While the request before it is being answered, this would be taken for a part of that.
    if (error.code === "ECONNRESET" || !socket.writable || (before && !before.writableFinished)) {
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
