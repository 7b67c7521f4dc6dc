import { LRUCache } from "lru-cache"
import { inCohorts } from "../lib/cohort.ts"
import type { Entry, Look, Store } from "./store.ts"

interface Stored {
  entry: Entry
  stamps: string
  /** When it expires, by `performance.now()`. */
  until: number
}

/** Most stamps in memory. An evicted stamp gets a new number at its next use, which outdates its entries. */
const maxStamps = 100_000
/** Memory of an entry besides its text, in bytes. */
const overheadBytes = 400

/**
 * A store in the process's memory, bounded in bytes. `foreignWrites` returns the database's counter of other processes'
 * writes; when it changes, every entry is outdated.
 */
export class MemoryStore implements Store {
  readonly name = "memory"
  readonly exact: boolean
  private readonly entries: LRUCache<string, Stored>
  // `maxSize` and not `max`, which would allocate the memory for all stamps at the start, in 10 ms.
  private readonly stamps = new LRUCache<string, number>({ maxSize: maxStamps, sizeCalculation: () => 1 })
  private readonly foreignWrites: (() => number) | undefined
  private lastForeignWrites: number | undefined
  private lastStamp = 0

  /** Without `foreignWrites`, the store is not exact: it does not notice the writes of other processes. */
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
    // LRUCache does not store an entry that is larger than its maxSize.
    return this.entries.has(key)
  }

  move(names: string[]): true {
    for (const name of names) this.stamps.delete(name)
    return true
  }

  trouble(): undefined {}

  check(): undefined {}

  /** Lookups run in cohorts, so that the database is asked for foreign writes once per turn of the event loop. */
  private readonly looks = inCohorts<{ key: string; names: string[] }, Look>(
    ({ key, names }) => {
      const stamps = this.stampsOf(names)
      const stored = this.entries.get(key)
      const isValid = stored?.stamps === stamps && stored.until > performance.now()
      const entry = isValid ? stored.entry : undefined
      return { stamps, entry, outdated: stored !== undefined && !entry }
    },
    () => this.moveAllOnForeignWrite(),
  )

  private stampsOf(names: string[]): string {
    let text = ""
    for (const name of names) {
      let stamp = this.stamps.get(name)
      if (stamp === undefined) {
        stamp = ++this.lastStamp
        this.stamps.set(name, stamp)
      }
      text += `${stamp} `
    }
    return text
  }

  private moveAllOnForeignWrite(): void {
    let foreignWrites: number | undefined
    try {
      foreignWrites = this.foreignWrites?.()
    } catch {
      // When the counter cannot be read, assume a write: NaN differs from every number, and from itself.
      foreignWrites = Number.NaN
    }
    if (foreignWrites === this.lastForeignWrites) return
    this.lastForeignWrites = foreignWrites
    this.stamps.clear()
  }
}

/** An upper bound in bytes: a JavaScript string takes one or two bytes per character. */
const sizeOf = ({ entry, stamps }: Stored, key: string): number =>
  overheadBytes + 2 * (key.length + entry.body.length + stamps.length + (entry.headers.link?.length ?? 0))
