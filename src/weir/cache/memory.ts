import { LRUCache } from "lru-cache"
import { inCohorts } from "../lib/cohort.ts"
import type { Entry, Look, Store } from "./store.ts"

interface Held {
  entry: Entry
  stamps: string
  until: number
}

/** Most stamps that are remembered; one that is forgotten gets a new number, and outdates what was under the old. */
const maxStamps = 100_000
/** What an entry takes besides its text, in bytes. */
const overhead = 400

/**
 * A store in the process's memory, bounded in bytes. `foreignWrites` is the database's word on other processes:
 * when it changes, everything is outdated.
 */
export class MemoryStore implements Store {
  readonly name = "memory"
  readonly exact: boolean
  private readonly entries: LRUCache<string, Held>
  // By size: by count, the room for all is taken at once, which costs each start 10 ms.
  private readonly stamps = new LRUCache<string, number>({ maxSize: maxStamps, sizeCalculation: () => 1 })
  private readonly foreignWrites: (() => number) | undefined
  private seen: number | undefined
  private last = 0

  constructor(maxBytes: number, foreignWrites: (() => number) | undefined) {
    this.foreignWrites = foreignWrites
    this.exact = foreignWrites !== undefined
    this.entries = new LRUCache({ maxSize: maxBytes, sizeCalculation: sizeOf })
  }

  look(key: string, names: string[]): Promise<Look> {
    return this.looks({ key, names })
  }

  keep(key: string, entry: Entry, stamps: string, ms: number): boolean {
    this.entries.set(key, { entry, stamps, until: performance.now() + ms })
    // What is larger than all that there is room for is not taken.
    return this.entries.has(key)
  }

  move(names: string[]): true {
    for (const name of names) this.stamps.delete(name)
    return true
  }

  trouble(): undefined {}

  check(): undefined {}

  /** Other processes are asked about once for all who have come in one turn, when they have come. */
  private readonly looks = inCohorts<{ key: string; names: string[] }, Look>(
    ({ key, names }) => {
      const stamps = this.stampsOf(names)
      const held = this.entries.get(key)
      const entry = held && held.stamps === stamps && held.until > performance.now() ? held.entry : undefined
      return { stamps, entry, outdated: held !== undefined && !entry }
    },
    () => this.forgetForeign(),
  )

  private stampsOf(names: string[]): string {
    let all = ""
    for (const name of names) {
      let stamp = this.stamps.get(name)
      if (stamp === undefined) {
        stamp = ++this.last
        this.stamps.set(name, stamp)
      }
      all += `${stamp} `
    }
    return all
  }

  private forgetForeign(): void {
    let now: number | undefined
    try {
      now = this.foreignWrites?.()
    } catch {
      // A database that cannot say so may have changed.
      now = Number.NaN
    }
    if (now === this.seen) return
    this.seen = now
    this.stamps.clear()
  }
}

/** An upper bound: JavaScript holds a character in one byte or two. */
const sizeOf = ({ entry, stamps }: Held, key: string): number =>
  overhead + 2 * (key.length + entry.body.length + stamps.length + (entry.headers.link?.length ?? 0))
