import { setTimeout as sleep } from "node:timers/promises"
import { expect, test } from "vitest"
import { ask, number } from "../support/ask.ts"
import { migratedPostgres } from "../support/databases.ts"
import { authSecret, eventually, httpCaller } from "../support/http.ts"
import { isAlive, startNode, tempFolder } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"
import { freePort } from "../support/ports.ts"
import { expectOnce, writtenThrough } from "../support/retrying.ts"
import { workersOf } from "../support/workers.ts"

const count = 1_000

test.each([
  { kind: "a libSQL file", workers: 1 },
  { kind: "a libSQL file", workers: 2 },
  { kind: "Postgres", workers: 1 },
  { kind: "Postgres", workers: 2 },
])(
  "kill -9 under 1,000 keyed creates that are retried: each is done once, on $kind, WORKERS=$workers",
  async ({ kind, workers }) => {
    const folder = tempFolder()
    const isFile = kind !== "Postgres"
    const url = isFile ? `file:${folder}/weir.db` : await migratedPostgres()
    const env = {
      AUTH_SECRET: authSecret,
      LOG_LEVEL: "warn",
      WORKERS: workers,
      DATABASE_URL: url,
      PORT: await freePort(),
    }
    let server = await startNode(env, folder)
    const call = httpCaller(server.url)
    const site = { call, token: await addPerson(isFile ? folder : url) }

    /** The processes that serve. */
    const serving = async (): Promise<number[]> => {
      if (workers > 1) await eventually(() => expect(workersOf(server)).toHaveLength(workers), 60_000)
      return workers > 1 ? workersOf(server) : []
    }
    const killAll = async () => {
      const others = await serving()
      await server.stop("SIGKILL")
      while (others.some(isAlive)) await sleep(5)
      server = await startNode(env, folder)
    }
    const killOne = async () => {
      const [worker] = await serving()
      if (worker === undefined) return killAll()
      process.kill(worker, "SIGKILL")
      while (isAlive(worker)) await sleep(5)
    }
    const written = await writtenThrough(site, count, [killAll, killOne, killAll, killOne])
    const writes = written.length
    await expectOnce(site, count, written)
    expect(await number(url, "select count(distinct record) from weir_write_records")).toBe(writes)
    expect(await server.stop()).toBe(0)
    if (isFile) expect(await ask(url, "pragma integrity_check")).toEqual([["ok"]])
  },
)
