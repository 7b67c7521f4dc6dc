/** A stored answer: what is sent, and when it was read, in milliseconds since 1970. */
export interface Entry {
  body: string
  etag: string
  headers: Record<string, string>
  born: number
}

/** A store's answer to a key: the stamps as they are now, and the entry that was stored under just these. */
export interface Look {
  stamps: string
  entry: Entry | undefined
  /** Whether there was an entry of that key, which a write has outdated since. */
  outdated: boolean
}

/** Where answers are kept, with the stamps that say whether they still hold. */
export interface Store {
  name: "memory" | "upstash"
  /** Whether each write of every process is known at once, because there is no other process or it is noticed. */
  exact: boolean
  /** Why nothing is to be asked of it now, if so. */
  trouble(): string | undefined
  /** Takes entry and stamps together; what has no stamp gets one. A string says why it cannot. */
  look(key: string, stamps: string[]): Promise<Look | string>
  /** Stores an entry under the stamps that it was read under, for `ms` milliseconds. False where it does not. */
  keep(key: string, entry: Entry, stamps: string, ms: number): boolean | Promise<void>
  /** Moves stamps: no entry that is stored under them is served again. False where that could not be told. */
  move(stamps: string[]): true | Promise<boolean>
  /** Asks whether it is there; a string says why it is not in use. */
  check(): string | undefined | Promise<string | undefined>
}
