import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "vitest"
import type { Answer, Call } from "./client.ts"
import { eventually } from "./http.ts"
import { outcomeOf, replayed } from "./keyed.ts"

/** A write, as clients send it: each time with its key. */
interface Write {
  method: string
  path: string
  json: unknown
  headers: Record<string, string>
}

interface Written {
  write: Write
  answer: Answer
}

interface Item {
  id: number
  title: string
  price: number
}

/** A server under a test that breaks it, and who writes there. */
export interface Site {
  call: Call
  token: string
}

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

const create = (key: string, json: unknown): Write => ({
  method: "POST",
  path: "/items",
  json,
  headers: { "idempotency-key": key },
})
const single = (n: number): Write => create(`one-${n}`, { title: `one-${n}`, price: n })
const several = (n: number): Write =>
  create(
    `many-${n}`,
    numbers(3).map((i) => ({ title: `many-${n}-${i}`, price: i })),
  )

/** Changes the row that an answer has, if it is as it was then. */
function patch({ body, headers }: Answer): Write {
  const { id, price } = body as Item
  const conditions = { "idempotency-key": `patch-${id}`, "if-match": headers.get("etag") as string }
  return { method: "PATCH", path: `/items/${id}`, json: { price: price + 0.5 }, headers: conditions }
}

const send = ({ call, token }: Site, { method, path, json, headers }: Write): Promise<Answer> =>
  call(method, path, { token, json, headers })

/** Sends a write again until it is answered: after a broken connection, and while the database is away. */
async function answered(site: Site, write: Write): Promise<Answer> {
  const until = performance.now() + 60_000
  for (;;) {
    const answer = await send(site, write).catch((error: unknown) => {
      if (!(error instanceof TypeError) || performance.now() > until) throw error
    })
    if (answer && (answer.status !== 503 || performance.now() > until)) return answer
    await sleep(20)
  }
}

/** Breaks what serves as soon as a row is there whose writer may not know of it yet: the retry is a replay. */
async function brokenAfter(site: Site, write: Write, breaks: () => Promise<void>): Promise<Written> {
  const { title } = write.json as Item
  const first = answered(site, write)
  await eventually(async () => {
    const { body } = await site.call("GET", `/items?title=${title}`)
    expect(body).toHaveLength(1)
  }, 60_000)
  await breaks()
  await first
  const answer = await answered(site, write)
  expect(replayed(answer)).toBe(true)
  return { write, answer }
}

/**
 * 50 clients create `count` rows, some by arrays of three, and change each fourth, while `breaks` break what serves them,
 * one after the other. Each request has a key, and is sent again until it is answered.
 */
export async function writtenThrough(
  site: Site,
  count: number,
  breaks: (() => Promise<void>)[],
): Promise<Written[]> {
  const queue = numbers(count / 20).flatMap((group) => [
    several(group),
    ...numbers(17).map((n) => single(17 * group + n)),
  ])
  const lost = queue.splice(-breaks.length)
  const each = Math.floor(queue.length / (breaks.length + 1))
  const written: Written[] = []
  const done = async (write: Write): Promise<Answer> => {
    const answer = await answered(site, write)
    expect([200, 201], answer.text).toContain(answer.status)
    written.push({ write, answer })
    return answer
  }
  const client = async () => {
    for (let write = queue.shift(); write; write = queue.shift()) {
      const made = await done(write)
      if (!Array.isArray(write.json) && (made.body as Item).price % 4 === 0) await done(patch(made))
    }
  }
  const breaker = async () => {
    for (const [n, write] of lost.entries()) {
      while (queue.length > (breaks.length - n) * each) await sleep(1)
      written.push(await brokenAfter(site, write, breaks[n] as () => Promise<void>))
    }
  }
  await Promise.all([...numbers(50).map(client), breaker()])
  return written
}

/** Checks that each write was done once, as its client was told, and that each client is told so again. */
export async function expectOnce(site: Site, count: number, written: Written[]): Promise<void> {
  const list = await site.call("GET", "/items?limit=1000")
  const rows = new Map((list.body as Item[]).map((row) => [row.id, row]))
  expect(list.links.next).toBeUndefined()
  expect(rows.size).toBe(count)
  expect(new Set([...rows.values()].map(({ title }) => title)).size).toBe(count)
  // What a row's last write was answered: the patch of a row comes after its create.
  const told = new Map(
    written.flatMap(({ answer }) => [answer.body].flat() as Item[]).map((row) => [row.id, row]),
  )
  expect(told).toEqual(rows)
  const clients = numbers(20).map(async () => {
    for (let one = written.pop(); one; one = written.pop()) {
      const again = await send(site, one.write)
      expect(outcomeOf(again)).toEqual(outcomeOf(one.answer))
      expect(replayed(again), again.text).toBe(true)
    }
  })
  await Promise.all(clients)
}
