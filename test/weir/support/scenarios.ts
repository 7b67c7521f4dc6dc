// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, expect, test } from "vitest"
import type { Answer, CallOptions } from "./client.ts"
import { authSecret } from "./fresh.ts"
import { type Person, type World, world } from "./world.ts"

export type Who = "anonymous" | "ann" | "bob" | "root"
type Row = Record<string, unknown>
/** The rows of every table, by id. */
export type Tables = Record<"users" | "items", Record<number, Row>>

/** One request in a fresh world: who asks for what, and all that must come of it. */
export interface Scenario {
  name: string
  /** Default: anonymous. */
  as?: Who
  method: string
  path: string
  json?: unknown
  body?: string
  headers?: Record<string, string>
  /** Done to the world before the request. */
  prepare?: (w: World) => Promise<unknown>
  status: number
  code?: string
  /** What the body must match, as `toMatchObject` has it. */
  content?: unknown
  /** Texts that the answer must hold, and those that must not be in it. */
  holds?: string[]
  lacks?: string[]
  /** The `path` of every error, in any order: all of them, and no other. */
  errors?: string[]
  /** The rows that are not what they were: what they must match now, or null for one that is gone. Default: none. */
  after?: Partial<Record<keyof Tables, Record<number, Row | null>>>
}

const columns = {
  users: ["id", "email", "username", "hashed_password", "role", "created_at", "updated_at"],
  items: ["id", "title", "description", "price", "owner_id", "created_at", "updated_at"],
}
const numbers = new Set(["id", "owner_id", "price"])

/** Everything that is stored, read past the API. */
export async function tablesOf({ database }: Pick<World, "database">): Promise<Tables> {
  const client = database.connect()
  const tables: Tables = { users: {}, items: {} }
  for (const name of ["users", "items"] as const) {
    const text = `select ${columns[name].join(", ")} from ${name} order by id`
    for (const values of await client.query({ text, params: [], bounded: true })) {
      // Postgres gives a bigint as text.
      const row = Object.fromEntries(
        columns[name].map((c, i) => [c, numbers.has(c) ? Number(values[i]) : values[i]]),
      )
      tables[name][row.id as number] = row
    }
  }
  await client.close?.()
  return tables
}

/** Runs a statement past the API. */
export async function execute({ database }: Pick<World, "database">, text: string): Promise<void> {
  const client = database.connect()
  await client.batch([{ text, params: [] }])
  await client.close?.()
}

export const personOf = (w: World, who: Who): Person | undefined => (who === "anonymous" ? undefined : w[who])

/**
 * Declares a test per scenario. Each finds the world as new: it is made again after a scenario that
 * changed a row or failed, and passed on by one that did not, for a new database costs 20 to 100 ms.
 */
export function scenarios(table: Scenario[]): void {
  let kept: { w: World; before: Tables } | undefined
  afterAll(() => kept?.w.close())
  for (const scenario of table)
    test(scenario.name, async () => {
      const { w, before } = kept ?? (await pristine())
      kept = undefined
      let untouched = false
      try {
        await scenario.prepare?.(w)
        const start = scenario.prepare ? await tablesOf(w) : before
        await run(w, scenario)
        untouched = verifyRows(start, await tablesOf(w), scenario) && !scenario.prepare
      } finally {
        if (untouched) kept = { w, before }
        else await w.close()
      }
    })
}

async function pristine(): Promise<{ w: World; before: Tables }> {
  const w = await world()
  return { w, before: await tablesOf(w) }
}

async function run(w: World, scenario: Scenario): Promise<void> {
  const { as = "anonymous", method, path, json, body, headers, status } = scenario
  const options: CallOptions = { token: personOf(w, as)?.token, json }
  if (body !== undefined) options.body = body
  if (headers) options.headers = headers
  const answer = await w.call(method, path, options)
  expect(answer.status, answer.text).toBe(status)
  expectSafe(w, as, answer, `${method} ${path}`)
  const problem = answer.body as { code?: string; errors?: { path: string }[] } | undefined
  if (scenario.code) expect(problem?.code).toBe(scenario.code)
  if (scenario.errors)
    expect([...new Set(problem?.errors?.map((e) => e.path))].sort()).toEqual([...scenario.errors].sort())
  if (scenario.content !== undefined) expect(answer.body).toMatchObject(scenario.content as object)
  // Postgres sets a space after a colon: the same words for all.
  const words = answer.body === undefined ? answer.text : JSON.stringify(answer.body)
  for (const part of scenario.holds ?? []) expect(words).toContain(part)
  for (const part of scenario.lacks ?? []) expect(words).not.toContain(part)
}

/** Holds the rows against what the scenario wants. Whether all of them are what they were. */
function verifyRows(before: Tables, now: Tables, { after = {} }: Scenario): boolean {
  for (const name of ["users", "items"] as const) {
    const expected = after[name] ?? {}
    const ids = new Set([...Object.keys(before[name]), ...Object.keys(now[name])].map(Number))
    for (const id of Object.keys(expected).map(Number)) ids.add(id)
    for (const id of ids) {
      const [row, want] = [now[name][id], expected[id]]
      if (want === undefined) expect(row, `${name} ${id} is as it was`).toEqual(before[name][id])
      else if (want === null) expect(row, `${name} ${id} is gone`).toBeUndefined()
      else expect(row, `${name} ${id}`).toMatchObject(want)
    }
  }
  return Object.keys(after).length === 0
}

const traces = [
  // Of SQL and of databases' own words
  /\bselect\b[^<]{0,200}\bfrom\b/i,
  /\binsert into\b|\bdelete from\b|\breturning\b/i,
  /SQLITE_|constraint failed|violates|syntax error at|relation "|no such (table|column)|too many SQL/i,
  // Of stacks and of files
  /\n\s+at |\.ts:\d|\.js:\d|node_modules|file:\/\//,
  // Of secrets
  /\$scrypt\$/,
  new RegExp(authSecret),
]

const securityHeaders: [name: string, value: RegExp][] = [
  ["content-security-policy", /default-src 'none'.*base-uri 'none'.*frame-ancestors 'none'/],
  ["referrer-policy", /no-referrer/],
  ["strict-transport-security", /^max-age=31536000; includeSubDomains$/],
  ["x-content-type-options", /^nosniff$/],
  ["x-frame-options", /^DENY$/],
  ["x-request-id", /^[\w.:/+=-]{1,128}$/],
]

/** What holds for every answer there is: its headers, the shape of a problem, and what is in none of them. */
export function expectSafe(w: World, as: Who, answer: Answer, request: string): void {
  const { status, headers, text } = answer
  expect(status, `${request}: ${text}`).toBeLessThan(500)
  for (const [name, value] of securityHeaders) expect(headers.get(name), `${request}: ${name}`).toMatch(value)
  const whole = `${[...headers].join("\n")}\n${text}`
  for (const trace of traces) expect(whole, request).not.toMatch(trace)
  // The documents' example of an email is Ann's.
  if (as !== "root" && !request.endsWith("/openapi.json"))
    for (const who of ["ann", "bob", "root"] as const)
      if (who !== as) expect(whole, `${request}: ${who}'s email`).not.toContain(w[who].email)
  if (status < 400) return
  expect(headers.get("content-type"), request).toBe("application/problem+json")
  if (status === 401) expect(headers.get("www-authenticate"), request).toMatch(/^Bearer\b/)
  if (status === 405) expect(headers.get("allow"), request).toMatch(/^[A-Z]+(, [A-Z]+)*$/)
  if (request.startsWith("HEAD")) return
  expect(answer.body, request).toMatchObject({
    type: expect.any(String),
    title: expect.stringMatching(/\w/),
    status,
    detail: expect.stringMatching(/\w/),
    code: expect.stringMatching(/^[a-z_]+$/),
    request_id: headers.get("x-request-id"),
  })
  if (status === 422)
    expect((answer.body as { errors: unknown[] }).errors[0], `${request}: ${text}`).toMatchObject({
      path: expect.any(String),
      message: expect.any(String),
      code: expect.any(String),
    })
}
