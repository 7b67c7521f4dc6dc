import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { Problem, unavailable } from "../problem.ts"
import type { Connections } from "./connections.ts"
import { refuseBody } from "./malformed.ts"

/** Most bytes of bodies that are not complete, over all connections, and over those of one address. */
const maxBytes = 256 * 1024 * 1024
const maxBytesOfAddress = maxBytes / 4
/** Time between two looks at the connections, in ms. */
const lookMs = 100

/** A body that is not complete. */
interface Partial {
  response: ServerResponse
  /** What the connection had received before, and at the last look. */
  from: number
  last: number
}

interface Held {
  socket: Socket
  response: ServerResponse
  address: string
  bytes: number
  /** Bytes since the last look. */
  grown: number
}

/**
 * Refuses bodies that are sent slowly: while those that are not complete hold more bytes than they may, in all or of one
 * address, the slowest are answered with a 503 or a 429, and their connections are closed. It looks at the connections at
 * intervals, so that a request costs nothing.
 */
export function refuseSlowSenders(
  connections: Connections,
  addressOf: (incoming: IncomingMessage) => string,
): void {
  /** What each connection had received at the last look. */
  let before = new Map<Socket, Partial>()
  const look = () => {
    const held: Held[] = []
    const now = new Map<Socket, Partial>()
    let sum = 0
    const sums = new Map<string, number>()
    for (const [socket, response] of connections) {
      const received = socket.bytesRead
      // Its first request may have begun since the last look.
      const known = before.get(socket)
      if (!response || response.req.complete || response.closed) {
        if (response) now.set(socket, { response, from: received, last: received })
        continue
      }
      const from = known?.response === response ? known.from : (known?.last ?? 0)
      now.set(socket, { response, from, last: received })
      const bytes = Math.min(received - from, declaredBy(response.req))
      const address = addressOf(response.req)
      held.push({ socket, response, address, bytes, grown: received - (known?.last ?? 0) })
      sum += bytes
      sums.set(address, (sums.get(address) ?? 0) + bytes)
    }
    before = now
    if (sum > maxBytesOfAddress) refuseSlowest(held, sum, sums)
  }
  setInterval(look, lookMs).unref()
}

function refuseSlowest(held: Held[], sum: number, sums: Map<string, number>): void {
  held.sort((a, b) => a.grown - b.grown || b.bytes - a.bytes)
  let left = sum
  for (const { response, address, bytes } of held) {
    const own = sums.get(address) as number
    if (own <= maxBytesOfAddress && left <= maxBytes) continue
    sums.set(address, own - bytes)
    left -= bytes
    refuseBody(response, own > maxBytesOfAddress ? tooManyOfAddress() : unavailable("overloaded", tooMuch))
  }
}

const tooMuch = "Too many bytes of bodies wait for the rest of them; try again"

const tooManyOfAddress = () => new Problem("too_many_requests", tooMuch, { headers: { "retry-after": "1" } })

/** The bytes that a body may have by its header. */
const declaredBy = ({ headers }: IncomingMessage): number =>
  headers["transfer-encoding"] === undefined
    ? Number(headers["content-length"] ?? 0)
    : Number.POSITIVE_INFINITY
