import { afterEach, beforeEach, expect, test } from "vitest"
import type { Answer } from "../support/client.ts"
import { type Step, steps } from "../support/parity-steps.ts"
import { type World, world } from "../support/world.ts"
import committed from "./parity.snapshot.json"

/**
 * One scenario, one transcript, whatever the driver and the runtime. The transcript is committed: workerd has
 * no file system to keep snapshots in. To write it anew, look at what changed, and commit it:
 *
 *     UPDATE_PARITY=1 npx vitest run --project libsql-file test/api/parity
 *     npx biome format --write test/api/parity.snapshot.json
 */
interface Entry {
  request: string
  status: number
  type: string | null
  location?: string
  link?: string
  allow?: string
  total?: string
  body?: unknown
}

let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

/** A body without what differs from run to run: the digits of timestamps, and ids of requests. */
function settled(value: unknown, key?: string): unknown {
  if (Array.isArray(value)) return value.map((one) => settled(one))
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, settled(inner, name)]))
  if (key === "request_id") return ""
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value))
    return value.replace(/\d/g, "0")
  return value
}

function entryOf({ as, method, path, options, timed }: Step, answer: Answer): Entry {
  const { status, headers, body } = answer
  const sent = options?.json === undefined ? (options?.body ?? "") : JSON.stringify(options.json)
  const entry: Entry = {
    request: [as ?? "anybody", method, path, sent.slice(0, 100)].join(" ").trim(),
    status,
    type: headers.get("content-type"),
  }
  for (const [name, header] of [
    ["location", "location"],
    ["link", "link"],
    ["allow", "allow"],
    ["total", "x-total-count"],
  ] as const) {
    const value = headers.get(header)
    if (value !== null && !(name === "link" && timed)) entry[name] = value
  }
  if (body !== undefined) entry.body = settled(body)
  return entry
}

/** An entry as text. D1 does not say which statement of a batch failed: there, no row of an array is named. */
function told(entry: unknown): string {
  const text = JSON.stringify(entry, null, 1)
  return w.driver === "workerd-d1" ? text.replace(/"(path|detail)": "\d+\./g, '"$1": "') : text
}

test("every driver tells the same story", async () => {
  const transcript: Entry[] = []
  for (const step of steps) {
    const token = step.options?.token ?? (step.as && w[step.as].token)
    transcript.push(entryOf(step, await w.call(step.method, step.path, { ...step.options, token })))
  }
  if (process.env.UPDATE_PARITY && w.driver === "libsql-file") {
    const { writeFileSync } = await import("node:fs")
    // In ASCII: the loader of workerd's tests stumbles over U+2028.
    const text = JSON.stringify(transcript, null, 2).replace(
      /[^\x20-\x7e\n]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    )
    writeFileSync(new URL("parity.snapshot.json", import.meta.url), `${text}\n`)
    return
  }
  expect(transcript).toHaveLength(committed.length)
  // As text, because the order of keys counts.
  for (const [i, entry] of transcript.entries()) expect.soft(told(entry)).toBe(told(committed[i]))
})

test("every driver answers a write that comes right after another", async () => {
  const client = w.database.connect()
  const write = { text: "update items set price = price + 1", params: [] }
  let settled = 0
  const inTurn = (async () => {
    for (; settled < 5; settled++) await client.batch([write])
  })()
  // Not an await between them but the write's own: a queue that goes to sleep in that moment never wakes.
  await Promise.race([inTurn, new Promise((resolve) => setTimeout(resolve, 3_000))])
  expect(settled).toBe(5)
  await client.close?.()
})
