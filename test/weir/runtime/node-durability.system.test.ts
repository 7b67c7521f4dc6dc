import { copyFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, test } from "vitest"
import { allTitles, authSecret, httpCaller } from "../support/http.ts"
import { startNode, tempFolder } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"

const env = { AUTH_SECRET: authSecret, LOG_LEVEL: "error" }
const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** Asked of SQLite itself, not of the engine that wrote the file. */
function integrity(folder: string): unknown {
  const file = new DatabaseSync(join(folder, "weir.db"))
  try {
    return [file.prepare("pragma integrity_check").get(), file.prepare("pragma foreign_key_check").all()]
  } finally {
    file.close()
  }
}
const whole = [{ integrity_check: "ok" }, []]

test.concurrent("kill -9 amid 200 parallel creators loses no row that was acknowledged", async () => {
  const folder = tempFolder()
  const server = await startNode(env, folder)
  const call = httpCaller(server.url)
  const token = await addPerson(folder)
  const acknowledged: string[] = []
  let failed = 0
  const creator = async (who: number) => {
    for (let n = 0; ; n++) {
      const title = `${who}-${n}`
      const answer = await call("POST", "/items", { token, json: { title, price: n } })
      expect(answer.status, answer.text).toBe(201)
      acknowledged.push(title)
      if (acknowledged.length === 500) process.kill(server.pid, "SIGKILL")
    }
  }
  // Each ends when its connection breaks; a wrong status is no broken connection.
  const ends = await Promise.allSettled(numbers(200).map(creator))
  for (const end of ends) if (end.status === "rejected" && end.reason instanceof TypeError) failed++
  expect(failed).toBe(200)
  expect((await server.ended).code).toBeNull()

  const next = await startNode(env, folder)
  const stored = new Set(await allTitles(httpCaller(next.url)))
  expect(acknowledged.filter((title) => !stored.has(title))).toEqual([])
  const more = await httpCaller(next.url)("POST", "/items", { token, json: { title: "after", price: 1 } })
  expect(more.status).toBe(201)
  expect(await next.stop()).toBe(0)
  expect(integrity(folder)).toEqual(whole)
})

test.concurrent("two processes over one file: 100 parallel creates on each are 200 rows", async () => {
  const folder = tempFolder()
  const servers = await Promise.all([startNode(env, folder), startNode(env, folder)])
  const calls = servers.map(({ url }) => httpCaller(url))
  const token = await addPerson(folder)
  const answers = await Promise.all(
    calls.flatMap((call, process) =>
      numbers(100).map((n) =>
        call("POST", "/items", { token, json: { title: `${process}-${n}`, price: n } }),
      ),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual(numbers(200).map(() => 201))
  for (const call of calls) expect(new Set(await allTitles(call)).size).toBe(200)
  for (const server of servers) expect(await server.stop()).toBe(0)
  expect(integrity(folder)).toEqual(whole)
})

test.concurrent("200 parallel creates on one process are 200 rows, each with an id of its own", async () => {
  const folder = tempFolder()
  const server = await startNode(env, folder)
  const call = httpCaller(server.url)
  const token = await addPerson(folder)
  const answers = await Promise.all(
    numbers(200).map((n) => call("POST", "/items", { token, json: { title: `${n}`, price: n } })),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
  expect(new Set(answers.map(({ headers }) => headers.get("location"))).size).toBe(200)
  for (const [n, { body }] of answers.entries()) expect(body).toMatchObject({ title: `${n}`, price: n })
  expect(await allTitles(call)).toHaveLength(200)
  expect(await server.stop()).toBe(0)
  expect(integrity(folder)).toEqual(whole)
})

test.concurrent("a server that was stopped well leaves one file with everything in it", async () => {
  const folder = tempFolder()
  const server = await startNode(env, folder)
  const token = await addPerson(folder)
  const created = await httpCaller(server.url)("POST", "/items", { token, json: { title: "x", price: 1 } })
  expect(created.status).toBe(201)
  expect(await server.stop()).toBe(0)
  // As a backup would take it: the file alone, without the write-ahead log.
  const copy = tempFolder()
  copyFileSync(join(folder, "weir.db"), join(copy, "weir.db"))
  const file = new DatabaseSync(join(copy, "weir.db"))
  expect(file.prepare("select title from items").all()).toEqual([{ title: "x" }])
  file.close()
})
