import { isDeepStrictEqual } from "node:util"
import { create, newItem, reads } from "./routes.ts"
import { type Origins, serverNames } from "./servers.ts"

/** Throws unless all servers return the same bodies: one that does less work would win unfairly. */
export async function compare(origins: Origins, token: string): Promise<void> {
  for (const { path } of reads) {
    const expected = await json(await fetch(origins.floor + path), 200)
    for (const name of serverNames) {
      const body = await json(await fetch(origins[name] + path), 200)
      if (!isDeepStrictEqual(body, expected)) throw different(name, path, body, expected)
    }
  }
  const expected = withoutGenerated(await json(await post(origins.floor, token), 201))
  for (const name of serverNames) {
    const body = withoutGenerated(await json(await post(origins[name], token), 201))
    if (!isDeepStrictEqual(body, expected)) throw different(name, `POST ${create.path}`, body, expected)
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

const different = (name: string, path: string, body: unknown, expected: unknown): Error => {
  const excerpt = (value: unknown) => JSON.stringify(value).slice(0, 400)
  return new Error(`${name} and floor differ at ${path}:\n${excerpt(body)}\n${excerpt(expected)}`)
}
