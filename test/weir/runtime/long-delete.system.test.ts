import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, test } from "vitest"
import { authSecret, eventually, httpCaller } from "../support/http.ts"
import { startNode, tempFolder } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"
import { workersOf } from "../support/workers.ts"

const rows = 50_000

/** A file with an account that has many items; another connection to it, and whether somebody else writes there. */
function filled(folder: string) {
  const file = new DatabaseSync(join(folder, "weir.db"), { timeout: 0 })
  const fill = () =>
    file.exec(
      `insert into items (title, price, owner_id)
       with recursive k(i) as (select 1 union all select i + 1 from k where i < ${rows})
       select 'item ' || i, 1, (select max(id) from users) from k`,
    )
  const isLocked = (): boolean => {
    try {
      file.exec("begin immediate")
    } catch {
      return true
    }
    file.exec("rollback")
    return false
  }
  const count = (table: string) => Number(file.prepare(`select count(*) as n from ${table}`).get()?.n)
  return { fill, isLocked, count, close: () => file.close() }
}

/** The process that carries out a long write of a server. */
const writerOf = (server: number): number =>
  Number.parseInt(
    execFileSync("ps", ["-o", "pid=,args=", "--ppid", `${server}`], { encoding: "utf8" })
      .split("\n")
      .find((row) => row.includes("libsql-writer")) ?? "",
    10,
  )

test("while an account goes with 50,000 items, all others are answered", async () => {
  const folder = tempFolder()
  const server = await startNode({ AUTH_SECRET: authSecret, LOG_LEVEL: "warn" }, folder)
  const token = await addPerson(folder)
  const file = filled(folder)
  file.fill()
  const call = httpCaller(server.url)
  expect((await call("GET", "/items/1")).status).toBe(200)

  let isAnswered = false
  const removal = call("DELETE", "/users/me", { token }).finally(() => {
    isAnswered = true
  })
  await eventually(() => expect(file.isLocked()).toBe(true))
  const writer = writerOf(server.pid)
  process.kill(writer, "SIGSTOP")
  const [health, item, list] = await Promise.all([
    call("GET", "/health"),
    call("GET", "/items/1"),
    call("GET", "/items?limit=3", { headers: { "cache-control": "no-cache" } }),
  ])
  // The delete is under way still: what was read is as it was before.
  expect(file.isLocked()).toBe(true)
  expect(isAnswered).toBe(false)
  expect([health.status, item.status, list.status]).toEqual([200, 200, 200])
  expect(list.body).toHaveLength(3)
  process.kill(writer, "SIGCONT")

  expect((await removal).status).toBe(204)
  expect((await call("GET", "/items/1")).status).toBe(404)
  expect((await call("GET", "/items")).body).toEqual([])
  expect([file.count("users"), file.count("items")]).toEqual([0, 0])
  file.close()
  expect(await server.stop()).toBe(0)
})

test("two workers over one file: writes of both wait for such a delete, and all are done", async () => {
  const folder = tempFolder()
  const server = await startNode({ AUTH_SECRET: authSecret, LOG_LEVEL: "warn", WORKERS: 2 }, folder)
  await eventually(() => expect(workersOf(server)).toHaveLength(2))
  const token = await addPerson(folder)
  const file = filled(folder)
  file.fill()
  const other = await addPerson(folder, "bob")
  const call = httpCaller(server.url)
  const removal = call("DELETE", "/users/me", { token })
  await eventually(() => expect(file.isLocked()).toBe(true))
  const creates = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      call("POST", "/items", {
        token: other,
        json: { title: `${n}`, price: n },
        headers: { connection: "close" },
      }),
    ),
  )
  expect(creates.map(({ status }) => status)).toEqual(creates.map(() => 201))
  expect((await removal).status).toBe(204)
  expect([file.count("users"), file.count("items")]).toEqual([1, 20])
  file.close()
  expect(await server.stop()).toBe(0)
})
