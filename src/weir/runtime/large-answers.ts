import type { ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { type Deadline, DeadlineExpired } from "../db/deadline.ts"
import { Turns } from "../lib/turns.ts"

/** Most bytes of large answers that are made and not sent, in all and for one address. One larger answer may be alone. */
const maxBytes = 160 * 1024 * 1024
const maxBytesOfAddress = maxBytes / 2
/** When one has waited so long, in ms, those that read their answers slowly stand in its way. */
const patienceMs = 3_000

interface Held {
  bytes: number
  address: string
}

interface Job extends Held {
  since: number
  begin(): void
}

/**
 * Bounds the bytes of large answers that the process holds: a request waits with its answer until there is room, in turns
 * between addresses. The room is taken until the response is sent, or its client has gone.
 */
export class LargeAnswers {
  private held = 0
  private readonly heldFor = new Map<string, number>()
  private readonly admitted = new Map<ServerResponse, Held>()
  private readonly waiting = new Turns<Job>()
  /** The same jobs in the order of their arrival. */
  private readonly arrived = new Set<Job>()

  /**
   * The connections whose answers hold the room for which others have waited for long: those of the same address where
   * its own is used up, and all where there is none.
   */
  inTheWay(): Set<Socket> {
    const until = performance.now() - patienceMs
    const sockets = new Set<Socket>()
    for (const { since, bytes, address } of this.arrived) {
      if (since > until) break
      const isFull = this.held + bytes > maxBytes
      for (const [outgoing, held] of this.admitted)
        if (isFull || held.address === address) sockets.add(outgoing.req.socket)
      if (isFull) break
    }
    return sockets
  }

  /**
   * Resolves when there is room for an answer of so many bytes; undefined where there is at once. Rejects with
   * `DeadlineExpired` when the request's time is up before, or its client has gone.
   */
  admit(
    outgoing: ServerResponse,
    bytes: number,
    address: string,
    deadline: Deadline,
  ): Promise<void> | undefined {
    if (outgoing.destroyed || deadline.expired) return Promise.reject(new DeadlineExpired())
    // What a request adds to its answer does not wait for others, which may wait for it.
    if (this.admitted.has(outgoing) || (this.waiting.size === 0 && this.hasRoom(bytes, address))) {
      this.hold(outgoing, bytes, address)
      return undefined
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        release()
        outgoing.off("close", expire)
        this.arrived.delete(job)
      }
      const begin = () => {
        leave()
        this.hold(outgoing, bytes, address)
        resolve()
      }
      const job: Job = { bytes, address, since: performance.now(), begin }
      const expire = () => {
        leave()
        this.waiting.remove(address, job)
        reject(new DeadlineExpired())
        // It may have been the first of its address, and too large for the room that there is.
        this.beginMore()
      }
      const release = deadline.onExpire(expire)
      outgoing.once("close", expire)
      this.arrived.add(job)
      this.waiting.add(address, job)
      // Those that wait may do so for room of their own address.
      this.beginMore()
    })
  }

  private beginMore(): void {
    const next = () => this.waiting.takeFirst((job) => this.hasRoom(job.bytes, job.address))
    for (let job = next(); job; job = next()) job.begin()
  }

  private hasRoom(bytes: number, address: string): boolean {
    const own = this.heldFor.get(address) ?? 0
    return (
      (this.held === 0 || this.held + bytes <= maxBytes) && (own === 0 || own + bytes <= maxBytesOfAddress)
    )
  }

  /** Takes room for an answer of so many bytes in all. */
  private hold(outgoing: ServerResponse, bytes: number, address: string): void {
    const before = this.admitted.get(outgoing)
    if (before && before.bytes >= bytes) return
    this.admitted.set(outgoing, { bytes, address })
    this.add(bytes - (before?.bytes ?? 0), address)
    if (before) return
    outgoing.once("close", () => {
      this.add(-(this.admitted.get(outgoing)?.bytes ?? 0), address)
      this.admitted.delete(outgoing)
      this.beginMore()
    })
  }

  private add(bytes: number, address: string): void {
    this.held += bytes
    const own = (this.heldFor.get(address) ?? 0) + bytes
    if (own > 0) this.heldFor.set(address, own)
    else this.heldFor.delete(address)
  }
}
