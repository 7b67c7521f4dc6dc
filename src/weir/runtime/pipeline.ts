import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import type { Socket } from "node:net"

/** Most requests of one connection that are begun while an earlier one is not sent. */
const maxBegun = 16
/** A connection on which as many bytes wait to be sent begins no further request. */
const maxUnsentBytes = 1_048_576
/** Most requests that wait, over all connections. Node parses a chunk of 64 KiB whole: up to 2,600 requests. */
const maxWaiting = 20_000

/** The pipelined requests of one connection. */
interface Lane {
  /** Responses that are begun and not sent. */
  begun: Set<ServerResponse>
  /** Requests that are parsed and not begun. */
  waiting: [IncomingMessage, ServerResponse][]
}

/** A request listener under which pipelined requests wait for their turn. */
export interface Pipeline {
  listener: RequestListener
  /** The bytes that wait to be sent on a connection. */
  unsent(socket: Socket): number
}

/**
 * Bounds what one connection may have in progress. Node itself hands over all the pipelined requests that it has
 * read. Here the 17th waits until an earlier one is sent, and the connection is not read meanwhile.
 */
export function pipelined(handle: RequestListener): Pipeline {
  const lanes = new WeakMap<Socket, Lane>()
  let waitingCount = 0

  const begin = (socket: Socket, lane: Lane, incoming: IncomingMessage, outgoing: ServerResponse) => {
    lane.begun.add(outgoing)
    outgoing.once("close", () => {
      lane.begun.delete(outgoing)
      beginMore(socket, lane)
    })
    handle(incoming, outgoing)
  }
  const beginMore = (socket: Socket, lane: Lane) => {
    if (lane.waiting.length === 0) return
    while (lane.waiting.length > 0 && takesMore(socket, lane)) {
      const [incoming, outgoing] = lane.waiting.shift() as Lane["waiting"][number]
      waitingCount--
      begin(socket, lane, incoming, outgoing)
    }
    if (lane.waiting.length === 0) socket.resume()
  }
  const openLane = (socket: Socket): Lane => {
    const lane: Lane = { begun: new Set(), waiting: [] }
    lanes.set(socket, lane)
    // Node resumes a connection at the end of each request.
    socket.on("resume", () => {
      if (lane.waiting.length > 0) socket.pause()
    })
    socket.once("close", () => {
      waitingCount -= lane.waiting.length
      lane.waiting = []
    })
    return lane
  }
  const pipeline: RequestListener = (incoming, outgoing) => {
    const { socket } = incoming
    const lane = lanes.get(socket) ?? openLane(socket)
    if (lane.waiting.length === 0 && takesMore(socket, lane)) return begin(socket, lane, incoming, outgoing)
    lane.waiting.push([incoming, outgoing])
    waitingCount++
    if (waitingCount > maxWaiting) socket.destroy()
    else socket.pause()
  }
  return {
    // Node gives a response its socket at once, except behind another one.
    listener: (incoming, outgoing) =>
      outgoing.socket ? handle(incoming, outgoing) : pipeline(incoming, outgoing),
    unsent: (socket) => unsentOn(socket, lanes.get(socket)),
  }
}

/** Whether a further request may begin. One may in any case, since its end begins those after it. */
const takesMore = (socket: Socket, lane: Lane): boolean =>
  lane.begun.size === 0 || (lane.begun.size < maxBegun && unsentOn(socket, lane) < maxUnsentBytes)

function unsentOn(socket: Socket, lane: Lane | undefined): number {
  let bytes = socket.writableLength
  if (lane) for (const response of lane.begun) if (!response.socket) bytes += response.writableLength
  return bytes
}
