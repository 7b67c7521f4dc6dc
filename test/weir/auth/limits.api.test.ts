// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { ClientLimits, type LimitAmounts } from "../../../src/weir/limits/client-limits.ts"
import { MemoryLimiter } from "../../../src/weir/limits/memory.ts"
import type { Answer } from "../support/client.ts"
import { password, type World, world } from "../support/world.ts"

const none: LimitAmounts = {
  signInPerAccount: 0,
  signInPerAddress: 0,
  signUpPerAddress: 0,
  mailPerAccount: 0,
  mailPerAddress: 0,
  requests: 0,
}
let w: World
afterEach(() => w.close())

/** A world whose clients say which address they have. */
async function limited(amounts: Partial<LimitAmounts>): Promise<void> {
  w = await world({
    limits: new ClientLimits({ ...none, ...amounts }, new MemoryLimiter()),
    addressOf: (c) => c.req.header("x-test-address"),
  })
}

const signIn = (username: string, tried: string, address = "192.0.2.1"): Promise<Answer> =>
  w.call("POST", "/auth/token", {
    body: new URLSearchParams({ username, password: tried }).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", "x-test-address": address },
  })
const statuses = async (times: number, attempt: (i: number) => Promise<Answer>): Promise<number[]> => {
  const all: number[] = []
  for (let i = 0; i < times; i++) all.push((await attempt(i)).status)
  return all
}

describe("signing in", () => {
  beforeEach(() => limited({ signInPerAccount: 3, signInPerAddress: 5 }))

  test("is limited by account and address, whatever the spelling of the name", async () => {
    const names = ["ann@example.com", "ANN@example.com", " Ann@Example.com "]
    expect(await statuses(3, (i) => signIn(names[i] as string, "wrong"))).toEqual([400, 400, 400])
    const refused = await signIn("ann@example.com", password)
    expect(refused.status).toBe(429)
    expect(refused.body).toMatchObject({ code: "too_many_requests" })
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(30)
    // Bob is another account, and the address has attempts left.
    expect((await signIn("bob@example.com", password)).status).toBe(200)
  })

  test("says in its headers what is left", async () => {
    const { headers } = await signIn("ann@example.com", password)
    expect(headers.get("ratelimit-policy")).toBe('"sign-in-address";q=5;w=60, "sign-in-account";q=3;w=60')
    expect(headers.get("ratelimit")).toMatch(/^"sign-in-address";r=4;t=\d+, "sign-in-account";r=2;t=\d+$/)
    expect((await w.call("GET", "/items")).headers.get("ratelimit")).toBeNull()
  })

  test("works with the right password while others guess, from an address that has not", async () => {
    // More than ten times an account's limit: the last ones wait, and none is refused.
    const guesses = Array.from({ length: 33 }, (_, i) =>
      signIn("ann@example.com", "wrong", `198.51.100.${i}`),
    )
    expect(new Set((await Promise.all(guesses)).map(({ status }) => status))).toEqual(new Set([400]))
    expect((await signIn("ann@example.com", password, "203.0.113.9")).status).toBe(200)
  })

  test("gives no attempts back for a success", async () => {
    const tried = async (i: number) =>
      i % 2 ? signIn("bob@example.com", password) : signIn("ann@example.com", "wrong")
    expect(await statuses(6, tried)).toEqual([400, 200, 400, 200, 400, 429])
    expect((await signIn("root@example.com", password)).status).toBe(429)
  })

  test("counts the addresses of an IPv6 network as one", async () => {
    const tried = (i: number) => signIn(`nobody${i}`, "wrong", `2001:db8::${i + 1}`)
    expect(await statuses(6, tried)).toEqual([400, 400, 400, 400, 400, 429])
    expect((await signIn("nobody", "wrong", "2001:db8:0:1::1")).status).toBe(400)
  })

  test("and changes that check the present password are limited alike", async () => {
    const json = { password: "another one", current_password: "wrong" }
    const change = () => w.call("PATCH", "/users/me", { token: w.ann.token, json })
    expect(await statuses(4, change)).toEqual([422, 422, 422, 429])
    // An admin needs no password to change one.
    const reset = w.call("PATCH", `/users/${w.bob.id}`, {
      token: w.root.token,
      json: { password: "another one" },
    })
    expect((await reset).status).toBe(200)
  })
})

describe("signing up", () => {
  const user = (i: number) => ({
    email: `u${i}@example.com`,
    username: `user${i}`,
    password: "correct horse",
  })
  beforeEach(() => limited({ signUpPerAddress: 2 }))

  test("counts a create of many as many, and hashes nothing beyond the limit", async () => {
    expect((await w.call("POST", "/users", { json: user(8) })).status).toBe(201)
    const many = await w.call("POST", "/users", { json: [user(1), user(2)] })
    expect(many.status).toBe(429)
    expect(many.headers.get("retry-after")).toBe("60")
    expect((await w.call("GET", "/users?count=exact")).headers.get("x-total-count")).toBe("4")
    const elsewhere = { "x-test-address": "192.0.2.2" }
    expect((await w.call("POST", "/users", { json: user(1), headers: elsewhere })).status).toBe(201)
  })

  test("refuses a create that no wait makes possible, names the setting, and counts nothing", async () => {
    const never = await w.call("POST", "/users", { json: [user(1), user(2), user(3)] })
    expect(never.status).toBe(422)
    expect(never.headers.get("retry-after")).toBeNull()
    expect(never.body).toMatchObject({
      code: "invalid_request",
      errors: [
        {
          path: "body",
          message: "creates 3 accounts, of at most 2 a minute (SIGN_UP_PER_ADDRESS)",
          code: "too_many",
        },
      ],
    })
    // As many as the limit are possible, at once.
    expect((await w.call("POST", "/users", { json: [user(1), user(2)] })).status).toBe(201)
  })

  test("does not count what is not valid, nor what an admin creates", async () => {
    const bad = () => w.call("POST", "/users", { json: { email: "no" } })
    expect(await statuses(3, bad)).toEqual([422, 422, 422])
    const asRoot = (i: number) => w.call("POST", "/users", { token: w.root.token, json: user(i) })
    expect(await statuses(3, asRoot)).toEqual([201, 201, 201])
  })
})

describe("requests as a whole", () => {
  test("are limited by address, and by viewer; probes are not", async () => {
    await limited({ requests: 3 })
    const read = (address: string, token?: string) =>
      w.call("GET", "/items", { token, headers: { "x-test-address": address } })
    expect(await statuses(4, () => read("192.0.2.1"))).toEqual([200, 200, 200, 429])
    expect(await statuses(4, (i) => read(`192.0.2.${i + 2}`, w.ann.token))).toEqual([200, 200, 200, 429])
    expect((await read("192.0.2.9", w.bob.token)).status).toBe(200)
    const document = (await w.call("GET", "/openapi.json")).body as {
      paths: Record<string, { get?: { responses: object } }>
    }
    expect(document.paths["/items"]?.get?.responses).toHaveProperty("429")
    const probe = () => w.call("GET", "/health", { headers: { "x-test-address": "192.0.2.1" } })
    expect((await probe()).status).toBe(200)
  })

  test("count where their bodies are too large", async () => {
    await limited({ requests: 3 })
    const large = (address: string, token?: string) =>
      w.call("POST", "/items", {
        token,
        headers: { "content-type": "application/json", "x-test-address": address },
        body: " ".repeat(1_048_577),
      })
    expect(await statuses(4, () => large("192.0.2.1"))).toEqual([413, 413, 413, 429])
    expect(await statuses(4, (i) => large(`192.0.2.${i + 2}`, w.ann.token))).toEqual([413, 413, 413, 429])
  })
})
