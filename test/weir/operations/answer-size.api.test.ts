import { afterEach, beforeEach, expect, test } from "vitest"
import { type Row, rowOf, rowsOf } from "../support/samples.ts"
import { type World, world } from "../support/world.ts"

/** How large an answer may be: in bytes, and in rows by its limits. */
const bytes = 65_536
let w: World
beforeEach(async () => {
  const rows = { anonymous: 3_000, user: 12_000, admin: 12_000 }
  w = await world({ answerLimits: { bytes, rows } })
  const json = Array.from({ length: 20 }, (_, i) => ({
    title: `long ${i}`,
    description: "é".repeat(1_000),
    price: i,
  }))
  expect((await w.call("POST", "/items", { token: w.ann.token, json })).status).toBe(201)
})
afterEach(() => w.close())

interface Issue {
  path: string
  message: string
  code: string
}

/** The 422 of an answer that is too large: the limits that it names, and the bytes that it says. */
async function tooLarge(path: string, token?: string): Promise<string[]> {
  const answer = await w.call("GET", path, { token })
  expect(answer.status, answer.text.slice(0, 300)).toBe(422)
  const problem = answer.body as { code: string; detail: string; errors: Issue[] }
  expect(problem.code).toBe("answer_too_large")
  expect(problem.detail).toMatch(/^The answer would be about \d[\d.]* (bytes|MB), of at most 65536 bytes: /)
  for (const issue of problem.errors) expect(issue.code).toBe("answer_too_large")
  return problem.errors.map(({ path }) => path)
}

test("a list within the limit is whole, and one above it is a 422 that names what to lower", async () => {
  // 20 rows of 2 KB, and 6 short ones, are 45 KB.
  expect(rowsOf(await w.call("GET", "/items?limit=26"))).toHaveLength(26)
  expect(await tooLarge("/users?limit=3&include=items.owner.items&include.items.limit=2")).toEqual([
    "limit",
    "include.items.limit",
    "include.items.owner.items.limit",
  ])
  expect(await tooLarge("/items?limit=20&include=owner.items")).toEqual([
    "limit",
    "include.owner.items.limit",
  ])
  const fewer = await w.call("GET", "/items?limit=10&include=owner.items&include.owner.items.limit=1")
  expect(rowsOf(fewer)).toHaveLength(10)
  const lean = await w.call(
    "GET",
    "/items?limit=20&fields=id&include=owner.items&include.owner.items.fields=id",
  )
  expect(rowsOf(lean)).toHaveLength(20)
})

test("so is a single read, with what it embeds; the row alone is there", async () => {
  expect(await tooLarge("/users/1?include=items.owner.items&include.items.limit=3")).toEqual([
    "include.items.limit",
    "include.items.owner.items.limit",
  ])
  expect(await tooLarge("/items/7?include=owner.items.owner.items", w.ann.token).catch(() => [])).toEqual([])
  expect(rowOf(await w.call("GET", "/users/1?include="))).toMatchObject({ id: 1 })
  expect((rowOf(await w.call("GET", "/users/1")) as { items: Row[] }).items).toHaveLength(23)
})

test("a page is measured, not the table, and by what its reader may see", async () => {
  const made = Array.from({ length: 20 }, (_, i) => ({
    title: `more ${i}`,
    description: "d".repeat(2_000),
    price: i,
  }))
  expect((await w.call("POST", "/items", { token: w.ann.token, json: made })).status).toBe(201)
  // 40 rows of 2 KB are above the limit; ten of them are not.
  expect(await tooLarge("/items?limit=1000")).toEqual(["limit"])
  const page = await w.call("GET", "/items?limit=10&sort=-id&count=exact")
  expect(rowsOf(page)).toHaveLength(10)
  expect(page.headers.get("x-total-count")).toBe("46")
  const next = /<([^>]*)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1] as string
  expect(rowsOf(await w.call("GET", next)).map(({ id }) => id)).toEqual([
    36, 35, 34, 33, 32, 31, 30, 29, 28, 27,
  ])
  expect(rowsOf(await w.call("GET", "/items?limit=1000&fields=id,title"))).toHaveLength(46)
  // A parent that is not there is a 404, however large the list would be.
  expect((await w.call("GET", "/users/99/items?limit=1000")).status).toBe(404)
})

test("numbers and instants count as what they are: an answer just below the limit is whole", async () => {
  const made = Array.from({ length: 450 }, (_, i) => ({ title: `n ${i}`, price: i % 10 }))
  expect((await w.call("POST", "/items", { token: w.bob.token, json: made })).status).toBe(201)
  const path = "/items?title[starts_with]=n&description[is_null]=true"
  const size = async (limit: number) => {
    const answer = await w.call("GET", `${path}&limit=${limit}`)
    return answer.status === 200 ? Buffer.byteLength(answer.text) : answer.status
  }
  const perRow = ((await size(300)) - (await size(200))) / 100
  const most = Math.floor(bytes / perRow)
  const nearly = await size(most - 3)
  expect(nearly).toBeGreaterThan(bytes * 0.95)
  expect(nearly).toBeLessThanOrEqual(bytes)
  expect(await tooLarge(`${path}&limit=450`)).toEqual(["limit"])
})

test("text that JSON escapes is measured by what is sent", async () => {
  const json = { title: "escaped", description: "\u0001".repeat(10_000), price: 1 }
  expect((await w.call("POST", "/items", { token: w.bob.token, json })).status).toBe(201)
  expect((await w.call("POST", "/items", { token: w.bob.token, json })).status).toBe(201)
  expect(await tooLarge("/items?title=escaped")).toEqual(["limit"])
  expect(rowsOf(await w.call("GET", "/items?title=escaped&limit=1"))).toHaveLength(1)
})

test("an answer of more than a megabyte is whole, and has a validator as any other", async () => {
  const rows = { anonymous: 3_000, user: 12_000, admin: 12_000 }
  await w.close()
  w = await world({ answerLimits: { bytes: 16_777_216, rows } })
  const made = Array.from({ length: 130 }, (_, i) => ({
    title: `large ${i}`,
    description: "dé😀".repeat(2_000),
    price: i,
  }))
  for (const json of [made.slice(0, 50), made.slice(50, 100), made.slice(100)])
    expect((await w.call("POST", "/items", { token: w.ann.token, json })).status).toBe(201)
  const path = "/items?limit=1000&title[starts_with]=large&sort=id"
  const whole = await w.call("GET", path)
  expect(whole.text.length).toBeGreaterThan(1_000_000)
  expect(rowsOf(whole).map(({ title, description }) => ({ title, description }))).toEqual(
    made.map(({ title, description }) => ({ title, description })),
  )
  expect(whole.headers.get("content-type")).toBe("application/json")
  const etag = whole.headers.get("etag") as string
  expect(etag).toMatch(/^"[^"]+"$/)
  const held = (tag: string) => w.call("GET", path, { headers: { "if-none-match": tag } })
  expect((await held(etag)).status).toBe(304)
  expect((await held('"other"')).status).toBe(200)
  expect((await w.call("HEAD", path)).headers.get("etag")).toBe(etag)
  await w.call("PATCH", `/items/${rowsOf(whole)[3]?.id}`, { token: w.ann.token, json: { price: 999 } })
  const changed = await held(etag)
  expect(changed.status).toBe(200)
  expect(changed.headers.get("etag")).not.toBe(etag)
})

test("the rows that the limits allow are bounded by kind of viewer; single rows do not count", async () => {
  const path = "/users?limit=40&include=items.owner&include.items.fields=id"
  const refused = await w.call("GET", path)
  expect(refused.status).toBe(422)
  expect((refused.body as { errors: Issue[] }).errors).toEqual([
    {
      path: "include",
      message: "may be 4040 rows with limit=40, of at most 3000: ask for fewer, here or there",
      code: "too_many",
    },
  ])
  expect((await w.call("GET", path, { token: w.ann.token })).status).toBe(200)
  expect((await w.call("GET", "/items?limit=1000&include=owner&fields=id")).status).toBe(200)
})
