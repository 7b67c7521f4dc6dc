import { Hono } from "hono"
import { expect, test } from "vitest"
import { Deadline } from "../../../src/weir/db/deadline.ts"
import { RequestCaller } from "../../../src/weir/http/caller.ts"
import type { AppEnv } from "../../../src/weir/http/context.ts"

/** The caller of a request. */
async function callerOf(init: RequestInit, deadline: Deadline): Promise<RequestCaller> {
  const app = new Hono<AppEnv>()
  let caller: RequestCaller | undefined
  app.get("/", (c) => {
    c.set("deadline", deadline)
    caller = new RequestCaller(c, { addressOf: () => "2001:db8::7" })
    return c.body(null)
  })
  await app.request("/", init)
  return caller as RequestCaller
}

test("a caller is gone once the client has hung up", async () => {
  const connection = new AbortController()
  const caller = await callerOf({ signal: connection.signal }, new Deadline())
  expect(caller.gone).toBe(false)
  connection.abort()
  expect(caller.gone).toBe(true)
})

test("a caller is gone once its request's time is up", async () => {
  const deadline = new Deadline()
  const caller = await callerOf({}, deadline)
  expect(caller.gone).toBe(false)
  deadline.expire()
  expect(caller.gone).toBe(true)
})

test("a caller's address is its network", async () => {
  const caller = await callerOf({}, new Deadline())
  expect(caller.address).toBe("2001:db8:0:0")
  expect(caller.count({ kind: "request" })).toBeUndefined()
})
