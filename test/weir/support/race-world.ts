import { setTimeout as sleep } from "node:timers/promises"
import type { NodeServer } from "./node-server.ts"
import { type Answer, type Ask, plainClient } from "./plain-client.ts"

/** More would have a busy machine's Redis take longer than the cache waits for it. */
const clientsEach = 2
/** Fewest and most items that there are while clients read and write. */
const [fewest, most] = [24, 36]

/** A write that was acknowledged. No price is that of a deleted item. */
export interface Write {
  id: string
  server: number
  price: number | undefined
  began: number
  acknowledged: number
}

/** An item with its writes, each begun after the one before was acknowledged: their order is the truth. */
export interface Item {
  id: number
  owner: number
  writes: Write[]
  /** Somebody is writing it. */
  taken: boolean
}

/** A read that was answered: of one item, of an owner's, or of all. */
export interface Read {
  server: number
  path: string
  of: { item?: Item; owner?: number }
  began: number
  ended: number
  cacheStatus: string
  /** Prices by id. */
  shown: Map<number, number>
}

export interface Row {
  id: number
  price: number
  owner_id: number
}

export const isHit = ({ cacheStatus }: { cacheStatus: string }): boolean =>
  cacheStatus.startsWith("Weir; hit")
const isGone = ({ writes }: Item): boolean => writes.at(-1)?.price === undefined

/** Servers over one database and one Redis, and what their clients have done and seen. */
export class RaceWorld {
  readonly servers: NodeServer[]
  readonly items: Item[] = []
  readonly reads: Read[] = []
  readonly writes: Write[] = []
  /** Requests that were not answered as they should. */
  readonly failures: string[] = []
  /** Which items a server's clients write. */
  mayWrite: (server: number, item: Item) => boolean = () => true
  /** How long a client waits whose server does without Redis, in milliseconds. */
  rest = 0
  private readonly asks: Ask[]
  private readonly tokens: Map<number, string>
  private last: Item | undefined
  private count = 0

  constructor(servers: NodeServer[], tokens: Map<number, string>) {
    this.servers = servers
    this.asks = servers.map(({ port }) => plainClient(port))
    this.tokens = tokens
  }

  get requests(): number {
    return this.reads.length + this.writes.length
  }

  private get living(): Item[] {
    return this.items.filter((item) => !isGone(item))
  }

  /** Reads and writes at every server at once until it is over; then no request is under way. */
  async load(isOver: () => boolean): Promise<void> {
    while (this.items.length < fewest) await this.create(this.items.length % this.servers.length)
    let failed = false
    const client = async (server: number) => {
      try {
        while (!failed && !isOver()) await this.act(server)
      } catch (error) {
        failed = true
        throw error
      }
    }
    const clients = Array.from({ length: this.servers.length * clientsEach }, (_, n) =>
      client(n % this.servers.length),
    )
    for (const outcome of await Promise.allSettled(clients))
      if (outcome.status === "rejected") throw outcome.reason
  }

  private async act(server: number): Promise<void> {
    if (Math.random() > 0.11) return this.read(server, ...this.anyRead())
    const item = await this.write(server)
    // What was written is where a stale answer would show: to the writer at once, to others by `last`.
    this.last = item
    await this.read(server, `/items/${item.id}`, { item })
  }

  private anyRead(): [path: string, of: Read["of"]] {
    const isLast = Math.random() < 0.4
    const item = (isLast && this.last) || anyOf(Math.random() < 0.05 ? this.items : this.living)
    const { id, owner } = item
    const kind = Math.random()
    if (kind < 0.5) return [`/items/${id}`, { item }]
    if (kind < 0.65) return [`/items/${id}?include=owner`, { item }]
    if (kind < 0.8) return [`/users/${owner}/items?limit=${2 * most}`, { owner }]
    if (kind < 0.9) return [`/items?limit=${2 * most}&sort=-price`, {}]
    return [`/items?limit=${2 * most}&sort=id&fields=id,price`, {}]
  }

  private async read(server: number, path: string, of: Read["of"]): Promise<void> {
    const began = performance.now()
    const { status, body, cacheStatus } = await this.ask(server, "GET", path)
    const ended = performance.now()
    if (status !== 200 && !(status === 404 && of.item)) this.failures.push(`GET ${path}: ${status}`)
    const rows = status === 200 ? ([body].flat() as Row[]) : []
    const shown = new Map(rows.map(({ id, price }) => [id, price]))
    this.reads.push({ server, path, of, began, ended, cacheStatus, shown })
    if (this.rest && /unreachable|refused/.test(cacheStatus)) await sleep(this.rest)
  }

  private async write(server: number): Promise<Item> {
    const there = this.living
    const kind = Math.random()
    if (kind < 0.1 && there.length < most) return this.create(server)
    const free = there.filter((item) => !item.taken && this.mayWrite(server, item))
    if (!free.length) return this.create(server)
    const item = anyOf(free)
    item.taken = true
    const price = kind > 0.9 && there.length > fewest ? undefined : 1 + (item.writes.at(-1)?.price ?? 0)
    const [method, expected, json] = price === undefined ? ["DELETE", 204] : ["PATCH", 200, { price }]
    const token = this.tokens.get(item.owner)
    const write = await this.wrote(server, price, async (id) => {
      const { status } = await this.ask(server, `${method}`, `/items/${item.id}`, { token, json, id })
      if (status !== expected) this.failures.push(`${method} /items/${item.id}: ${status}`)
    })
    item.writes.push(write)
    item.taken = false
    return item
  }

  private async create(server: number): Promise<Item> {
    const [owner, token] = anyOf([...this.tokens])
    const item: Item = { id: 0, owner, writes: [], taken: false }
    const write = await this.wrote(server, 1, async (id) => {
      const json = { title: "x", price: 1 }
      const { status, body } = await this.ask(server, "POST", "/items", { token, json, id })
      if (status !== 201) this.failures.push(`POST /items: ${status}`)
      item.id = (body as Row).id
    })
    item.writes.push(write)
    this.items.push(item)
    return item
  }

  private async wrote(
    server: number,
    price: number | undefined,
    work: (id: string) => Promise<void>,
  ): Promise<Write> {
    const id = `write-${this.count++}`
    const began = performance.now()
    await work(id)
    const write = { id, server, price, began, acknowledged: performance.now() }
    this.writes.push(write)
    return write
  }

  private ask(server: number, ...asked: Parameters<Ask>): Promise<Answer> {
    return (this.asks[server] as Ask)(...asked)
  }
}

export const anyOf = <T>(values: T[]): T => values[Math.floor(Math.random() * values.length)] as T
