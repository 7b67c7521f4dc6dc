import { isDeepStrictEqual } from "node:util"
import { create, newItem, reads } from "./routes.ts"
import { type Origins, serverNames } from "./servers.ts"

/** Throws unless all three answer with the same: a server that does less would win for nothing. */
export async function compare(origins: Origins, token: string): Promise<void> {
  for (const { path } of reads) {
    const wanted = await json(await fetch(origins.floor + path), 200)
    for (const name of serverNames) {
      const body = await json(await fetch(origins[name] + path), 200)
      if (!isDeepStrictEqual(body, wanted)) throw different(name, path, body, wanted)
    }
  }
  const wanted = varying(await json(await post(origins.floor, token), 201))
  for (const name of serverNames) {
    const body = varying(await json(await post(origins[name], token), 201))
    if (!isDeepStrictEqual(body, wanted)) throw different(name, `POST ${create.path}`, body, wanted)
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

/** A created row, its id and its instants apart. */
const varying = (row: unknown): unknown => ({
  ...(row as object),
  id: 0,
  created_at: "",
  updated_at: "",
})

const different = (name: string, path: string, body: unknown, wanted: unknown): Error => {
  const excerpt = (value: unknown) => JSON.stringify(value).slice(0, 400)
  return new Error(`${name} and floor differ at ${path}:\n${excerpt(body)}\n${excerpt(wanted)}`)
}
