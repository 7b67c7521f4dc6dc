import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import { Turns } from "../lib/turns.ts"
import { unavailable } from "../problem.ts"
import type { Connections } from "./connections.ts"
import { sendRefusal } from "./malformed.ts"
import type { Refuse } from "./refusals.ts"

/** Most requests that are worked on at a time, and most of one address that are not answered and sent. */
const maxWorked = 512
const maxOfAddress = 128
/** Up to as many connections carry requests that need not be counted, since counting takes a twentieth of a short read. */
const maxUncounted = maxOfAddress
/** Most requests that wait for that, in all and of one address. */
const maxWaiting = 10_000
const maxWaitingOfAddress = 2_500
/** An answer of which less waits to be sent holds no place, in bytes: what it streams may take any time. */
const smallRest = 65_536
/** How often those that wait are looked at, in ms. */
const lookMs = 25

export interface GateOptions {
  /** The address that a request counts for. */
  addressOf(incoming: IncomingMessage): string
  connections: Connections
  /** Whether a request is let through in any case: a load balancer must learn that the server is well. */
  isProbe(incoming: IncomingMessage): boolean
  refuse: Refuse
  /** How long a request may wait, in ms. */
  limitMs: number
}

interface Client {
  address: string
  /** What is begun and not sent. */
  begun: Set<ServerResponse>
  waiting: number
}

interface Job {
  incoming: IncomingMessage
  outgoing: ServerResponse
  client: Client
  since: number
}

/**
 * Bounds the requests in progress, in all and by address. Others wait until one of these is answered, in turns between
 * addresses, and are refused with a 503 when they have waited too long.
 */
export class Gate {
  private readonly handle: RequestListener
  private readonly options: GateOptions
  private readonly clients = new Map<string, Client>()
  private readonly worked = new Set<ServerResponse>()
  private readonly waiting = new Turns<Job>()
  private timer: NodeJS.Timeout | undefined
  /** Whether every request is counted. */
  private counts = false

  constructor(handle: RequestListener, options: GateOptions) {
    this.handle = handle
    this.options = options
  }

  readonly listener: RequestListener = (incoming, outgoing) => {
    if (!this.counts && !this.mustCount(outgoing)) return this.handle(incoming, outgoing)
    if (this.options.isProbe(incoming)) return this.handle(incoming, outgoing)
    const client = this.clientAt(this.options.addressOf(incoming))
    if (client.waiting === 0 && this.hasRoom(client)) return this.begin(incoming, outgoing, client)
    if (this.waiting.size >= maxWaiting || client.waiting >= maxWaitingOfAddress)
      return this.turnAway(incoming, outgoing)
    const job: Job = { incoming, outgoing, client, since: performance.now() }
    client.waiting += 1
    this.waiting.add(client.address, job)
    this.timer ??= setInterval(() => this.look(), lookMs).unref()
  }

  /** Whether requests must be counted from now on. Those that are begun are counted then, too. */
  private mustCount(outgoing: ServerResponse): boolean {
    const { connections } = this.options
    // Node gives a response its socket at once, except behind another one.
    if (outgoing.socket && connections.size <= maxUncounted) return false
    this.counts = true
    for (const response of connections.values())
      if (response && response !== outgoing && response.socket && !this.options.isProbe(response.req))
        this.count(response, this.clientAt(this.options.addressOf(response.req)))
    return true
  }

  private hasRoom({ begun }: Client): boolean {
    return this.worked.size < maxWorked && begun.size < maxOfAddress
  }

  private clientAt(address: string): Client {
    const found = this.clients.get(address)
    if (found) return found
    const client: Client = { address, begun: new Set(), waiting: 0 }
    this.clients.set(address, client)
    return client
  }

  private begin(incoming: IncomingMessage, outgoing: ServerResponse, client: Client): void {
    this.count(outgoing, client)
    this.handle(incoming, outgoing)
  }

  private count(outgoing: ServerResponse, client: Client): void {
    this.worked.add(outgoing)
    client.begun.add(outgoing)
    outgoing.on("close", () => {
      this.worked.delete(outgoing)
      client.begun.delete(outgoing)
      if (this.waiting.size) return this.beginMore()
      if (client.begun.size === 0 && this.clients.size > 1_000) this.clients.delete(client.address)
      if (this.worked.size === 0 && this.options.connections.size <= maxUncounted) this.counts = false
    })
  }

  private beginMore(): void {
    while (this.worked.size < maxWorked) {
      const job = this.waiting.takeFirst(({ client }) => this.hasRoom(client))
      if (!job) return
      job.client.waiting -= 1
      if (!job.outgoing.closed) this.begin(job.incoming, job.outgoing, job.client)
    }
  }

  /** Frees the places of those that nobody works on, refuses who has waited too long, and goes on with the next. */
  private look(): void {
    // Its client sends or reads slowly: other limits bound that.
    for (const outgoing of this.worked)
      if (outgoing.headersSent || !outgoing.req.complete) this.worked.delete(outgoing)
    for (const { begun } of this.clients.values())
      for (const outgoing of begun)
        if (outgoing.headersSent && outgoing.writableLength < smallRest) begun.delete(outgoing)
    this.beginMore()
    const latest = performance.now() - this.options.limitMs
    const isOver = ({ outgoing, since }: Job) => outgoing.closed || since < latest
    for (let job = this.waiting.take(isOver); job; job = this.waiting.take(isOver)) {
      job.client.waiting -= 1
      if (!job.outgoing.closed) this.turnAway(job.incoming, job.outgoing)
    }
    if (this.waiting.size) return
    clearInterval(this.timer)
    this.timer = undefined
  }

  private turnAway(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const problem = unavailable("overloaded", "Too many requests are in progress; try again")
    sendRefusal(outgoing, this.options.refuse(problem, incoming))
  }
}
