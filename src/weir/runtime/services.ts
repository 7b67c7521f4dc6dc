import { ensureFirstAdmin } from "../auth/first-admin.ts"
import type { Database } from "../db/driver.ts"
import { handleOf } from "../db/handle.ts"
import type { Log } from "../http/request.ts"
import type { Settings } from "./settings.ts"

const levels = { info: 0, warn: 1, error: 2, silent: 3 }

/** A log that keeps to the level of the setting. */
export function leveled(log: Log, level: Settings["LOG_LEVEL"]): Log {
  return (record) => {
    if (levels[record.level] >= levels[level]) log(record)
  }
}

/** Makes the first admin where the settings name one: once it has worked, never again. */
export function firstAdmin(settings: Settings, database: Database): () => Promise<void> {
  const { FIRST_ADMIN_EMAIL: email, FIRST_ADMIN_PASSWORD: password } = settings
  let done = !email || !password
  // Not one shared promise: on Workers, one request must not wait for what another has begun.
  return async () => {
    if (done || !email || !password) return
    const client = database.connect()
    try {
      await ensureFirstAdmin(
        handleOf(() => client),
        { email, password },
      )
      done = true
    } finally {
      await client.close?.()
    }
  }
}
