import type { Socket } from "node:net"

/** Most pipelined requests that are read in one turn of the event loop: some milliseconds. */
const maxPerTurn = 500
/** How many of the connections that wait to be read are read on in each turn. */
const readPerTurn = 2

/**
 * Turns in which connections are read. Node reads all that have something in one turn of the event loop, and hands over every
 * request that a chunk holds: hundreds of connections with a hundred pipelined requests each would hold it for a second. When
 * it has handed over many, other connections wait and are read a few at a time. Those that have sent one request at a time so
 * far are read as ever.
 */
export class ReadTurns {
  /** Connections that may bring many requests at once: they have sent none yet, or pipelined their last ones. */
  private readonly suspects = new Set<Socket>()
  private readonly held = new Set<Socket>()
  private parsed = 0

  /** A new connection. */
  watch(socket: Socket): void {
    this.suspects.add(socket)
    socket.once("close", () => {
      this.suspects.delete(socket)
      this.held.delete(socket)
    })
  }

  /** A request behind which none waits. */
  single(socket: Socket): void {
    this.suspects.delete(socket)
  }

  /** A request that came with another one of its connection. */
  pipelined(socket: Socket): void {
    if (!socket.destroyed) this.suspects.add(socket)
    if (this.parsed === 0) setImmediate(() => this.begin())
    this.parsed += 1
    if (this.parsed === maxPerTurn) this.hold()
  }

  private begin(): void {
    this.parsed = 0
  }

  private hold(): void {
    const isReading = this.held.size > 0
    for (const socket of this.suspects)
      if (!socket.isPaused()) {
        socket.pause()
        this.held.add(socket)
      }
    if (!isReading && this.held.size) setImmediate(() => this.readNext())
  }

  private readNext(): void {
    let count = 0
    for (const socket of this.held) {
      if (count++ === readPerTurn) break
      this.held.delete(socket)
      socket.resume()
    }
    if (this.held.size) setImmediate(() => this.readNext())
  }
}
