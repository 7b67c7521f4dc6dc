import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { hotp, stepAt } from "../../../src/weir/auth/totp.ts"
import { fromBase32 } from "../../../src/weir/lib/base32.ts"
import { type AccountWorld, accountWorld, password, type Tokens } from "../support/account-world.ts"

let w: AccountWorld
let ann: Tokens
beforeEach(async () => {
  w = await accountWorld()
  ann = await w.signIn("ann")
})
afterEach(async () => {
  vi.useRealTimers()
  await w.close()
})

/** In workerd, each request opens a connection of its own; over HTTP, there is one writer for all of them. */
const isSmall = () => !["libsql-file", "postgres"].includes(w.driver)
const atOnce = <T>(times: number, work: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: times }, (_, i) => work(i)))
const count = async (rows: string) => Number((await w.run(`select count(*) from ${rows}`))[0]?.[0])
const post = (path: string, json: unknown) => w.call("POST", path, { token: ann.access_token, json })
const time = "2026-01-01T00:00:00.000Z"
const far = "2099-01-01T00:00:00.000Z"
const numbers = (n: number) => Array.from({ length: n }, (_, i) => i)

describe("of an account that makes many at once", () => {
  test("there are a hundred keys, and the others are told so", async () => {
    const [there, made] = isSmall() ? [97, 6] : [0, 150]
    const rows = numbers(there).map((i) => `(1, 'k', 'weir_', 'hash ${i}', '["*"]', '${time}')`)
    if (there)
      await w.run(
        `insert into api_keys (user_id, name, start, key_hash, scopes, created_at) values ${rows.join()}`,
      )
    const answers = await atOnce(made, () => post("/api_keys", { name: "x", scopes: ["*"] }))
    const refused = answers.filter(({ status }) => status !== 201)
    expect(refused).toHaveLength(there + made - 100)
    for (const { status, body } of refused) {
      expect(status).toBe(403)
      expect(body).toMatchObject({ detail: "An account may have 100 keys: delete one first" })
    }
    expect(await count("api_keys")).toBe(100)
    expect(await count("audit where event = 'key_made'")).toBe(100 - there)
    const { body } = answers.find(({ status }) => status === 201) as { body: { id: number } }
    expect((await w.call("DELETE", `/api_keys/${body.id}`, { token: ann.access_token })).status).toBe(204)
    expect((await post("/api_keys", { name: "x", scopes: ["*"] })).status).toBe(201)
  })

  test("there are a hundred sessions", async () => {
    const rows = numbers(98).map(
      (i) => `(1, 'family ${i}', 'hash', 'mark', 'password', '${time}', '${time}', '${far}')`,
    )
    await w.run(
      `insert into sessions (user_id, family_hash, token_hash, password_mark, method, created_at, last_used_at, expires_at) values ${rows.join()}`,
    )
    await atOnce(isSmall() ? 6 : 20, () => w.signIn("ann"))
    expect(await count("sessions where user_id = 1")).toBe(100)
  })

  test("there is one app that is not confirmed, and are five that are", async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] })
    const begin = () => post("/auth/factors", { current_password: password })
    for (let apps = 1; apps <= 5; apps++) {
      const answers = await atOnce(isSmall() ? 4 : 20, begin)
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
      expect(await count("account_factors where confirmed_at is null")).toBe(1)
      const confirmed = await Promise.all(
        answers.map(({ body }) => {
          const { id, secret } = body as { id: number; secret: string }
          const code = hotp(fromBase32(secret) as Uint8Array, stepAt(Date.now()))
          return post(`/auth/factors/${id}/confirm`, { code })
        }),
      )
      expect(confirmed.filter(({ status }) => status === 200)).toHaveLength(1)
    }
    expect((await begin()).body).toMatchObject({ detail: "An account may have 5 apps: remove one first" })
    expect(await count("account_factors where kind = 'totp'")).toBe(5)
    const renewed = await atOnce(isSmall() ? 4 : 20, () =>
      post("/auth/recovery-codes", { current_password: password }),
    )
    expect(renewed.every(({ status }) => status === 200)).toBe(true)
    expect(await count("account_factors where kind = 'recovery'")).toBe(10)
  })
})
