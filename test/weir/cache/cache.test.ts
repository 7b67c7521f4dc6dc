import { describe, expect, test } from "vitest"
import { decodeEntry, encodeEntry } from "../../../src/weir/cache/entry.ts"
import { MemoryStore } from "../../../src/weir/cache/memory.ts"
import { bindsClock, readsOf, stampsOfRead, stampsOfWrite, wider } from "../../../src/weir/cache/stamps.ts"
import type { Entry } from "../../../src/weir/cache/store.ts"
import "../fixture/src/schema/items.ts"
import "../fixture/src/schema/users.ts"
import { etagOf, isNoneOf } from "../../../src/weir/lib/etag.ts"

const entryOf = (body: string): Entry => ({
  body,
  headers: { link: "<…>" },
  etag: etagOf({ body, headers: { link: "<…>" } }),
  born: 5,
})

describe("what a read depends on", () => {
  const parts = [
    { table: "items", column: "id", value: 5, times: 1 },
    { table: "users", column: "id", value: 3, times: 1 },
  ]
  const cases: [string, string, string[]][] = [
    ["a row alone", `select 1 from "items" "t0" where id = ?`, ["items:id=5", "items:*"]],
    [
      "parts of two tables, whatever the members of its JSON are called",
      `select json_object('users', (select 1 from "users")), 2 as "items" from "items" "t0"`,
      ["items:id=5", "items:*", "users:id=3", "users:*"],
    ],
    [
      "a part of a table that a rule asks once more",
      `select 1 from items where exists (select 1 from items)`,
      ["items"],
    ],
    [
      "a table in SQL of one's own, unquoted",
      "select 1 from elsewhere, USERS u, users v",
      ["elsewhere", "users"],
    ],
    [
      "tables whose names hold quotes",
      `select "it's"."id" from "it's" join "a ""b""" where "it's"."id" in (select 1 from "items") and 'x' = (select 1 from items)`,
      ["it's", 'a "b"', "items"],
    ],
    ["a table in a literal", "select count_of('items')", ["items"]],
    ["a word that only holds a table's name", "select items_sold, reusers from elsewhere", ["elsewhere"]],
  ]
  for (const [name, text, stamps] of cases)
    test(name, () => expect(stampsOfRead(readsOf(text), parts).sort()).toEqual(stamps.sort()))

  test("is the same each time, or not", () => {
    const steady = [
      `select "now", "random" from "items"`,
      `select strftime('%Y', created_at) from items`,
      "select date(created_at), known from items",
      `select strftime('%s', "t0"."created_at"), unixepoch("created_at"), strftime('%Y', t0.created_at)`,
      `select to_char("t0"."created_at" at time zone 'utc', 'YYYY')`,
    ]
    const unsteady = [
      "select now()",
      "select NOW ( )",
      "select current_timestamp",
      "select datetime('now')",
      "select date()",
      "select random()",
      "select clock_timestamp()",
      "select 'today'::date",
      "select pg_backend_pid()",
      "select strftime('%s')",
      "select strftime('%s', ?)",
      "select strftime(?, created_at)",
      "select unixepoch('subsec')",
      "select datetime($1)",
      "select ' Now '::timestamp",
    ]
    for (const text of steady) expect(readsOf(text).steady, text).toBe(true)
    for (const text of unsteady) expect(readsOf(text).steady, text).toBe(false)
    expect(["now", " Today ", "yesterday"].map((value) => bindsClock([1, value]))).toEqual([true, true, true])
    expect(bindsClock(["nowhere", 5, null])).toBe(false)
  })
})

/** The stamps of these two tables: other suites of the worker may have loaded more that refer to them. */
const ofFixture = (stamps: string[]): string[] => stamps.filter((stamp) => /^(items|users)\b/.test(stamp))

describe("what a write moves", () => {
  const row = { table: "items", column: "id", value: 5 }
  const change = { table: "items", references: ["owner_id"], moves: false }
  const answered = [["{}", 5, "3"]]

  test("is the table's stamp, the row's, and that of the rows beside it", () => {
    const insert = { text: "", change: { ...change, verb: "insert" as const } }
    expect(stampsOfWrite(insert, answered)).toEqual(["items", "items:owner_id=3"])
    const update = { text: "", change: { ...change, verb: "update" as const, row } }
    expect(stampsOfWrite(update, answered)).toEqual(["items", "items:id=5", "items:owner_id=3"])
    expect(stampsOfWrite(update, [])).toEqual(["items", "items:id=5"])
    expect(stampsOfWrite(update, [["{}", 5, null]])).toEqual(["items", "items:id=5"])
  })

  test("is every part of the table where a row leaves one, or where nobody knows what was done", () => {
    const update = { ...change, verb: "update" as const, row }
    expect(stampsOfWrite({ text: "", change: { ...update, moves: true } }, answered)).toContain("items:*")
    expect(stampsOfWrite({ text: "", change: update }, undefined)).toContain("items:*")
  })

  test("of a delete is also what goes with it", () => {
    const gone = { verb: "delete" as const, table: "users", references: [], moves: false }
    const stamps = stampsOfWrite({ text: "", change: { ...gone, row: { ...row, table: "users" } } }, [[1, 5]])
    expect(ofFixture(stamps)).toEqual(["users", "users:id=5", "items", "items:*"])
  })

  test("is all of what a statement names, where nothing is said", () => {
    expect(stampsOfWrite({ text: "update items set price = 1" })).toEqual(["items", "items:*"])
    expect(ofFixture(stampsOfWrite({ text: `delete from "users"` })).sort()).toEqual([
      "items",
      "items:*",
      "users",
      "users:*",
    ])
  })

  test("can be said more widely", () => {
    expect(["users", "users:id=3", "users:*"].map(wider)).toEqual(["users", "users:*", "users:*"])
  })
})

describe("an entry as text", () => {
  const entry = entryOf('[\n "ü\u2028",\n\n 1]')
  const text = encodeEntry(entry, "a b")

  test("is read as it was written", () => {
    expect(decodeEntry(text)).toEqual({ entry, stamps: "a b" })
  })

  test("is nothing where it is another's, damaged or changed", () => {
    const others = [
      "",
      "garbage",
      "\n\n\n\n",
      text.replace("weir1", "weir2"),
      text.slice(0, -1),
      `${text} `,
      text.replace("ü", "u"),
      text.replace('"etag"', '"e"'),
      text.replace("{", "["),
    ]
    for (const other of others) expect(decodeEntry(other), other).toBeUndefined()
  })
})

describe("the store in memory", () => {
  const look = (store: MemoryStore, key: string, stamps = ["items"]) => store.look(key, stamps)

  test("holds no more bytes than it may, and keeps what was used last", async () => {
    const store = new MemoryStore(100_000, undefined)
    const { stamps } = await look(store, "0")
    for (let i = 0; i < 100; i++) {
      store.keep(String(i), entryOf("x".repeat(10_000)), stamps, 60_000)
      await look(store, "0")
    }
    const kept = (await Promise.all(Array.from({ length: 100 }, (_, i) => look(store, String(i))))).filter(
      ({ entry }) => entry,
    )
    // A character may take two bytes.
    expect(kept.length).toBe(4)
    expect((await look(store, "0")).entry).toBeDefined()
    expect(store.keep("huge", entryOf("x".repeat(60_000)), stamps, 60_000)).toBe(false)
    expect((await look(store, "huge")).entry).toBeUndefined()
    expect((await look(store, "0")).entry).toBeDefined()
  })

  test("forgets everything when another process has written, also what is stored a moment later", async () => {
    let version = 1
    const store = new MemoryStore(100_000, () => version)
    const { stamps } = await look(store, "a")
    store.keep("a", entryOf("1"), stamps, 60_000)
    expect((await look(store, "a")).entry).toBeDefined()
    version = 2
    expect((await look(store, "a")).entry).toBeUndefined()
    store.keep("a", entryOf("1"), stamps, 60_000)
    expect(await look(store, "a")).toMatchObject({ entry: undefined, outdated: true })
  })

  test("trusts nothing while it cannot know of other processes", async () => {
    const store = new MemoryStore(100_000, () => {
      throw new Error("the database is closed")
    })
    for (let n = 0; n < 2; n++) {
      const { stamps, entry } = await look(store, "a")
      expect(entry).toBeUndefined()
      store.keep("a", entryOf("1"), stamps, 60_000)
    }
  })

  test("serves nothing under a stamp that has moved, or was forgotten", async () => {
    const store = new MemoryStore(100_000, undefined)
    const { stamps } = await look(store, "a", ["items:1", "items:*"])
    store.keep("a", entryOf("1"), stamps, 60_000)
    store.move(["items:2", "items"])
    expect((await look(store, "a", ["items:1", "items:*"])).entry).toBeDefined()
    store.move(["items:*"])
    expect((await look(store, "a", ["items:1", "items:*"])).entry).toBeUndefined()
    store.keep("a", entryOf("1"), stamps, 60_000)
    expect((await look(store, "a", ["items:1", "items:*"])).entry).toBeUndefined()
  })
})

test("If-None-Match is compared weakly, and * holds for whatever is there", () => {
  const none = ["", '"b"', 'W/"b", "c"', "a", '"A"']
  const some = ['"a"', 'W/"a"', '"b", "a"', '"b",W/"a" ', "*", " * "]
  for (const header of none) expect(isNoneOf(header, '"a"'), header).toBe(true)
  for (const header of some) expect(isNoneOf(header, '"a"'), header).toBe(false)
})
