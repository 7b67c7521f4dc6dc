/** A stored answer. */
export interface Entry {
  body: string
  /** The body in UTF-8, where it is large: it was encoded in pieces. No store keeps such an entry. */
  bytes?: Uint8Array<ArrayBuffer>
  etag: string
  /** The hash of body and headers, where the ETag is that of a row of which the body is a part. */
  checksum?: string | undefined
  headers: Record<string, string>
  /** When it was read from the database, in ms since 1970. */
  born: number
}

/** The result of a lookup. */
export interface Look {
  /** The current stamps. */
  stamps: string
  /** The entry of the key, if it was stored under exactly these stamps. */
  entry: Entry | undefined
  /** Whether the key has an entry that a write or its age has outdated. */
  outdated: boolean
}

/** Stores answers, and the stamps that tell whether they are still valid. */
export interface Store {
  name: "memory" | "upstash"
  /** Whether the store notices the writes of every process at once. Only then does the server use it for its own reads. */
  exact: boolean
  /** Why the store must not be used now; undefined if it may be. */
  trouble(): string | undefined
  /** Looks up an entry and its stamps in one step, and creates missing stamps. A string says why it cannot. */
  look(key: string, stamps: string[]): Promise<Look | string>
  /** Stores an entry under the stamps that it was read under, for `ms` milliseconds. False where it is not stored. */
  keep(key: string, entry: Entry, stamps: string, ms: number): boolean | Promise<void>
  /** Moves stamps, so that no entry stored under them is served again. False where that is still pending. */
  move(stamps: string[]): true | Promise<boolean>
  /** Checks whether the store can be reached. A string says why it cannot be used. */
  check(): string | undefined | Promise<string | undefined>
}
