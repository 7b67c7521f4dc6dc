import type { Socket } from "node:net"
import type { Log } from "../http/request.ts"
import type { Connections } from "./connections.ts"

/** Most bytes that wait to be sent, over all connections. */
const maxUnsentBytes = 256 * 1024 * 1024
/** What a reader must take of an answer that it lets wait, in bytes per second: 128 kbit/s. */
const minBytesPerSecond = 16_384
/** Longest time between two looks at the connections, in ms: as long may the sum be exceeded. */
const maxIntervalMs = 250
/** While others wait for room, the slowest reader of a large answer is cut off that takes less, in bytes per second: 4 Mbit/s. */
const fairBytesPerSecond = 524_288
const largeBytes = 1_048_576

/** When the present period of a connection began, by `performance.now()`, and what its client had taken by then. */
interface Period {
  since: number
  taken: number
}

/**
 * Destroys connections whose clients do not read what is sent to them: those that took fewer than the minimum while
 * bytes waited for `limitMs`; and the slowest ones, while the bytes of all connections exceed the maximum. It looks
 * at the connections at intervals, so that a request costs nothing. `inTheWay`: the connections that hold the room for which
 * others have waited long.
 */
export function cutSlowReaders(
  connections: Connections,
  unsent: (socket: Socket) => number,
  inTheWay: () => Set<Socket>,
  limitMs: number,
  log: Log,
): void {
  const periods = new Map<Socket, Period>()
  const cut = (socket: Socket, bytes: number, reason: string) => {
    periods.delete(socket)
    socket.destroy()
    log({ level: "warn", msg: `A client was cut off: ${reason}`, unsent_bytes: bytes })
  }
  const look = () => {
    const now = performance.now()
    const waiting: { socket: Socket; bytes: number; rate: number }[] = []
    let sum = 0
    for (const socket of connections.keys()) {
      const bytes = unsent(socket)
      if (bytes === 0) {
        periods.delete(socket)
        continue
      }
      const rate = rateOf(socket, periods, now)
      const period = periods.get(socket)
      const isOver = period && now - period.since >= limitMs
      if (isOver && rate < minBytesPerSecond) cut(socket, bytes, "it did not read its answer in time")
      else {
        if (!period || isOver) periods.set(socket, { since: now, taken: takenOf(socket) })
        waiting.push({ socket, bytes, rate })
        sum += bytes
      }
    }
    waiting.sort((a, b) => a.rate - b.rate || b.bytes - a.bytes)
    for (const { socket, bytes, rate } of sum > maxUnsentBytes ? waiting : []) {
      // A client that was first seen just now has had no time to read.
      if (sum <= maxUnsentBytes || rate === Number.POSITIVE_INFINITY) break
      sum -= bytes
      cut(socket, bytes, "too many bytes wait to be sent, and it reads the slowest")
    }
    const held = inTheWay()
    const slowest = waiting.find(
      ({ bytes, socket }) => bytes >= largeBytes && held.has(socket) && !socket.destroyed,
    )
    if (slowest && slowest.rate < fairBytesPerSecond)
      cut(slowest.socket, slowest.bytes, "others wait with large answers, and it reads the slowest")
    // A connection that was closed meanwhile is no longer among the open ones.
    for (const socket of periods.keys()) if (!connections.has(socket)) periods.delete(socket)
  }
  setInterval(look, Math.max(20, Math.min(maxIntervalMs, limitMs / 4))).unref()
}

/** What the client has taken in its present period, in bytes per second; infinite before its first period. */
function rateOf(socket: Socket, periods: Map<Socket, Period>, now: number): number {
  const period = periods.get(socket)
  if (!period) return Number.POSITIVE_INFINITY
  return ((takenOf(socket) - period.taken) / (now - period.since)) * 1000
}

/**
 * The bytes that the system has taken for a client. `writableLength` counts an answer until all of it is taken; how
 * much of it is left is known to the handle alone, as Node's own `setTimeout` of sockets asks it.
 */
function takenOf(socket: Socket): number {
  const handle = (socket as Socket & { _handle?: { writeQueueSize?: number } | null })._handle
  return socket.bytesWritten - (handle?.writeQueueSize ?? socket.writableLength)
}
