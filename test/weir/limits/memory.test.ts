import { beforeEach, describe, expect, test } from "vitest"
import { BindingLimiter } from "../../../src/weir/limits/binding.ts"
import { ClientLimits } from "../../../src/weir/limits/client-limits.ts"
import { type Limiter, open } from "../../../src/weir/limits/limiter.ts"
import { MemoryLimiter } from "../../../src/weir/limits/memory.ts"

const growing = { name: "sign-in", amount: 3, growing: true }
const plain = { name: "requests", amount: 3, growing: false }
let now = 0
let limiter: MemoryLimiter
const take = (limit = growing, key = "a", cost = 1) => limiter.take(key, cost, limit)

beforeEach(() => {
  now = 1_000_000
  limiter = new MemoryLimiter(() => now)
})

test("a limiter that counts to its own number is not held to the setting's", async () => {
  const amounts = {
    signInPerAccount: 0,
    signInPerAddress: 0,
    signUpPerAddress: 2,
    mailPerAccount: 0,
    mailPerAddress: 0,
    requests: 0,
  }
  let counted = 0
  const binding = { limit: async () => ({ success: ++counted <= 10 }) }
  const headers = {}
  const create = (limiter: Limiter, rows: number) =>
    new ClientLimits(amounts, limiter).count({ kind: "sign_up", rows }, "192.0.2.1", headers)
  await create(new BindingLimiter(binding), 5)
  await create(open, 5)
  await expect(create(new MemoryLimiter(), 5)).rejects.toMatchObject({ status: 422 })
  await expect(create(new BindingLimiter(binding), 6)).rejects.toMatchObject({ status: 429 })
})

describe("a limiter in memory", () => {
  test("allows so many attempts a minute, by key and by limit", () => {
    expect([take(), take(), take()].map(({ remaining }) => remaining)).toEqual([2, 1, 0])
    expect(take()).toMatchObject({ allowed: false, remaining: 0 })
    expect(take(growing, "b").allowed).toBe(true)
    expect(take(plain).allowed).toBe(true)
  })

  test("begins anew with the next minute", () => {
    for (let i = 0; i < 3; i++) expect(take(plain).allowed).toBe(true)
    now += 20_000
    expect(take(plain)).toEqual({ allowed: false, remaining: 0, resetMs: 40_000 })
    now += 40_000
    expect(take(plain).allowed).toBe(true)
  })

  test("counts an attempt of many as many", () => {
    expect(take(growing, "a", 2).remaining).toBe(1)
    expect(take(growing, "a", 2).allowed).toBe(false)
  })

  test("blocks a client longer each time, up to 15 minutes; attempts meanwhile lengthen nothing", () => {
    const blocks = [1, 2, 3, 4, 5, 6, 7].map(() => {
      while (take().allowed);
      const { resetMs } = take()
      now += resetMs
      return resetMs / 60_000
    })
    expect(blocks).toEqual([1, 2, 4, 8, 15, 15, 15])
    for (let i = 0; i < 3; i++) expect(take().allowed).toBe(true)
  })

  test("forgets blocks after an hour", () => {
    const blocked = () => {
      while (take().allowed);
      return take().resetMs / 60_000
    }
    expect(blocked()).toBe(1)
    now += 61_000
    expect(blocked()).toBe(2)
    now += 3_600_000 + 121_000
    expect(blocked()).toBe(1)
  })
})

test("a Worker's binding is asked once for each of many", async () => {
  const keys: string[] = []
  const binding = {
    limit: async ({ key }: { key: string }) => ({ success: keys.push(key) <= 3 }),
  }
  const limit = new BindingLimiter(binding)
  expect(await limit.take("a", 2, growing)).toMatchObject({ allowed: true })
  expect(await limit.take("a", 9, growing)).toMatchObject({ allowed: false, remaining: 0 })
  expect(keys).toEqual(["sign-in a", "sign-in a", "sign-in a", "sign-in a"])
})
