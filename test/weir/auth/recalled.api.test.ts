import "#fresh"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { Client, Database, Statement } from "../../../src/weir/db/driver.ts"
import { caller } from "../support/client.ts"
import { appOver } from "../support/fresh.ts"
import { rowsOf } from "../support/samples.ts"
import { type Person, type World, world } from "../support/world.ts"

/** A create by a viewer whom the process remembers, when the database has changed its mind about it. */
let w: World
let asked: string[]

/** The same database, whose statements are written down on their way. */
function overheard(database: Database): Database {
  const hear = (client: Client): Client => ({
    ...client,
    query: (statement) => client.query(note(statement)),
    batch: (statements) => client.batch(statements.map(note)),
  })
  const note = (statement: Statement) => {
    asked.push(statement.text)
    return statement
  }
  return { ...database, connect: (deadline) => hear(database.connect(deadline)) }
}

beforeEach(async () => {
  asked = []
  w = await world()
  w.call = caller(appOver(overheard(w.database)).app)
  // So that the process remembers all of them.
  for (const person of [w.ann, w.bob, w.root]) await w.call("GET", "/users/me", { token: person.token })
  asked = []
})
afterEach(() => w.close())

const create = ({ token }: Person, json: unknown = { title: "new", price: 1 }) =>
  w.call("POST", "/items", { token, json })
const change = (text: string) => w.database.connect().batch([{ text, params: [] }])
const titles = async () => rowsOf(await w.call("GET", "/items?title=new")).length

test("is one statement, that holds the viewer to what it was", async () => {
  const made = await create(w.ann)
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({ title: "new", owner_id: w.ann.id })
  expect(asked).toHaveLength(1)
  expect(asked[0]).toMatch(/^insert .* where exists \(select 1 from "users"/)
})

test("an admin who is none any more may no longer set the owner, and nothing is written", async () => {
  const json = { title: "new", price: 1, owner_id: w.bob.id }
  expect((await create(w.root, json)).status).toBe(201)
  await change("update users set role = 'user' where id = 3")
  expect((await create(w.root, json)).status).toBe(403)
  expect(await titles()).toBe(1)
  expect((await create(w.root)).body).toMatchObject({ owner_id: w.root.id })
})

test("a user who has become an admin may at once", async () => {
  await change("update users set role = 'admin' where id = 1")
  const made = await create(w.ann, { title: "new", price: 1, owner_id: w.bob.id })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({ owner_id: w.bob.id })
})

test("a new password and a deleted account end it: 401, and nothing is written", async () => {
  await change("update users set hashed_password = 'another' where id = 1")
  await change("delete from users where id = 2")
  for (const person of [w.ann, w.bob])
    for (const json of [{ title: "new", price: 1 }, [{ title: "new", price: 1 }], { title: "", price: 1 }]) {
      const answer = await create(person, json)
      expect(answer.status).toBe(401)
      expect(answer.headers.get("www-authenticate")).toContain("invalid_token")
    }
  expect(await titles()).toBe(0)
})

test("many at once, within a parent, and what is wrong: as if nothing were remembered", async () => {
  const many = await create(w.ann, [
    { title: "new", price: 1 },
    { title: "new", price: 2 },
  ])
  expect(many.status).toBe(201)
  expect(await titles()).toBe(2)
  const path = `/users/${w.ann.id}/items`
  expect((await w.call("POST", path, { token: w.ann.token, json: { title: "new", price: 3 } })).status).toBe(
    201,
  )
  expect((await w.call("POST", path, { token: w.bob.token, json: { title: "new", price: 3 } })).status).toBe(
    403,
  )
  expect((await create(w.ann, { title: "", price: 1 })).status).toBe(422)
  expect((await create(w.ann, { title: "new", price: 1, owner_id: w.bob.id })).status).toBe(403)
  expect(await titles()).toBe(3)
})
