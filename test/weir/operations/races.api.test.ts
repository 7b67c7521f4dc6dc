// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, expect, test } from "vitest"
import { scheduleHashes } from "../../../src/weir/auth/password.ts"
import { tablesOf } from "../support/scenarios.ts"
import { type World, world } from "../support/world.ts"

let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

const times = <T>(count: number, make: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => make(n)))

/** How many of each status. */
const tally = (answers: { status: number }[]): Record<number, number> => {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** Has all that hash a password be given the first one's hash; answers with what ends it. */
function oneHashForAll(): () => void {
  let made: Promise<unknown> | undefined
  scheduleHashes((hash) => {
    made ??= hash()
    return made as ReturnType<typeof hash>
  })
  return () => scheduleHashes((hash) => hash())
}

test("of many sign-ups with one email, one is made and the others are told that it is taken", async () => {
  const count = 50
  // Fifty hashes are ten seconds of one core, and reach the database one by one: with one for all, they come at once.
  const restore = w.driver === "libsql-file" ? () => {} : oneHashForAll()
  const answers = await times(count, (n) => {
    const json = { email: "Same@example.com", username: `name_${n}`, password: "long enough" }
    return w.call("POST", "/users", { json })
  }).finally(restore)
  expect(tally(answers)).toEqual({ 201: 1, 409: count - 1 })
  for (const { status, body } of answers)
    if (status === 409)
      expect(body).toMatchObject({ code: "duplicate", errors: [{ path: "email", code: "taken" }] })
  const { users } = await tablesOf(w)
  expect(Object.values(users).filter((row) => row.email === "same@example.com")).toHaveLength(1)
  expect(Object.keys(users)).toHaveLength(4)
})

test("200 creates at once are 200 rows, each with an id of its own", async () => {
  const count = 200
  const answers = await times(count, (n) =>
    w.call("POST", "/items", {
      token: n % 2 ? w.ann.token : w.bob.token,
      json: { title: `new ${n}`, price: n },
    }),
  )
  const failures = JSON.stringify(w.logs.filter((record) => Number(record.status) >= 500).slice(0, 3))
  expect(tally(answers), failures).toEqual({ 201: count })
  const rows = answers.map(({ body }) => body as { id: number; title: string; price: number })
  expect(new Set(rows.map((row) => row.id)).size).toBe(count)
  const { items } = await tablesOf(w)
  expect(Object.keys(items)).toHaveLength(6 + count)
  // Each answer is of the row that its own request made.
  for (const [n, row] of rows.entries()) {
    expect(row).toMatchObject({ title: `new ${n}`, price: n })
    expect(items[row.id]).toMatchObject({ title: `new ${n}`, price: n, owner_id: n % 2 ? 1 : 2 })
  }
})

test("an array is made whole or not at all, also among others", async () => {
  const before = await tablesOf(w)
  const rows = (spoil: object) =>
    Array.from({ length: 100 }, (_, n) => ({ title: `row ${n}`, price: n, ...(n === 60 ? spoil : {}) }))
  const post = (json: unknown) => w.call("POST", "/items", { token: w.root.token, json })
  const wrong = await post(rows({ price: -1 }))
  expect(wrong.status).toBe(422)
  expect(wrong.body).toMatchObject({ errors: [{ path: "60.price" }] })
  // This one only the database can refuse, when sixty rows are in.
  const orphan = await post(rows({ owner_id: 99 }))
  expect([409, 422], orphan.text).toContain(orphan.status)
  expect(await tablesOf(w)).toEqual(before)

  const answers = await times(6, (n) => post(rows(n % 2 ? { owner_id: 99 } : {})))
  expect(answers.map(({ status }) => status === 201)).toEqual([true, false, true, false, true, false])
  const { items } = await tablesOf(w)
  expect(Object.keys(items)).toHaveLength(6 + 300)
})

test("patches at once all answer, and what stays is whole: one of them", async () => {
  const count = 50
  const answers = await times(count, (n) =>
    w.call("PATCH", "/items/1", {
      token: n % 2 ? w.root.token : w.ann.token,
      json: { title: `title ${n}`, description: `description ${n}`, price: n },
    }),
  )
  expect(tally(answers)).toEqual({ 200: count })
  for (const [n, { body }] of answers.entries())
    expect(body).toMatchObject({ id: 1, title: `title ${n}`, price: n })
  const row = (await tablesOf(w)).items[1]
  const n = Number(String(row?.title).split(" ")[1])
  expect(row).toMatchObject({ title: `title ${n}`, description: `description ${n}`, price: n })
})

test("patches of different members do not undo each other", async () => {
  const patches = [{ title: "other" }, { description: "other" }, { price: 99 }]
  await Promise.all(patches.map((json) => w.call("PATCH", "/items/1", { token: w.ann.token, json })))
  expect((await tablesOf(w)).items[1]).toMatchObject({ title: "other", description: "other", price: 99 })
})

test("of many deletes one finds the row, and a change that comes too late finds none", async () => {
  const answers = await times(20, (n) =>
    n % 4
      ? w.call("DELETE", "/items/1", { token: w.ann.token })
      : w.call("PATCH", "/items/1", { token: w.ann.token, json: { price: n } }),
  )
  const counts = tally(answers)
  expect(counts[204]).toBe(1)
  expect((counts[200] ?? 0) + (counts[404] ?? 0)).toBe(19)
  expect((await tablesOf(w)).items[1]).toBeUndefined()
})

test("an item never outlives its owner, made while the owner goes", async () => {
  const json = { title: "late", price: 1 }
  const answers = await times(21, (n) =>
    n === 10
      ? w.call("DELETE", "/users/1", { token: w.root.token })
      : w.call("POST", "/users/1/items", { token: n % 2 ? w.ann.token : w.root.token, json }),
  )
  expect(answers[10]?.status).toBe(204)
  // Made before, or refused after: 401 to Ann, who is no more, 404 or 422 to Root.
  for (const { status, text } of answers) expect([201, 204, 401, 403, 404, 409, 422], text).toContain(status)
  const { items, users } = await tablesOf(w)
  expect(users[1]).toBeUndefined()
  expect(Object.values(items).filter((row) => row.owner_id === 1)).toEqual([])
})
