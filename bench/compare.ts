import { isDeepStrictEqual } from "node:util"
import { create, newItem, reads } from "./routes.ts"
import type { Origins } from "./servers.ts"

/** Throws unless all servers return the same bodies: one that does less work would win unfairly. */
export async function compare(origins: Origins, token: string): Promise<void> {
  for (const { path } of reads) {
    const expected = await json(await fetch(origins.floor + path), 200)
    for (const [name, origin] of Object.entries(origins)) {
      const body = await json(await fetch(origin + path), 200)
      const wanted = name === "plain" ? withOneInstant(expected) : expected
      if (!isDeepStrictEqual(body, wanted)) throw different(name, path, body, wanted)
    }
  }
  const expected = withoutGenerated(await json(await post(origins.floor, token), 201))
  for (const [name, origin] of Object.entries(origins)) {
    const body = withoutGenerated(await json(await post(origin, token), 201))
    const wanted = name === "plain" ? withOneInstant(expected) : expected
    if (!isDeepStrictEqual(name === "plain" ? withOneInstant(body) : body, wanted))
      throw different(name, `POST ${create.path}`, body, wanted)
  }
}

const post = (origin: string, token: string): Promise<Response> =>
  fetch(origin + create.path, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(newItem),
  })

async function json(response: Response, status: number): Promise<unknown> {
  const text = await response.text()
  if (response.status !== status) throw new Error(`${response.url} answered ${response.status}: ${text}`)
  return JSON.parse(text)
}

/** A created row with fixed values in place of its id and its instants, which differ between servers. */
const withoutGenerated = (row: unknown): unknown => ({
  ...(row as object),
  id: 0,
  created_at: "",
  updated_at: "",
})

/** The rows of the plain statements, which have one instant each. */
function withOneInstant(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withOneInstant)
  if (typeof value !== "object" || value === null) return value
  const members = Object.entries(value).filter(([name]) => name !== "updated_at")
  return Object.fromEntries(members.map(([name, member]) => [name, withOneInstant(member)]))
}

const different = (name: string, path: string, body: unknown, expected: unknown): Error => {
  const excerpt = (value: unknown) => JSON.stringify(value).slice(0, 400)
  return new Error(`${name} and floor differ at ${path}:\n${excerpt(body)}\n${excerpt(expected)}`)
}
