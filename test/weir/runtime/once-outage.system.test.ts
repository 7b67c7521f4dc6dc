import { expect, test } from "vitest"
import { number } from "../support/ask.ts"
import { migratedPostgres } from "../support/databases.ts"
import { authSecret, httpCaller, signUp } from "../support/http.ts"
import { startNode } from "../support/node-server.ts"
import { freePort } from "../support/ports.ts"
import { startPostgres } from "../support/postgres-server.ts"
import { expectOnce, writtenThrough } from "../support/retrying.ts"
import { migratedSqld, sqldOn } from "../support/sqld.ts"

const count = 400

/** A database server that is killed and starts again with what it had. */
interface Killable {
  url: string
  restart(): Promise<void>
  end(): Promise<void>
}

const servers = {
  async Postgres(): Promise<Killable> {
    const port = await freePort()
    let postgres = await startPostgres(port)
    const restart = async () => {
      await postgres.kill()
      postgres = await startPostgres(port, postgres.folder)
    }
    return { url: await migratedPostgres(postgres.url), restart, end: () => postgres.stop() }
  },
  async "libSQL over HTTP"(): Promise<Killable> {
    const port = await freePort()
    let sqld = await sqldOn(port)
    await migratedSqld(sqld.url)
    const restart = async () => {
      await sqld.kill()
      sqld = await sqldOn(port, sqld.folder)
    }
    return { url: sqld.url, restart, end: () => sqld.kill() }
  },
}

test.each(["Postgres", "libSQL over HTTP"] as const)(
  "%s is killed and comes back under keyed writes that are retried: each is done once",
  async (name) => {
    const { url, restart, end } = await servers[name]()
    try {
      const server = await startNode({ AUTH_SECRET: authSecret, LOG_LEVEL: "error", DATABASE_URL: url })
      const call = httpCaller(server.url)
      const site = { call, token: await signUp(call) }
      const written = await writtenThrough(site, count, [restart, restart, restart])
      const writes = written.length
      await expectOnce(site, count, written)
      expect(await number(url, "select count(distinct record) from weir_write_records")).toBe(writes)
      expect(await server.stop()).toBe(0)
    } finally {
      await end()
    }
  },
)
