import { setTimeout as sleep } from "node:timers/promises"
import { type Answer, newSku, type Row, send } from "./shop.ts"

/**
 * Sends a write until it is answered. Its key is made once, and goes with each try: whatever became of the tries before,
 * the write is done once.
 */
export async function sendOnce(
  method: string,
  path: string,
  json: unknown,
  attempt: typeof send<Row> = send,
): Promise<Answer<Row>> {
  const headers = { "idempotency-key": crypto.randomUUID() }
  for (let wait = 100; ; wait *= 2) {
    try {
      const answer = await attempt(method, path, json, headers)
      if (answer.status !== 503 && answer.status !== 429) return answer
      if (wait > 10_000) return answer
    } catch (error) {
      if (wait > 10_000) throw error
    }
    await sleep(wait)
  }
}

/** A bad line: the first answer is lost on its way. */
let tries = 0
const badLine: typeof send<Row> = async (...request) => {
  const answer = await send(...request)
  if (tries++ === 0) throw new TypeError("The connection broke")
  return answer
}

const name = `Lamp ${newSku()}`
const made = await sendOnce("POST", "/products", { sku: newSku(), name, price: 20 }, badLine)
console.log(`${tries} tries: ${made.status}, replayed: ${made.headers.get("idempotency-replayed")}`)
const { body: rows } = await send<Row[]>("GET", `/products?name=${encodeURIComponent(name)}`)
console.log(`Lamps: ${rows.length}`)
