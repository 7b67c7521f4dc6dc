import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { ReadTurns } from "./read-turns.ts"

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
  /** Whether the connection is to be ended: none of its requests is begun any more. */
  isDoomed: boolean
}

/** A request listener under which pipelined requests wait for their turn. */
export interface Pipeline {
  listener: RequestListener
  /** The bytes that wait to be sent on a connection. */
  unsent(socket: Socket): number
  /** Is told of each new connection. */
  watch(socket: Socket): void
}

/**
 * Bounds what one connection may have in progress. Node itself hands over all the pipelined requests that it has
 * read. Here the 17th waits until an earlier one is sent, and the connection is not read meanwhile.
 */
export function pipelined(handle: RequestListener): Pipeline {
  const lanes = new WeakMap<Socket, Lane>()
  let waitingCount = 0
  const doomed: Socket[] = []
  const turns = new ReadTurns()

  /**
   * Ends a connection, one in each turn of the event loop: Node makes an error with a stack for each of its requests, and a
   * burst may have thousands of them on hundreds of connections.
   */
  const doom = (socket: Socket, lane: Lane) => {
    lane.isDoomed = true
    waitingCount -= lane.waiting.length
    lane.waiting = []
    socket.pause()
    if (doomed.push(socket) === 1) setImmediate(endNext)
  }
  const endNext = () => {
    doomed.shift()?.destroy()
    if (doomed.length) setImmediate(endNext)
  }
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
    const lane: Lane = { begun: new Set(), waiting: [], isDoomed: false }
    lanes.set(socket, lane)
    // Node resumes a connection at the end of each request.
    socket.on("resume", () => {
      if (lane.waiting.length > 0 || lane.isDoomed) socket.pause()
    })
    socket.once("close", () => {
      waitingCount -= lane.waiting.length
      lane.waiting = []
    })
    return lane
  }
  const pipeline: RequestListener = (incoming, outgoing) => {
    const { socket } = incoming
    turns.pipelined(socket)
    const lane = lanes.get(socket) ?? openLane(socket)
    if (lane.isDoomed) return
    if (lane.waiting.length === 0 && takesMore(socket, lane)) return begin(socket, lane, incoming, outgoing)
    lane.waiting.push([incoming, outgoing])
    waitingCount++
    if (waitingCount > maxWaiting) doom(socket, lane)
    else socket.pause()
  }
  return {
    // Node gives a response its socket at once, except behind another one.
    listener: (incoming, outgoing) => {
      if (!outgoing.socket) return pipeline(incoming, outgoing)
      turns.single(incoming.socket)
      handle(incoming, outgoing)
    },
    watch: (socket) => turns.watch(socket),
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
