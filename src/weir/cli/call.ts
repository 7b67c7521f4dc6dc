import { Cache } from "../cache/cache.ts"
import { Deadline } from "../db/deadline.ts"
import type { Database } from "../db/driver.ts"
import { Stopwatch } from "../lib/stopwatch.ts"
import type { Call } from "../operations/call.ts"
import type { Viewer } from "../resource/viewer.ts"

/** The viewer of a command: an admin without an account. */
export const operator: Viewer = { kind: "admin", id: 0 }

/** The call of a command: as the operator, without a cache and without a time limit. */
export function commandCall(database: Database): Call {
  const client = database.connect()
  return {
    viewer: operator,
    recalled: undefined,
    rejected: undefined,
    caller: { address: undefined, gone: false, count: () => undefined },
    client: () => client,
    cache: new Cache(undefined, { ttl: 0, stale: 0, waitUntil: () => {} }),
    deadline: new Deadline(),
    limits: { bytes: 16_777_216, rows: { anonymous: 0, user: 0, admin: 1000 } },
    timings: { started: performance.now(), auth: 0, cache: 0, db: new Stopwatch(), shownTo: "off" },
    bypass: undefined,
    records: false,
  }
}
