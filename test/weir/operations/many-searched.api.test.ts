// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, expect, test } from "vitest"
import { searchSql } from "../../../src/weir/db/dialect/search.ts"
import { anyone, defineApi, nobody, resourcesOf } from "../../../src/weir/index.ts"
import { id, integer, rowHistory, table, text, writeRecords } from "../../../src/weir/schema.ts"
import { users } from "../fixture/src/schema/users.ts"
import { type Call, caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { appOver, fixture } from "../support/fresh.ts"
import { outcomeOf, replayed } from "../support/keyed.ts"
import { type World, world } from "../support/world.ts"

// The index of a table that is searched is written with its rows: what keeps account of these must not count that.
const texts = table("m_texts", {
  id: id(),
  name: text({ max: 40 }).notNull(),
  size: integer().notNull().default(1),
})
const schema = { users, texts, writeRecords, rowHistory }
const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
/** With versions, or without: where a keyed array has them, its rows are written one by one. */
const apiOf = (history: boolean) =>
  defineApi({
    title: "Weir",
    version: "1",
    accounts: { table: users, login: ["email"], password: "hashed_password", role: "role" },
    records: writeRecords,
    history: rowHistory,
    schema,
    resources: resourcesOf(schema, {
      users: { read: anyone, fields: { hashed_password: { read: nobody } } },
      texts: { ...open, search: ["name"], bulk: true, ...(history ? { history: true } : {}) },
    }),
  })

let w: World
let plain: Call
let versioned: Call
const apis = [apiOf(false), apiOf(true)] as const
const index = apis[0].resources.flatMap(({ search }) => (search ? [search.index] : []))
const run = async (...statements: string[]) => {
  const client = w.database.connect()
  await client.batch(statements.map((text) => ({ text, params: [] })))
  await client.close?.()
}
beforeAll(async () => {
  w = await world()
  await createTables(w.database, { texts, rowHistory })
  await run(...index.flatMap((one) => [...searchSql.drop(one), ...searchSql.create(one)]))
  const [first, second] = apis.map((api) =>
    caller(appOver(w.database, { subject: { ...fixture, api }, cache: w.cache }).app),
  )
  plain = first as Call
  versioned = second as Call
})
afterAll(async () => {
  await run(
    ...index.flatMap((one) => searchSql.drop(one)),
    "drop table m_texts",
    "drop table weir_row_history",
  )
  await w.close()
})

const named = (...names: string[]) => names.map((name) => ({ name }))
const numbers = async (call: Call, rows: { id: number }[]) =>
  Promise.all(
    rows.map(async ({ id }) =>
      ((await call("GET", `/texts/${id}/history`)).body as { version: number }[]).map(
        ({ version }) => version,
      ),
    ),
  )

test.each([
  ["without versions", () => plain],
  ["with versions", () => versioned],
])("keyed writes of many rows, %s: the retry is told of all of them", async (what, of) => {
  const call = of()
  const word = what.replace(" ", "")
  const requests: [string, string, unknown][] = [
    ["POST", "/texts", named(`${word} a`, `${word} b`, `${word} c`)],
    ["PATCH", `/texts?name[starts_with]=${word}`, { name: `${word} d` }],
    ["DELETE", `/texts?name[starts_with]=${word}`, undefined],
  ]
  for (const [i, [method, path, json]] of requests.entries()) {
    const headers = { "idempotency-key": `${word}-${i}` }
    const send = () => call(method, path, { headers, ...(json === undefined ? {} : { json }) })
    const first = await send()
    expect(first.status, first.text).toBeLessThan(300)
    if (method !== "POST") expect(first.text).toContain("3")
    const again = await send()
    expect(outcomeOf(again)).toEqual(outcomeOf(first))
    expect(replayed(again)).toBe(true)
  }
})

test("each row of an array has its first version, and each of a change of many its next", async () => {
  const made = await versioned("POST", "/texts", { json: named("one", "two", "three") })
  expect(made.status, made.text).toBe(201)
  const rows = made.body as { id: number }[]
  const firsts = await numbers(versioned, rows)
  expect(firsts.map(({ length }) => length)).toEqual([1, 1, 1])
  const ids = rows.map(({ id }) => id)
  const changed = await versioned("PATCH", `/texts?id[in]=${ids}`, { json: { name: "other", size: 2 } })
  expect(changed.status, changed.text).toBe(200)
  expect(await numbers(versioned, rows)).toEqual(firsts.map(([first = 0]) => [first + 1, first]))
})
