import { expect } from "vitest"
import type { Answer, Call } from "./client.ts"

/** Whether an answer is that of an earlier request with its key. */
export const replayed = ({ headers }: Answer): boolean => headers.get("idempotency-replayed") === "true"

/** Status, body and the headers that a write has. */
export const outcomeOf = ({ status, text, headers }: Answer) => ({
  status,
  text,
  etag: headers.get("etag"),
  location: headers.get("location"),
})

/** A caller that gives each write a key, and retries it, by way of another process if there is one. */
export function keyedTwice(call: Call, retry: Call = call): Call {
  let keys = 0
  return async (method, path, options = {}) => {
    if (method === "GET") return call(method, path, options)
    const keyed = { ...options, headers: { ...options.headers, "idempotency-key": `twice-${keys++}` } }
    const first = await call(method, path, keyed)
    const second = await retry(method, path, keyed)
    expect(outcomeOf(second)).toEqual(outcomeOf(first))
    expect([replayed(first), replayed(second)]).toEqual([false, true])
    return first
  }
}
