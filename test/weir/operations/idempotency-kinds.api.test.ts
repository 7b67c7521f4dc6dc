// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Answer, Call } from "../support/client.ts"
import { type World, world } from "../support/world.ts"
import { type OnceWorld, onceWorld } from "./once-tables.ts"

let w: World
let once: OnceWorld
beforeAll(async () => {
  w = await world()
  once = await onceWorld(w)
})
afterAll(async () => {
  await once.close()
  await w.close()
})

type Row = Record<string, unknown>
type Who = "ann" | "root"

const seen = { json: undefined as unknown, headers: {} as Record<string, string> }
type Sent = Partial<typeof seen>

/** Headers that are of a request, and not of what it did. */
const ofRequest = ["x-request-id", "date", "server-timing", "idempotency-replayed"]
const told = ({ status, text, headers }: Answer) => ({
  status,
  text,
  headers: [...headers].filter(([name]) => !ofRequest.includes(name)),
})
const replayed = ({ headers }: Answer) => headers.get("idempotency-replayed")
let keys = 0

/** What a request changed. */
interface Done {
  answer: Answer
  again(): Promise<void>
}

/** Carries out a write with a key of its own, and checks that it was. `again` checks that a retry has the same answer. */
async function keyed(who: Who, method: string, path: string, sent: Sent, status: number): Promise<Done> {
  const key = `kind-${keys++}`
  const send = (): ReturnType<Call> =>
    once.call(method, path, {
      token: w[who].token,
      ...(sent.json === undefined ? {} : { json: sent.json }),
      headers: { ...sent.headers, "idempotency-key": key },
    })
  const answer = await send()
  const what = `${who} ${method} ${path}: ${answer.text}`
  expect(answer.status, what).toBe(status)
  expect(replayed(answer), what).toBeNull()
  const again = async () => {
    const retry = await send()
    expect(told(retry), what).toEqual(told(answer))
    expect(replayed(retry), what).toBe("true")
  }
  await again()
  return { answer, again }
}

const plain = async (method: string, path: string, json?: unknown): Promise<Answer> => {
  const answer = await once.call(method, path, {
    token: w.root.token,
    ...(json === undefined ? {} : { json }),
  })
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300)
  return answer
}
const count = async (list: string) =>
  Number((await plain("GET", `/${list}?count=exact&limit=1`)).headers.get("x-total-count"))

interface Kind {
  list: string
  key: string[]
  /** The key of a row that a client makes; empty where the database or the app does. */
  keyOf: (n: number) => Row
  /** Whether a PUT makes a row at such a key. */
  puts?: boolean
}
const kinds: Kind[] = [
  { list: "serials", key: ["id"], keyOf: () => ({}) },
  { list: "made", key: ["id"], keyOf: () => ({}) },
  { list: "made", key: ["id"], keyOf: (n) => ({ id: `m${n}` }), puts: true },
  { list: "uuids", key: ["id"], keyOf: () => ({}) },
  { list: "codes", key: ["id"], keyOf: (n) => ({ id: `a/b, "ü"${n}` }), puts: true },
  { list: "codes", key: ["id"], keyOf: (n) => ({ id: `${n}` }), puts: true },
  { list: "bigints", key: ["id"], keyOf: (n) => ({ id: String(9007199254740993n + BigInt(n)) }), puts: true },
  { list: "bigints", key: ["id"], keyOf: (n) => ({ id: String(-n - 1) }), puts: true },
  {
    list: "days",
    key: ["day"],
    keyOf: (n) => ({ day: new Date(Date.UTC(2020, 1, n)).toISOString().slice(0, 10) }),
    puts: true,
  },
  { list: "pairs", key: ["house", "no"], keyOf: (n) => ({ house: `a,b "${n}`, no: n }), puts: true },
  {
    list: "slots",
    key: ["big", "at", "odd", "price"],
    keyOf: (n) => ({
      big: "9007199254740993",
      at: "2026-01-02T03:04:05.678Z",
      odd: n % 2 === 0,
      price: `${n}.50`,
    }),
    puts: true,
  },
  { list: "texts", key: ["id"], keyOf: () => ({}) },
  { list: "parts", key: ["id"], keyOf: () => ({}) },
]
const pathOf = ({ list, key }: Kind, row: Row) =>
  `/${list}/${key.map((name) => encodeURIComponent(String(row[name]))).join(",")}`

let n = 0
const named = (kind: Kind, name = `name ${n}`): Row => ({ ...kind.keyOf(n++), name })

describe.each(["ann", "root"] as const)("by %s", (who) => {
  test.each(kinds)("a row of $list, with $key: created, changed and deleted", async (kind) => {
    const { list } = kind
    const before = await count(list)
    const made = await keyed(who, "POST", `/${list}`, { json: named(kind) }, 201)
    const row = made.answer.body as Row
    expect("note" in row).toBe(who === "root")
    const path = pathOf(kind, row)
    expect(made.answer.headers.get("location"), path).toBeTruthy()
    await plain("GET", made.answer.headers.get("location") as string)
    const held = { "if-match": made.answer.headers.get("etag") as string }
    const patched = await keyed(who, "PATCH", path, { json: { name: "patched" }, headers: held }, 200)
    await plain("PATCH", path, { name: "by another" })
    const minimal = { prefer: "return=minimal" }
    await keyed(who, "PATCH", path, { json: { name: "patched" }, headers: minimal }, 204)
    await keyed(who, "PATCH", `${path}?fields=name`, { json: { name: "short" } }, 200)
    await made.again()
    await patched.again()
    expect((await plain("GET", path)).body).toMatchObject({ name: "short" })
    const deleted = await keyed(who, "DELETE", path, {}, 204)
    for (const done of [made, patched, deleted]) await done.again()
    expect(await count(list)).toBe(before)
  })

  test.each(kinds.filter(({ puts }) => puts))("rows of $list, with $key: upserted", async (kind) => {
    const { list, key } = kind
    const [first, second, third] = [named(kind), named(kind), named(kind)]
    for (const resolution of ["merge", "ignore"]) {
      const path = `/${list}?on_conflict=${[...key].reverse()}&resolution=${resolution}`
      const made = await keyed(who, "POST", path, { json: first }, 201)
      const found = await keyed(who, "POST", path, { json: { ...first, name: "x" } }, 200)
      expect(found.answer.body).toMatchObject({ name: resolution === "merge" ? "x" : first.name })
      const many = await keyed(who, "POST", path, { json: [third, first, second] }, 200)
      expect(many.answer.body).toMatchObject([third, first, second])
      for (const row of many.answer.body as Row[]) await plain("DELETE", pathOf(kind, row))
      for (const done of [made, found, many]) await done.again()
    }
  })

  test.each(kinds)("rows of $list, with $key: created together", async (kind) => {
    const { list } = kind
    const before = await count(list)
    for (const path of [`/${list}`, `/${list}/batch`, `/${list}?fields=${kind.key},name`]) {
      const many = await keyed(who, "POST", path, { json: [1, 2, 3].map(() => named(kind)) }, 201)
      for (const row of many.answer.body as Row[]) await plain("DELETE", pathOf(kind, row))
      // With fields, the rows of the answer are read: those that are gone are answered as they were written.
      if (!path.includes("?")) await many.again()
    }
    expect(await count(list)).toBe(before)
  })

  test.each(kinds.filter(({ puts }) => puts))("a row of $list, with $key: put", async (kind) => {
    const { list } = kind
    const before = await count(list)
    const row = named(kind)
    const path = pathOf(kind, row)
    const created = await keyed(who, "PUT", path, { json: { name: "put" } }, 201)
    expect(created.answer.headers.get("location")).toBeTruthy()
    const replaced = await keyed(who, "PUT", path, { json: { name: "put again" } }, 200)
    await created.again()
    await replaced.again()
    expect((await plain("GET", path)).body).toMatchObject({ name: "put again" })
    await plain("DELETE", path)
    await created.again()
    const absent = { "if-none-match": "*" }
    await keyed(who, "PUT", path, { json: { name: "anew" }, headers: absent }, 201)
    expect(await count(list)).toBe(before + 1)
    await plain("DELETE", path)
  })

  test("rows without a key", async () => {
    const before = await count("logs")
    await keyed(who, "POST", "/logs", { json: { name: "one" } }, 201)
    await keyed(who, "POST", "/logs", { json: [{ name: "one" }, { name: "two" }] }, 201)
    expect(await count("logs")).toBe(before + 3)
  })

  test("a row that is softly deleted, and restored", async () => {
    const made = await keyed(who, "POST", "/bins", { json: { name: "bin" } }, 201)
    const path = `/bins/${(made.answer.body as Row).id}`
    const deleted = await keyed(who, "DELETE", path, {}, 204)
    const restored = await keyed(who, "POST", `${path}/restore`, {}, 200)
    for (const done of [made, deleted, restored]) await done.again()
    await plain("GET", path)
  })

  test("rows below another", async () => {
    const { id } = (await plain("POST", "/serials", { name: "parent" })).body as Row
    const path = `/serials/${id}/parts`
    const one = await keyed(who, "POST", path, { json: { name: "part" } }, 201)
    const many = await keyed(who, "POST", `${path}/batch`, { json: [{ name: "b" }, { name: "c" }] }, 201)
    expect((await plain("GET", path)).body).toHaveLength(3)
    await plain("DELETE", `/serials/${id}`)
    await one.again()
    await many.again()
  })

  test("links", async () => {
    const { id } = (await plain("POST", "/serials", { name: "parent" })).body as Row
    const code = `link ${n++}`
    await plain("POST", "/codes", { id: code, name: "linked" })
    for (const list of ["codes", "marked"]) {
      const path = `/serials/${id}/${list}/${encodeURIComponent(code)}`
      const json = list === "codes" ? { note: "why" } : undefined
      const linked = await keyed(who, "PUT", path, { json }, 204)
      if (list === "marked") await plain("POST", "/marks", { serial_id: id, code_id: code })
      const unlinked = await keyed(who, "DELETE", path, {}, 204)
      await linked.again()
      expect((await plain("GET", `/serials/${id}/${list}`)).body).toEqual([])
      await plain("PUT", path)
      await unlinked.again()
      expect((await plain("GET", `/serials/${id}/${list}`)).body).toHaveLength(1)
    }
  })
})

test.each(["ann", "root"] as const)("documents of %s", async (who) => {
  const made = await keyed(who, "POST", "/papers", { json: { color: "red", size: { width: 1 } } }, 201)
  const path = `/papers/${(made.answer.body as Row)._id}`
  const patched = await keyed(who, "PATCH", path, { json: { size: { width: null }, "a b": [1e21] } }, 200)
  const put = await keyed(who, "PUT", path, { json: { color: "blue" } }, 200)
  const created = await keyed(who, "PUT", `/papers/${who}-own`, { json: { color: "green" } }, 201)
  const many = await keyed(
    who,
    "POST",
    "/papers",
    { json: [{ a: 1 }, { a: 12345678901234567890n.toString() }] },
    201,
  )
  const below = await keyed(who, "POST", `/users/${w[who].id}/papers`, { json: { below: true } }, 201)
  expect((await plain("GET", path)).body).toMatchObject({ color: "blue" })
  const deleted = await keyed(who, "DELETE", path, {}, 204)
  for (const done of [made, patched, put, created, many, below, deleted]) await done.again()
})
