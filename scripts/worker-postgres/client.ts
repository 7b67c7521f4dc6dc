// postgres.js for the Worker: its own connections and queries, and of its client what the engine calls. The package's own
// build for Workers rejects unhandled when it closes a connection; its Node build, of which these are, does not.
// @ts-expect-error: a file of the package has no types.
import makeConnection from "../../node_modules/postgres/src/connection.js"
// @ts-expect-error: a file of the package has no types.
import { Errors, PostgresError } from "../../node_modules/postgres/src/errors.js"
// @ts-expect-error: a file of the package has no types.
import { Query as PackageQuery } from "../../node_modules/postgres/src/query.js"
// @ts-expect-error: a file of the package has no types.
import makeQueue from "../../node_modules/postgres/src/queue.js"
// @ts-expect-error: a file of the package has no types.
import { mergeUserTypes } from "../../node_modules/postgres/src/types.js"

type Options = Record<string, unknown>

interface Query extends Promise<unknown> {
  state: unknown
  active: boolean
  cancelled: unknown
  reject(error: unknown): void
  execute(): Query
}

type Handler = ((query: Query) => void) & { debug?: unknown }

interface Queue<T> {
  readonly length: number
  push(value: T): T
  shift(): T
  remove(value: T): T | null
}

interface Connection {
  /** Where it stands: one of `places`. */
  queue: unknown
  idleTimer: { start(): void; cancel(): void }
  reserved: (() => void) | null
  onclose: ((error: unknown) => void) | null
  connect(query: Query): void
  /** Whether it takes more. */
  execute(query: Query): unknown
  cancel(state: unknown, resolve: () => void, reject: (error: unknown) => void): void
  end(): Promise<void>
  terminate(): void
}

type Unsafe = (text: string, values?: unknown[], options?: Options) => Query
interface Transaction {
  unsafe: Unsafe
  /** Runs a part of the transaction that is undone alone where it fails. */
  savepoint<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
}

/** What a transaction runs in: what waits for its connection, and why that is no more. */
interface Session {
  held: Queue<Query>
  lost?: unknown
}

/** A client of one connection. */
export default function postgres(given: Options) {
  const options = optionsOf(given)
  const waiting: Queue<Query> = makeQueue()
  const [closed, connecting, open, busy, full, reserved, ended] = places()
  let ending: Promise<void> | undefined
  let savepoints = 0
  const connection: Connection = makeConnection(options, { closed, connecting }, { onopen, onend, onclose })

  const unsafe = unsafeOf((query) => {
    if (ending) query.reject(Errors.connection("CONNECTION_ENDED", options, options))
    else if (connection.queue === open || connection.queue === busy)
      move(connection.execute(query) ? busy : full)
    else if (connection.queue === closed) connect(query)
    else waiting.push(query)
  })
  return { options, unsafe, begin, end }

  function unsafeOf(handler: Handler): Unsafe {
    handler.debug = options.debug
    return (text, values = [], { simple = values.length === 0, ...rest } = {}) =>
      new PackageQuery([text], values, handler, cancel, { prepare: false, ...rest, simple })
  }

  function move(place: unknown): void {
    connection.queue = place
    if (place === open) connection.idleTimer.start()
    else connection.idleTimer.cancel()
  }

  function connect(query: Query): void {
    move(connecting)
    connection.connect(query)
  }

  function onopen(): void {
    const isIdle = waiting.length === 0
    let takesMore: unknown = true
    while (takesMore && waiting.length) takesMore = connection.execute(waiting.shift())
    move(isIdle ? open : takesMore ? busy : full)
  }

  function onend(): void {
    move(ended)
  }

  function onclose(_: unknown, error: unknown): void {
    move(closed)
    connection.reserved = null
    connection.onclose?.(error)
    connection.onclose = null
    if (waiting.length) connect(waiting.shift())
  }

  function cancel(query: Query): Promise<void> {
    return new Promise((resolve, reject) => {
      if (query.state && query.active) makeConnection(options).cancel(query.state, resolve, reject)
      else if (query.state) query.cancelled = { resolve, reject }
      else {
        waiting.remove(query)
        query.cancelled = true
        query.reject(Errors.generic("57014", "canceling statement due to user request"))
        resolve()
      }
    })
  }

  /** Runs a transaction, which has the connection to itself. */
  async function begin<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const held: Queue<Query> = makeQueue()
    const onexecute = () => {
      move(reserved)
      connection.reserved = () => void (held.length ? connection.execute(held.shift()) : move(reserved))
    }
    await unsafe("begin", [], { onexecute }).execute()
    const session: Session = { held }
    const lost = new Promise<never>((_, reject) => {
      connection.onclose = (error) => {
        session.lost = error
        reject(error)
      }
    })
    return await Promise.race([within(session, work), lost])
  }

  /** Runs work within a transaction, or within a savepoint of it that has a name. */
  async function within<T>(
    session: Session,
    work: (tx: Transaction) => Promise<T>,
    name?: string,
  ): Promise<T> {
    let refused: unknown
    const send = unsafeOf((query) => {
      query.catch((error) => {
        refused ||= error
      })
      // The connection may be another session by now.
      if (session.lost) query.reject(session.lost)
      else if (connection.queue === full) session.held.push(query)
      else if (!connection.execute(query)) move(full)
    })
    const savepoint: Transaction["savepoint"] = (part) => within(session, part, `s${savepoints++}`)
    if (name) await send(`savepoint ${name}`)
    let result: T
    try {
      result = await work({ unsafe: send, savepoint })
      if (refused) throw refused
    } catch (error) {
      await send(name ? `rollback to ${name}` : "rollback")
      const isAftermath = error instanceof PostgresError && (error as { code?: unknown }).code === "25P02"
      throw (isAftermath && refused) || error
    }
    if (!name) await send("commit")
    return result
  }

  /** Closes the connection; after `timeout` seconds, whatever is under way. */
  async function end({ timeout }: { timeout: number }): Promise<void> {
    if (ending) return ending
    await 1
    let timer: ReturnType<typeof setTimeout> | undefined
    const destroyed = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        connection.terminate()
        while (waiting.length) waiting.shift().reject(Errors.connection("CONNECTION_DESTROYED", options))
        resolve()
      }, timeout * 1000)
    })
    ending = Promise.race([destroyed, connection.end()]).then(() => clearTimeout(timer))
    return ending
  }
}

/** Where a connection stands. What the package calls of its queues is there. */
const places = () => Array.from({ length: 7 }, () => ({ push() {} }))

const defaults: Options = {
  ssl: false,
  sslnegotiation: null,
  idle_timeout: null,
  connect_timeout: 30,
  max_lifetime: () => 60 * (30 + Math.random() * 30),
  max_pipeline: 100,
  backoff: (retries: number) => (0.5 + Math.random() / 2) * Math.min(3 ** retries / 100, 20),
  keep_alive: 60,
  prepare: true,
  debug: false,
  fetch_types: true,
  target_session_attrs: null,
}

/** The options of a connection. The environment is asked for none: that of a Worker has its own settings alone. */
function optionsOf(given: Options): Options {
  const { host = "localhost", port = 5432, path = "", user = "postgres", types = {} } = given
  return {
    ...defaults,
    pass: "",
    database: user,
    ...given,
    path,
    user,
    host: [host].flat(),
    port: [port].flat(),
    max: 1,
    transform: { undefined: undefined, column: {}, value: {}, row: {} },
    parameters: {},
    shared: { retries: 0, typeArrayMap: {} },
    ...mergeUserTypes(types),
  }
}
