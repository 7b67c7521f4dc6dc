import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { Deadline } from "../../../src/weir/db/deadline.ts"
import { classify } from "../../../src/weir/db/dialect/sqlite/errors.ts"
import { ForeignWrites } from "../../../src/weir/db/drivers/foreign-writes.ts"
import { FileConnection } from "../../../src/weir/db/drivers/libsql-connection.ts"
import { isBusy } from "../../../src/weir/db/drivers/libsql-open.ts"
import { WriterProcess } from "../../../src/weir/db/drivers/libsql-writer-process.ts"

vi.setConfig({ testTimeout: 60_000 })

/** What becomes of a write whose process is killed while it commits. */
let folder: string
let connection: FileConnection
let counter: ForeignWrites
let writer: WriterProcess
/** What happens right before the process is told to commit. */
let beforeCommit: () => void
/** And when it has told of its commit. */
let afterCommit: () => void
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "weir-commit-"))
  const path = join(folder, "weir.db")
  connection = new FileConnection(path)
  connection.db.exec("create table t (n integer primary key)")
  counter = new ForeignWrites(path, () =>
    Number(connection.run({ text: "pragma data_version", params: [] })[0]?.[0]),
  )
  beforeCommit = () => {}
  afterCommit = () => {}
  writer = new WriterProcess(path, {
    commits: () => {
      beforeCommit()
      counter.version()
      return counter.commits()
    },
    committed: (counted) => {
      afterCommit()
      counter.takeOver(counted)
    },
    settled: async () => {
      await connection.begin()
      const count = counter.commits()
      connection.db.exec("rollback")
      return count
    },
  })
})
afterEach(async () => {
  await writer.close()
  connection.db.close()
  counter.close()
  rmSync(folder, { recursive: true })
})

const insert = (n: number) => [{ text: "insert into t (n) values (?) returning n", params: [n] }]
const rows = () => connection.run({ text: "select n from t order by n", params: [] }).map(([n]) => n)
const kill = (signal: NodeJS.Signals) => process.kill(writer.pid as number, signal)

test("the WAL's index counts each commit of any connection once, and no write that is undone", async () => {
  const before = counter.commits() as number
  await writer.run(insert(1), undefined, false)
  expect(counter.commits()).toBe(before + 1)
  await writer.run(insert(2), undefined, true)
  connection.db.exec("begin immediate; insert into t values (3); rollback")
  expect(counter.commits()).toBe(before + 1)
  connection.db.exec("insert into t values (3)")
  expect(counter.commits()).toBe(before + 2)
  connection.db.exec("pragma wal_checkpoint(passive)")
  await writer.run(insert(4), undefined, false)
  expect(counter.commits()).toBe(before + 3)
})

test("killed with the commit on its way: it was not done, and is done once", async () => {
  let kills = 0
  beforeCommit = () => {
    if (kills > 0) return
    kills += 1
    // It never reads that it may commit.
    kill("SIGSTOP")
    setImmediate(() => kill("SIGKILL"))
  }
  expect(await writer.run(insert(1), undefined, false)).toEqual([[[1]]])
  expect(kills).toBe(1)
  expect(rows()).toEqual([1])
})

test("killed between its commit and its answer: the error says that nobody knows", async () => {
  const unknown: unknown[] = []
  let n = 0
  // Where the answer was quicker than the signal, the write is answered: then another is tried.
  while (unknown.length === 0 && n < 200) {
    n += 1
    beforeCommit = () => {
      const before = counter.commits()
      setImmediate(() => {
        while (counter.commits() === before);
        kill("SIGKILL")
      })
    }
    const error = await writer.run(insert(n), undefined, false).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (error) unknown.push(error)
  }
  expect(unknown).toHaveLength(1)
  expect(classify(unknown[0])).toEqual({ kind: "unknown" })
  // None was written twice or lost.
  expect(rows()).toEqual(Array.from({ length: n }, (_, i) => i + 1))
})

test("another's write after such an end leaves it unknown, although nothing was done", async () => {
  beforeCommit = () => {
    kill("SIGSTOP")
    setImmediate(() => {
      kill("SIGKILL")
      // Before the end of the process is noticed.
      for (;;)
        try {
          connection.db.exec("begin immediate")
          break
        } catch (error) {
          if (!isBusy(error)) throw error
        }
      connection.db.exec("insert into t values (50); commit")
    })
  }
  const error = await writer.run(insert(1), undefined, false).catch((reason: unknown) => reason)
  expect(classify(error)).toEqual({ kind: "unknown" })
  expect(rows()).toEqual([50])
})

test("a deadline that expires once the commit was sent ends nothing, and the commit is known to be on its way", async () => {
  const deadline = new Deadline()
  const seen: number[] = []
  beforeCommit = () =>
    setImmediate(() => {
      seen.push(deadline.commits)
      deadline.expire()
    })
  expect(await writer.run(insert(1), deadline, false)).toEqual([[[1]]])
  expect(seen).toEqual([1])
  expect(deadline.commits).toBe(0)
  expect(rows()).toEqual([1])
})

test("a commit of the writer is one of its own process, and not of another: answers in the cache stay", async () => {
  const first = counter.version()
  for (let n = 1; n <= 5; n++) {
    await writer.run(insert(n), undefined, false)
    connection.db.exec(`insert into t values (${100 + n})`)
    counter.note()
    expect(counter.version()).toBe(first)
  }
  // So it is after what it undoes, and fails.
  await writer.run(insert(20), undefined, true)
  await expect(writer.run(insert(1), undefined, false)).rejects.toThrow()
  expect(counter.version()).toBe(first)
})

test("a commit of another process shows, whenever it comes", async () => {
  const other = new FileConnection(join(folder, "weir.db"))
  let n = 0
  let last = counter.version()
  const write = () => other.db.exec(`insert into t values (${1000 + n})`)
  const moves = async (work: () => unknown) => {
    n += 1
    await work()
    expect(counter.version()).not.toBe(last)
    last = counter.version()
    expect(counter.version()).toBe(last)
  }
  const run = () => writer.run(insert(n), undefined, false)
  await moves(write)
  // Before the writer's own, unseen and seen, and after it.
  await moves(async () => {
    write()
    await run()
  })
  await moves(async () => {
    await run()
    write()
  })
  // Right between its commit and the news of it.
  afterCommit = () => {
    afterCommit = () => {}
    write()
  }
  await moves(run)
  await run().catch(() => {})
  expect(counter.version()).toBe(last)
  other.db.close()
})
