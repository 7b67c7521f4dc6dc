import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, test } from "vitest"
import { allTitles, authSecret, eventually, httpCaller } from "../support/http.ts"
import { isAlive, startNode, tempFolder } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"
import { workersOf } from "../support/workers.ts"

const env = { AUTH_SECRET: authSecret, LOG_LEVEL: "warn", WORKERS: 2 }
const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** Calls on a connection of their own, so that the workers take turns. */
const fresh = { connection: "close" }

test("two workers serve one port and one file; each sees at once what the other wrote", async () => {
  const folder = tempFolder()
  const server = await startNode({ ...env, METRICS: "all" }, folder)
  await eventually(() => expect(workersOf(server)).toHaveLength(2))
  const token = await addPerson(folder)
  const call = httpCaller(server.url)
  for (const n of numbers(20)) {
    const made = await call("POST", "/items", { token, json: { title: `${n}`, price: n }, headers: fresh })
    expect(made.status, made.text).toBe(201)
    for (const _ of numbers(3)) {
      const list = await call("GET", "/items?limit=1000&fields=title", { headers: fresh })
      expect(list.body).toHaveLength(n + 1)
    }
  }
  // The metrics are those of both, whichever is asked.
  for (const _ of numbers(4)) {
    const { text } = await call("GET", "/metrics", { headers: fresh })
    expect(text).toMatch(/weir_http_requests_total\{route="\/items",method="GET",status="200"\} 60\n/)
  }
  expect(await server.stop()).toBe(0)
})

test("a worker that is killed amid creates is replaced; nothing acknowledged is lost or doubled", async () => {
  const folder = tempFolder()
  const server = await startNode(env, folder)
  const token = await addPerson(folder)
  const call = httpCaller(server.url)
  const acknowledged: string[] = []
  let stop = false
  const creator = async (who: number) => {
    for (let n = 0; !stop; n++) {
      const title = `${who}-${n}`
      try {
        const answer = await call("POST", "/items", { token, json: { title, price: n } })
        expect(answer.status, answer.text).toBe(201)
        acknowledged.push(title)
      } catch (error) {
        // The connection of a worker that was killed.
        if (!(error instanceof TypeError)) throw error
      }
    }
  }
  const creators = numbers(16).map(creator)
  for (const round of numbers(3)) {
    await eventually(() => expect(workersOf(server)).toHaveLength(2), 60_000)
    const before = acknowledged.length
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(before + 50), 60_000)
    const [one, other] = workersOf(server) as [number, number]
    const victim = round % 2 ? one : other
    process.kill(victim, "SIGKILL")
    await eventually(() => expect(isAlive(victim)).toBe(false))
  }
  stop = true
  await Promise.all(creators)
  const stored = await allTitles(call)
  expect(new Set(stored).size).toBe(stored.length)
  expect(acknowledged.filter((title) => !new Set(stored).has(title))).toEqual([])
  expect(server.logs().filter(({ msg }) => String(msg).includes("A worker ended"))).toHaveLength(3)
  expect(await server.stop()).toBe(0)
  const file = new DatabaseSync(join(folder, "weir.db"))
  expect(file.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" })
  file.close()
})

test("workers end with the process that started them, however it ends", async () => {
  const server = await startNode(env)
  await eventually(() => expect(workersOf(server)).toHaveLength(2))
  const workers = workersOf(server)
  await server.stop("SIGKILL")
  await eventually(() => expect(workers.filter(isAlive)).toEqual([]))
})

test("a server whose first worker cannot start says why once, and exits with 1", async () => {
  const server = startNode({ ...env, DATABASE_URL: "file:/nowhere/at/all.db" })
  await expect(server).rejects.toThrow(/DATABASE_URL: cannot open/)
})
