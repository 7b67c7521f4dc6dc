// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import type { Database, Statement } from "../../../src/weir/db/driver.ts"
import { anyone, defineApi, nobody, resourcesOf } from "../../../src/weir/index.ts"
import { id, itself, references, table, text, writeRecords } from "../../../src/weir/schema.ts"
import { users } from "../fixture/src/schema/users.ts"
import { type Call, caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { appOver, fixture } from "../support/fresh.ts"
import { type World, world } from "../support/world.ts"

// What goes with a row: on a file, deletes of many rows run in a process of their own.
const name = () => text({ max: 40 }).notNull()
const shelves = table("h_shelves", { id: id(), name: name() })
const books = table("h_books", {
  id: id(),
  name: name(),
  shelf_id: references(() => shelves.id, { onDelete: "cascade" }).notNull(),
})
const pages = table("h_pages", {
  id: id(),
  name: name(),
  book_id: references(() => books.id, { onDelete: "cascade" }).notNull(),
})
const labels = table("h_labels", {
  id: id(),
  name: name(),
  shelf_id: references(() => shelves.id, { onDelete: "set null" }),
})
const parts = table("h_parts", {
  id: id(),
  name: name(),
  whole_id: references(itself, { onDelete: "cascade" }),
})
const schema = { users, shelves, books, pages, labels, parts, writeRecords }
const own = { shelves, books, pages, labels, parts }
const open = { read: anyone, create: anyone, update: anyone, delete: anyone, bulk: true }
const api = defineApi({
  title: "Weir",
  version: "1",
  accounts: { table: users, login: ["email"], password: "hashed_password", role: "role" },
  schema,
  records: writeRecords,
  resources: resourcesOf(schema, {
    users: { read: anyone, fields: { hashed_password: { read: nobody } } },
    // The pages are no resource: they go all the same.
    shelves: open,
    books: open,
    labels: open,
    parts: open,
  }),
})

let w: World
let call: Call
/** The writes that were sent: what each deletes from, and whether it was taken for long. */
let deletes: { text: string; long: boolean }[]
/** The looks before them. */
let looks: Statement[]
const isFile = process.env.WEIR_TEST_DRIVER === "libsql-file"

function watched(database: Database): Database {
  return {
    ...database,
    connect: (...request) => {
      const client = database.connect(...request)
      return {
        ...client,
        query: (statement) => {
          if (statement.text.includes('"@root"')) looks.push(statement)
          return client.query(statement)
        },
        batch: (statements) => {
          for (const { text: of, long = false } of statements)
            if (/\bdelete from "h_/.test(of)) deletes.push({ text: of, long })
          return client.batch(statements)
        },
      }
    },
  }
}
const run = async (...statements: string[]) => {
  const client = w.database.connect()
  const results = await client.batch(statements.map((of) => ({ text: of, params: [] })))
  await client.close?.()
  return results.map((rows) => Number(rows[0]?.[0]))
}
/** Inserts so many rows, of these columns beside the name. */
const rows = (of: string, count: number, columns: string, values: string) =>
  w.driver === "postgres"
    ? `insert into ${of} (name, ${columns}) select 'x', ${values} from generate_series(1, ${count}) as k(i)`
    : `insert into ${of} (name, ${columns}) with recursive k(i) as (select 1 union all select i + 1 from k where i < ${count}) select 'x', ${values} from k`

beforeAll(async () => {
  w = await world()
  await createTables(w.database, own, { foreignKeys: true })
  const client = w.database.connect()
  call = caller(appOver(watched(w.database), { subject: { ...fixture, api }, cache: w.cache }).app)
  await client.close?.()
})
afterAll(async () => {
  await run(...["parts", "labels", "pages", "books", "shelves"].map((of) => `drop table h_${of}`))
  await w.close()
})
beforeEach(async () => {
  await run(...["parts", "labels", "pages", "books", "shelves"].map((of) => `delete from h_${of}`))
  await run(
    "insert into h_shelves (id, name) values (1001, 'a'), (1002, 'b'), (1003, 'c'), (1004, 'd')",
    rows("h_books", 300, "shelf_id", "1001"),
    "insert into h_books (id, name, shelf_id) values (2001, 'x', 1002), (2002, 'x', 1003)",
    rows("h_pages", 300, "book_id", "2001"),
    rows("h_labels", 300, "shelf_id", "1003"),
  )
  deletes = []
  looks = []
})
const remove = async (path: string) => {
  const answer = await call("DELETE", path)
  expect(answer.status, answer.text).toBeLessThan(300)
  return answer
}
const longOnes = () => deletes.map(({ long }) => long)

test("a row with many goes long, whether these refer to it or to what goes with it, or are set null", async () => {
  for (const id of [1001, 1002, 1003]) await remove(`/shelves/${id}`)
  expect(longOnes()).toEqual([isFile, isFile, isFile])
  await remove("/shelves/1004")
  expect(longOnes().at(-1)).toBe(false)
  expect(await run(...Object.keys(own).map((of) => `select count(*) from h_${of}`))).toEqual([
    0, 0, 0, 300, 0,
  ])
  expect(await run("select count(*) from h_labels where shelf_id is null")).toEqual([300])
})

test("what is looked at is found by indexes, and a table that nobody refers to is not looked at", async () => {
  await remove("/shelves/1004")
  expect(looks.map(({ bounded }) => bounded)).toEqual(isFile ? [true] : [])
  const [{ id } = { id: 0 }] = (await call("GET", "/labels?limit=1")).body as { id: number }[]
  await remove(`/labels/${id}`)
  expect(looks).toHaveLength(isFile ? 1 : 0)
  expect(longOnes()).toEqual([false, false])
})

test("deletes by filters, and those of a batch, are looked at as well", async () => {
  await remove("/books?id[gte]=2001")
  expect(longOnes()).toEqual([isFile])
  await run(rows("h_labels", 30, "shelf_id", "1004"))
  deletes = []
  const operations = [1002, 1004].map((id) => ({ method: "DELETE", path: `/shelves/${id}` }))
  const answer = await call("POST", "/batch", { json: { operations } })
  expect(answer.status, answer.text).toBe(200)
  // Many deletes of a batch have few rows each.
  const own = deletes.filter(({ text: of }) => of.includes("h_shelves"))
  expect(own.map(({ long }) => long)).toEqual([false, isFile])
})

test("rows that refer to their own table: a deep chain is as good as many rows", async () => {
  const chain = (from: number, length: number) =>
    Array.from(
      { length },
      (_, i) =>
        `insert into h_parts (id, name, whole_id) values (${from + i}, 'x', ${i === 0 ? "null" : from + i - 1})`,
    )
  await run(...chain(100, 3), ...chain(200, 8))
  await remove("/parts/100")
  await remove("/parts/200")
  expect(longOnes()).toEqual([false, isFile])
  expect(await run("select count(*) from h_parts")).toEqual([0])
})

test("what cannot be deleted is refused as ever", async () => {
  expect((await call("DELETE", "/shelves/9")).status).toBe(404)
  const rehearsed = await call("DELETE", "/shelves/1001", { headers: { prefer: "tx=rollback" } })
  expect(rehearsed.status, rehearsed.text).toBe(204)
  expect(await run("select count(*) from h_books where shelf_id = 1001")).toEqual([300])
})
