import type { AppContext, AppMiddleware } from "../context.ts"
import { DeadlineExpired } from "./deadline.ts"
import type { Client, Database } from "./driver.ts"
import { type Db, handleOf } from "./handle.ts"

/**
 * A client per request: opened at its first use, given back after the response, whatever happens.
 */
export function session(
  database: Database,
  waitUntil: (c: AppContext, work: Promise<void>) => void,
): AppMiddleware {
  return async (c, next) => {
    let opened: Client | undefined
    const client = () => {
      opened ??= timedClient(database.connect(c.get("deadline")), c)
      return opened
    }
    c.set("client", client)
    c.set(
      "db",
      lazily(() => handleOf(client)),
    )
    try {
      await next()
    } finally {
      // A client that cannot be closed is gone already.
      if (opened?.close)
        waitUntil(
          c,
          opened.close().catch(() => {}),
        )
    }
  }
}

/** A client that adds up the time it takes, and begins nothing after the request's time is up. */
function timedClient(client: Client, c: AppContext): Client {
  const timings = c.get("timings")
  const deadline = c.get("deadline")
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    if (deadline.expired) throw new DeadlineExpired()
    const started = performance.now()
    try {
      return await work()
    } finally {
      timings.db += performance.now() - started
    }
  }
  return {
    query: (statement) => timed(() => client.query(statement)),
    batch: (statements) => timed(() => client.batch(statements)),
    ...(client.close ? { close: client.close } : {}),
  }
}

/** An object that is made when it is first touched: most requests never ask for the Drizzle handle. */
function lazily(make: () => Db): Db {
  let made: Db | undefined
  return new Proxy({} as Db, {
    get(_target, name) {
      made ??= make()
      return Reflect.get(made, name)
    },
  })
}
