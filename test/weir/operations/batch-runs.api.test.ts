// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { Problem } from "../../../src/weir/problem.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone, signedIn } from "../../../src/weir/resource/rules.ts"
import { collection, id, integer, json, references, table, text } from "../../../src/weir/schema.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const tags = table("tags", {
  id: id(),
  name: text({ max: 40 }).notNull().unique(),
  // A column with a default of the database's: rows with and without it have other shapes.
  size: integer().default(3),
  facts: json(),
})
/** Rows that refer to their own table depend on those before them. */
const folders = table("folders", { id: id(), name: text({ max: 40 }).notNull(), parent_id: integer() })
const gates = table("gates", {
  id: id(),
  name: text({ max: 40 }).notNull(),
  tag_id: references(() => tags.id),
})
const memos = collection("memos", {})

let w: World
let call: Call
/** The hooks that were called, with the names of their rows. */
let called: string[]
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { tags, folders, gates, memos }, { foreignKeys: true })
  // Hooks may still be called after the test that wrote.
  const own: string[] = []
  called = own
  const open = { read: anyone, create: signedIn, update: signedIn, delete: signedIn }
  call = appOf(
    w,
    resource(tags, {
      ...open,
      after: { create: ({ row }) => void own.push(`after ${row.name}`) },
    }),
    resource(folders, open),
    resource(gates, {
      ...open,
      before: {
        create: ({ values }) => {
          own.push(`before ${values.name}`)
          if (values.name === "shut") throw new Problem("forbidden", "The gate is shut")
        },
      },
    }),
    resource(memos, open),
  )
})
afterEach(async () => {
  for (const name of ["gates", "folders", "memos", "tags"]) await run(`drop table ${name}`)
  await w.close()
})

async function run(text: string): Promise<unknown[][]> {
  const client = w.database.connect()
  const [rows = []] = await client.batch([{ text, params: [] }])
  await client.close?.()
  return rows
}
const count = async (name: string) => Number((await run(`select count(*) from ${name}`))[0]?.[0])
const of = (path: string) => (body: object) => ({ method: "POST", path, body })
const [tag, folder, gate, memo] = ["/tags", "/folders", "/gates", "/memos"].map(of) as [
  ReturnType<typeof of>,
  ReturnType<typeof of>,
  ReturnType<typeof of>,
  ReturnType<typeof of>,
]
const batch = (operations: object[], headers: Record<string, string> = {}) =>
  call("POST", "/batch", { token: w.ann.token, headers, json: { operations } })
const results = ({ body, status, text }: Answer) => {
  expect(status, text).toBe(200)
  return (body as { results: { id: string; status: number; body: Record<string, unknown> }[] }).results
}
const problem = ({ body, status }: Answer) => {
  const { operation, errors } = body as { operation: string; errors?: { path: string; code: string }[] }
  return { status, operation, errors: errors?.map(({ path, code }) => `${path} ${code}`) }
}

describe("creates of a batch that follow each other", () => {
  test("are made in their order, whatever columns they have", async () => {
    const made = results(
      await batch([
        tag({ name: "a" }),
        tag({ name: "b", size: 7 }),
        tag({ name: "c" }),
        tag({ size: 8, name: "d" }),
        tag({ name: "e", facts: null }),
      ]),
    )
    expect(made.map(({ status, body }) => [status, body.name, body.size])).toEqual([
      [201, "a", 3],
      [201, "b", 7],
      [201, "c", 3],
      [201, "d", 8],
      [201, "e", 3],
    ])
    const ids = made.map(({ body }) => Number(body.id))
    expect(ids).toEqual([...ids].sort((a, b) => a - b))
    expect(made.map(({ id }) => id)).toEqual(["0", "1", "2", "3", "4"])
    for (const { body } of made) expect((await call("GET", `/tags/${body.id}`)).body).toEqual(body)
  })

  test("have the validator of their row, and JSON with all its digits", async () => {
    const text = `{"operations": [
      {"method": "POST", "path": "/tags", "body": {"name": "a", "facts": {"n": 12345678901234567890.10, "n": 1}}},
      {"method": "POST", "path": "/tags", "body": {"name": "b", "facts": [1.0, 1e2]}},
      {"method": "POST", "path": "/memos", "body": {"big": 98765432109876543210}},
      {"method": "POST", "path": "/memos", "body": {"big": 1.50}}]}`
    const answer = await call("POST", "/batch", {
      token: w.ann.token,
      headers: { "content-type": "application/json" },
      body: text,
    })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.text).toContain("98765432109876543210")
    expect(answer.text).toContain("1.50")
    const made = (answer.body as { results: { location: string; etag: string }[] }).results
    for (const { location, etag } of made)
      expect((await call("GET", location)).headers.get("etag")).toBe(etag)
    const [first] = made
    expect((await call("GET", first?.location as string)).text).toContain("12345678901234567890")
  })

  test.for([
    ["a value that is wrong", tag({ name: 5 }), "operations.2.name invalid_type", 422],
    ["a member that is not known", tag({ name: "x", odd: 1 }), "operations.2.odd unknown_field", 422],
    ["a value that is taken", tag({ name: "taken" }), "operations.2.name taken", 409],
    ["a value that is taken by the same batch", tag({ name: "a" }), "operations.2.name taken", 409],
    ["no object", { method: "POST", path: "/tags", body: 5 }, undefined, 422],
  ] as const)("leave nothing where one has %s, which is named", async ([, wrong, error, status]) => {
    await run("insert into tags (name) values ('taken')")
    const answer = await batch([tag({ name: "a" }), tag({ name: "b" }), wrong, tag({ name: "c" })])
    expect(problem(answer)).toMatchObject({ status, operation: "2", ...(error && { errors: [error] }) })
    expect(await count("tags")).toBe(1)
    expect(called).toEqual([])
  })

  test("tell the hooks of others once, also where they are tried again one by one", async () => {
    await run("insert into tags (name) values ('taken')")
    const operations = (name: string) => [
      gate({ name: "first" }),
      tag({ name: "a" }),
      tag({ name }),
      gate({ name: "second" }),
      gate({ name: "third" }),
      tag({ name: "b" }),
    ]
    expect(problem(await batch(operations("taken")))).toMatchObject({ status: 409, operation: "2" })
    expect(called).toEqual(["before first", "before second", "before third"])
    called.length = 0
    results(await batch(operations("free")))
    await expect.poll(() => called.length).toBe(6)
    expect(called).toEqual([
      "before first",
      "before second",
      "before third",
      "after a",
      "after free",
      "after b",
    ])
  })

  test("are refused by a check before one of them", async () => {
    const answer = await batch([tag({ name: "a" }), tag({ name: "b" }), gate({ name: "shut" })])
    expect(problem(answer)).toMatchObject({ status: 403, operation: "2" })
    expect([await count("tags"), await count("gates")]).toEqual([0, 0])
  })

  test("stand among reads and changes, each on the state before it", async () => {
    const [, before, , , after, changed, , last] = results(
      await batch([
        { id: "gone", ...tag({ name: "gone" }) },
        { method: "GET", path: "/tags?sort=name&fields=name" },
        tag({ name: "a" }),
        tag({ name: "b" }),
        { method: "GET", path: "/tags?sort=name&fields=name" },
        { method: "DELETE", path: "/tags/{gone.id}" },
        tag({ name: "c", facts: { $ref: "is.no.reference", more: 1 } }),
        { method: "GET", path: "/tags?sort=name&fields=name" },
      ]),
    )
    const names = (one: typeof last) =>
      (one?.body as unknown as { name: string }[] | undefined)?.map(({ name }) => name)
    expect(names(before)).toEqual(["gone"])
    expect(names(after)).toEqual(["a", "b", "gone"])
    expect(changed?.status).toBe(204)
    expect(names(last)).toEqual(["a", "b", "c"])
  })

  test("are undone with tx=rollback, and are answered as they would be", async () => {
    const answer = await batch(
      [tag({ name: "a" }), tag({ name: "b" }), folder({ name: "x" }), folder({ name: "y" })],
      { prefer: "tx=rollback" },
    )
    expect(results(answer).map(({ status, body }) => [status, body.name])).toEqual([
      [201, "a"],
      [201, "b"],
      [201, "x"],
      [201, "y"],
    ])
    expect([await count("tags"), await count("folders")]).toEqual([0, 0])
  })

  test("of 100 rows and of documents are a statement each, and have each its own", async () => {
    const connect = w.database.connect.bind(w.database)
    const sent: number[] = []
    vi.spyOn(w.database, "connect").mockImplementation((...given) => {
      const client = connect(...given)
      const send = client.batch.bind(client)
      client.batch = (statements) => {
        sent.push(statements.length)
        return send(statements)
      }
      return client
    })

    const operations = Array.from({ length: 100 }, (_, i) =>
      i < 50 ? tag({ name: `t${i}`, size: i }) : memo({ n: i }),
    )
    const made = results(await batch(operations))
    expect(made.map(({ body }, i) => (i < 50 ? body.size : body.n))).toEqual(made.map((_, i) => i))
    expect(sent).toEqual([2])
    expect(await count("memos")).toBe(50)
  })

  test("are done once with an Idempotency-Key, and answered again", async () => {
    const key = { "idempotency-key": crypto.randomUUID() }
    const operations = [tag({ name: "a" }), tag({ name: "b" }), tag({ name: "c" })]
    const first = await batch(operations, key)
    const second = await batch(operations, key)
    expect(second.headers.get("idempotency-replayed")).toBe("true")
    expect(results(second)).toEqual(results(first))
    expect(await count("tags")).toBe(3)
  })
})
