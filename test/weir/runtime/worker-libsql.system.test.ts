import { createServer } from "node:http"
import { createClient as packageClient } from "@libsql/client/http"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { createClient as workerClient } from "../../../scripts/worker-libsql.ts"
import { freePort } from "../support/ports.ts"
import { startSqld } from "../support/sqld-server.ts"

/** The Worker's client of libSQL does what the package's does. */
let sqld: Awaited<ReturnType<typeof startSqld>>
beforeAll(async () => {
  sqld = await startSqld(await freePort())
})
afterAll(() => sqld.stop())

type Client = ReturnType<typeof workerClient>
const clients: [string, (url: string, authToken?: string) => Client][] = [
  [
    "package",
    (url, token) =>
      packageClient({ url, intMode: "number", ...(token ? { authToken: token } : {}) }) as never,
  ],
  [
    "worker",
    (url, token) => workerClient({ url, intMode: "number", ...(token ? { authToken: token } : {}) }),
  ],
]
const plain = ({ columns, rows }: { columns: string[]; rows: ArrayLike<unknown>[] }) => ({
  columns,
  rows: rows.map((row) => Array.from(row)),
})
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    ({ message, code, statementIndex }: Error & { code?: unknown; statementIndex?: unknown }) => ({
      // The package says the code twice where a statement of a batch failed.
      message: message.replace(/^(\w+: )\1/, "$1"),
      code,
      statementIndex,
    }),
  )

let made: Client
beforeEach(async () => {
  made = workerClient({ url: sqld.url, intMode: "number" })
  await made.batch(
    ["drop table if exists things", "create table things (id integer primary key, name text unique)"],
    "write",
  )
})
const count = async () => (await made.execute("select count(*) from things")).rows[0]?.[0]
const insert = (id: number, name: string) => ({ sql: "insert into things values (?, ?)", args: [id, name] })

test("values of all kinds come back as they do from the package's", async () => {
  const bytes = new Uint8Array([0, 1, 254, 255, 7])
  const args = [
    "ä\u0000😀",
    1,
    -1.5,
    2 ** 53 - 1,
    9007199254740991n,
    true,
    null,
    bytes,
    bytes.subarray(1, 3),
    bytes.buffer,
  ]
  const sql = `select ${args.map((_, i) => `? as c${i}, typeof(?${i + 1}) as t${i}`).join(", ")}, 7 as seven, '' as none`
  const [expected, answer] = await Promise.all(
    clients.map(async ([, open]) => plain(await open(sqld.url).execute({ sql, args }))),
  )
  expect(expected?.rows[0]).toHaveLength(22)
  expect(answer).toEqual(expected)
})

test("integers that a number cannot hold are refused, and so are numbers that are none", async () => {
  for (const [, open] of clients) {
    await expect(open(sqld.url).execute("select 9007199254740993")).rejects.toThrow(RangeError)
    for (const value of [Number.NaN, 2n ** 63n])
      await expect(open(sqld.url).execute({ sql: "select ?", args: [value] })).rejects.toThrow(RangeError)
  }
})

test.each(clients)("%s: a batch is all or nothing, and says which statement failed", async (_, open) => {
  const client = open(sqld.url)
  const done = await client.batch([insert(1, "a"), { sql: "select name from things", args: [] }], "write")
  expect(done.map(plain)).toEqual([
    { columns: [], rows: [] },
    { columns: ["name"], rows: [["a"]] },
  ])
  const failed = await refusal(client.batch([insert(2, "b"), insert(3, "a"), insert(4, "d")], "write"))
  expect(failed).toEqual({
    message: "SQLITE_CONSTRAINT: SQLite error: UNIQUE constraint failed: things.name",
    code: "SQLITE_CONSTRAINT",
    statementIndex: 1,
  })
  expect(await count()).toBe(1)
})

test("what fails, fails with the same words", async () => {
  const works: ((client: Client) => Promise<unknown>)[] = [
    (client) => client.execute("select * from nowhere"),
    (client) => client.execute({ sql: "insert into things values (1, 'a'), (1, 'b')", args: [] }),
    (client) => client.batch(["select 1", "select 1 from"], "write"),
    (client) => client.migrate(["create table things (id)"]),
  ]
  for (const work of works) {
    const [expected, answer] = await Promise.all(clients.map(([, open]) => refusal(work(open(sqld.url)))))
    expect(expected?.message).toMatch(/^SQL/)
    expect(answer).toEqual(expected)
  }
})

test.each(clients)("%s: a transaction that is rolled back leaves nothing", async (_, open) => {
  const transaction = await open(sqld.url).transaction("write")
  const results = await transaction.batch([insert(1, "a"), { sql: "select count(*) from things", args: [] }])
  expect(plain(results[1] as never).rows).toEqual([[1]])
  await transaction.rollback()
  expect(await count()).toBe(0)
  const failing = await open(sqld.url).transaction("write")
  expect(await refusal(failing.batch([insert(1, "a"), insert(1, "a")]))).toMatchObject({ statementIndex: 1 })
  await failing.rollback()
  expect(await count()).toBe(0)
  // Nothing holds the lock.
  await made.batch([insert(9, "z")], "write")
})

test.each(clients)("%s: migrate does without foreign keys, and sets them again", async (_, open) => {
  await open(sqld.url).migrate(["create table if not exists a (id references nowhere)", "drop table a"])
  expect(await count()).toBe(0)
})

test("tokens, addresses and what is no answer of libSQL", async () => {
  const asked: unknown[] = []
  const answers: [number, string, string][] = [
    [401, "application/json", '{"error":"no"}'],
    [401, "application/json", '{"message":"denied","code":"AUTH_JWT_INVALID"}'],
    [503, "text/plain", "later"],
    [502, "text/html", "<p>bad gateway"],
  ]
  let answer = answers[0] as (typeof answers)[number]
  const server = createServer((request, response) => {
    asked.push([request.method, request.url, request.headers.authorization])
    response.writeHead(answer[0], { "content-type": answer[1] }).end(answer[2])
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
  try {
    for (answer of answers) {
      const urls = [`http://127.0.0.1:${port}/base/`, `libsql://127.0.0.1:${port}?tls=0&authToken=of-url`]
      for (const url of urls) {
        const [expected, own] = await Promise.all(
          clients.map(([, open]) => refusal(open(url, "secret").execute("select 1"))),
        )
        expect(expected?.code, answer[2]).toBeDefined()
        expect(own).toEqual(expected)
      }
    }
  } finally {
    server.close()
  }
  const pairs = asked.filter((_, i) => i % 2 === 0)
  expect(asked.filter((_, i) => i % 2 === 1)).toEqual(pairs)
  expect(pairs.slice(0, 2)).toEqual([
    ["POST", "/base/v2/pipeline", "Bearer secret"],
    ["POST", "/v2/pipeline", "Bearer of-url"],
  ])
})
