import type { Cache } from "../cache/cache.ts"
import type { Deadline } from "../db/deadline.ts"
import type { Client, Row, Statement } from "../db/driver.ts"
import type { Db } from "../db/handle.ts"
import type { Waiter } from "../lib/fair-queue.ts"
import type { Stopwatch } from "../lib/stopwatch.ts"
import type { Key, RowKey } from "../resource/key.ts"
import type { BaseKind, RecalledViewer, Viewer } from "../resource/viewer.ts"
import type { BatchRows } from "./batch-rows.ts"
import type { Write } from "./commit.ts"
import type { Recording } from "./recording.ts"

/** What the answer to a read, and what is written, may be at most. */
export interface AnswerLimits {
  /** Bytes of its body. */
  bytes: number
  /** Rows, by the limits of the list and of the lists that it embeds, for each kind of viewer. */
  rows: Record<BaseKind, number>
  /** Bytes of a document that is written. Default: 256 KiB. */
  documentBytes?: number | undefined
  /** How long records of writes are kept, in ms. Default: a day. */
  recordsMs?: number
}

/** Milliseconds spent on behalf of one call. */
export interface Timings {
  /** By `performance.now()`. */
  started: number
  auth: number
  cache: number
  /** Of statements that run at the same time, once. */
  db: Stopwatch
  /** Who may see them in the response. */
  shownTo: "all" | "admins" | "off"
  /** What the cache said of a read: the members of its `Cache-Status`. */
  cacheStatus?: string
  /** Whether the shared cache missed a write: other processes may read older rows until the TTL ends. */
  pendingInvalidations?: boolean
}

/** What is counted against a client's limits. `account` is the name or key of the account that is tried. */
export type Attempt =
  | { kind: "sign_in" | "secret"; account: string }
  /** A passkey is asked for, or tried: of whatever account. */
  | { kind: "passkey" }
  | { kind: "sign_up"; rows: number }
  /** A mail to an account is asked for. */
  | { kind: "mail"; account: string }
  /** The token of a link is tried. */
  | { kind: "link" }
  | { kind: "request"; viewer?: Key | undefined }

/** The client on whose behalf a call runs, as limits and queues see it. */
export interface Caller extends Waiter {
  /** The address in full, for the log: limits count an IPv6 network as one. */
  readonly client?: string | undefined
  /** Counts an attempt. Throws a 429 where a limit of the client is used up. Undefined where nothing is limited. */
  count(attempt: Attempt): Promise<void> | undefined
  /** Waits until there is room for a large answer, of so many bytes. Undefined where there is at once. */
  admitAnswer?(bytes: number): Promise<void> | undefined
}

/** Takes the statements of one step of a transaction. */
export interface Collector {
  /** The number of the step: its writes fail with it where they change no row. */
  step: number
  /** Whether it stands for several steps, each of which is tried alone where this fails. */
  isRun?: boolean
  /** What the steps begun so far make of rows. */
  rows: BatchRows
  /** Whether it writes a row that a step before it deletes. */
  isOfGone?: boolean
  /** Resolves to the rows of each, once all steps are durable. */
  add(statements: Statement[]): Promise<Row[][]>
}

/** Statements that stand around a write, in its transaction. */
export interface Entailed {
  before: Statement[]
  after: Statement[]
}

/** What the hooks of a team's own code are given. */
export interface HookRuntime {
  /** The call's client as a Drizzle handle. */
  readonly db: Db
  /** Runs work that the answer does not wait for, over a client of its own. The work must not fail. */
  afterwards(work: (db: Db) => Promise<void>): void
  /** Runs work of the engine's own that the answer does not wait for, over a client of its own; a failure is logged. */
  later(what: string, work: (client: Client) => Promise<void>): void
  /** Logs a failure that changes no outcome. */
  noted(what: string, error: unknown): void
  /** Logs what a hook failed with. */
  failed(hook: string, key: RowKey | undefined, error: unknown): void
}

/** On whose behalf an operation runs, and with what. A request makes one, and so does a command. */
export interface Call {
  viewer: Viewer
  /** Present while the viewer comes from memory, as it does only on routes that guard their statements. */
  recalled: RecalledViewer | undefined
  /** Why there is no viewer although a token was sent. */
  rejected: string | undefined
  caller: Caller
  /** The call's database client, opened at the first use. */
  client: () => Client
  cache: Cache
  deadline: Deadline
  limits: AnswerLimits
  /** Absent where no hooks are called: for commands. */
  hooks?: HookRuntime
  timings: Timings
  /** Why the cache must not answer. `request` (the client sent no-cache) still stores the result. */
  bypass: "request" | "no-store" | undefined
  /** Whether the API keeps records of writes. */
  records: boolean
  /** Has all that the call writes from now on undone, once it is answered. Absent where none can be: for commands. */
  rehearse?: () => void
  isRehearsal?: boolean
  /** What a write entails, in its own transaction: of accounts, the ends of their sessions. Absent for commands. */
  entailed?: ((write: Write) => Entailed | undefined) | undefined
  /** Under what the writes of the call are recorded; set while they run. */
  recording?: Recording | undefined
  /** What takes the writes of the call in place of the database, as a step of one transaction. */
  collector?: Collector | undefined
}
