import { searchSql } from "../../../src/weir/db/dialect/search.ts"
import { type Api, admin, anyone, defineApi, nobody, resource } from "../../../src/weir/index.ts"
import { collection, writeRecords } from "../../../src/weir/schema.ts"
import { items } from "../fixture/src/schema/items.ts"
import { users } from "../fixture/src/schema/users.ts"
import { type Answer, type Call, caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { appOver, fixture, type Subject } from "../support/fresh.ts"
import type { World } from "../support/world.ts"

/** Reads that depend on several tables, and writes to each of these. */

const notes = collection("notes", { owner: users, references: { item_id: { to: items } } })

const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
const api = (): Api =>
  defineApi({
    title: "Weir",
    version: "0.0.0",
    accounts: { table: users, login: ["email", "username"], password: "hashed_password", role: "role" },
    records: writeRecords,
    resources: [
      resource(users, {
        ...open,
        create: nobody,
        fields: { hashed_password: { read: nobody, write: nobody }, role: { write: admin } },
        embed: { items: { limit: 50 }, notes: { limit: 50 } },
      }),
      resource(items, { ...open, search: ["title", "description"], embed: { owner: {}, notes: {} } }),
      resource(notes, { ...open, search: ["text"], embed: { _owner: {}, item: {} } }),
    ],
  })

/** The API over the world's database, with its documents and its indexes of search. */
export interface Dependencies {
  subject: Subject
  /** Answers as they are without a cache. */
  plain: Call
  close(): Promise<void>
}

export async function dependencies(w: World): Promise<Dependencies> {
  await createTables(w.database, { notes }, { foreignKeys: true })
  const subject: Subject = { ...fixture, api: api() }
  const indexes = subject.api.resources.flatMap(({ search }) => (search ? [search.index] : []))
  const client = w.database.connect()
  const run = async (texts: string[]) => {
    await client.batch(texts.map((text) => ({ text, params: [] })))
  }
  await run(indexes.flatMap((index) => [...searchSql.drop(index), ...searchSql.create(index)]))
  const plain = caller(appOver(w.database, { subject }).app)
  const close = async () => {
    await run([...indexes.flatMap((index) => searchSql.drop(index)), "drop table notes"])
    await client.close?.()
  }
  return { subject, plain, close }
}

/** The documents that all writes find. */
export async function fill(w: World, call: Call): Promise<void> {
  const documents = [
    { _id: "n1", text: "oak lamp", color: "red", size: { width: 10 }, item_id: 1 },
    { _id: "n2", text: "pine", color: "blue", size: { width: 5 }, item_id: 4 },
    { _id: "n3", text: "an oak", color: "red", size: { width: 20 } },
  ]
  for (const [i, json] of documents.entries()) {
    const owner = i === 2 ? w.bob : w.ann
    await done(call("POST", `/users/${owner.id}/notes`, { json, token: w.root.token }))
  }
}

async function done(answer: Promise<Answer>): Promise<void> {
  const { status, text } = await answer
  if (status >= 300) throw new Error(`${status} ${text}`)
}

const filter = (tree: object) => `filter=${encodeURIComponent(JSON.stringify(tree))}`
const red = { color: "red" }
const dear = { price: { gt: 25 } }

/** Lists and rows, by what they go through. */
export const reads: string[] = [
  `/items?${filter({ owner: { role: "user" } })}`,
  `/items?${filter({ or: [{ owner: { username: "ann" } }, { price: { lt: 12 } }] })}`,
  `/items?${filter({ notes: { some: red } })}`,
  `/items?${filter({ notes: { none: { "size.width": { gte: 10 } } } })}`,
  `/items?${filter({ owner: { notes: { every: red } } })}`,
  "/items?owner.username=ann&count=exact",
  "/items?include=owner,notes",
  "/items?include=notes.count()",
  `/users?${filter({ items: { some: dear } })}`,
  `/users?${filter({ items: { none: dear } })}`,
  `/users?${filter({ items: { every: { price: { gt: 5 } } } })}`,
  `/users?${filter({ notes: { some: red } })}`,
  `/users?${filter({ notes: { none: red } })}`,
  `/users?${filter({ notes: { every: { "size.width": { gte: 10 } } } })}`,
  `/users?${filter({ notes: { some: { item: dear } } })}`,
  "/users?include=notes,items",
  "/users?include=items.count(),notes.count()",
  "/users/1?include=notes",
  `/users?include=items&include.items.${filter({ notes: { some: red } })}`,
  "/users/1/notes",
  "/users/1/notes?color=red&count=exact&limit=1",
  "/users/1/items?sort=-price",
  "/users/1/notes?aggregate=count,max(size.width)",
  "/notes?color=red&sort=-size.width",
  "/notes?include=_owner,item",
  "/notes/n1?include=_owner,item",
  `/notes?${filter({ _owner: { role: "user" } })}`,
  `/notes?${filter({ _owner: { items: { some: dear } } })}`,
  `/notes?${filter({ not: { item: { owner: { username: "ann" } } } })}`,
  "/items?aggregate=count,sum(price)&group=owner.role",
  "/items?aggregate=count&group=owner.username&sort=-count",
  "/notes?aggregate=count,max(size.width)&group=_owner.role,color",
  `/users?aggregate=count&${filter({ notes: { some: red } })}`,
  "/items?q=lamp",
  "/notes?q=oak&highlight=true",
  `/notes?q=oak&${filter({ _owner: { username: "ann" } })}`,
  "/notes?q=oak&include=item",
]

type Write = [what: string, write: (call: Call, w: World) => Promise<void>]

const as = ({ root }: World, json?: unknown) => ({
  token: root.token,
  ...(json === undefined ? {} : { json }),
})

/** Writes, one after another. */
export const writes: Write[] = [
  ["an owner's name", (call, w) => done(call("PATCH", "/users/1", as(w, { username: "anna" })))],
  ["and again", (call, w) => done(call("PATCH", "/users/1", as(w, { username: "ann" })))],
  ["an owner's role", (call, w) => done(call("PATCH", "/users/2", as(w, { role: "admin" })))],
  [
    "a document's members",
    (call, w) => done(call("PATCH", "/notes/n1", as(w, { color: null, size: { width: 1 } }))),
  ],
  [
    "a document whole",
    (call, w) =>
      done(call("PUT", "/notes/n2", as(w, { text: "oak desk", color: "red", size: { width: 50 } }))),
  ],
  [
    "a document at a new key",
    (call, w) => done(call("PUT", "/notes/n4", as(w, { text: "oak", color: "red", item_id: 2 }))),
  ],
  [
    "a document below its owner",
    (call, w) =>
      done(call("POST", "/users/1/notes", as(w, { text: "oak", size: { width: 90 }, item_id: 4 }))),
  ],
  [
    "many documents",
    (call, w) => done(call("POST", "/notes", as(w, [{ color: "red", item_id: 5 }, { text: "an oak lamp" }]))),
  ],
  ["a document's reference", (call, w) => done(call("PATCH", "/notes/n3", as(w, { item_id: 6 })))],
  [
    "a row that documents refer to",
    (call, w) => done(call("PATCH", "/items/6", as(w, { title: "a lamp", price: 1 }))),
  ],
  ["a dear row", (call, w) => done(call("PATCH", "/items/1", as(w, { price: 99 })))],
  ["a row of another owner", (call, w) => done(call("PATCH", "/items/1", as(w, { owner_id: 2 })))],
  [
    "a new row",
    (call, w) => done(call("POST", "/items", as(w, { title: "new lamp", price: 40, owner_id: 3 }))),
  ],
  ["a row that is deleted", (call, w) => done(call("DELETE", "/items/2", as(w)))],
  ["a document that is deleted", (call, w) => done(call("DELETE", "/notes/n2", as(w)))],
  ["an owner who is deleted", (call, w) => done(call("DELETE", "/users/2", as(w)))],
]
