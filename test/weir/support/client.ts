import type { Fresh } from "./fresh.ts"

/** An answer, read whole. */
export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The body as JSON; undefined when there is none. */
  body: unknown
  /** The links of the `Link` header by relation. */
  links: Record<string, string>
}

export interface CallOptions {
  token?: string | undefined
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is. */
  body?: string | Uint8Array
  headers?: Record<string, string>
}

export type Call = (method: string, path: string, options?: CallOptions) => Promise<Answer>

/** Looks at every answer as it passes: how the documents are held against what is served. */
export type Witness = (method: string, path: string, answer: Answer) => void

/** Calls an app in the process, as HTTP would. */
export function caller(app: Fresh["app"], witness?: Witness): Call {
  return async (method, path, { token, json, body, headers = {} } = {}) => {
    const all: Record<string, string> = { ...headers }
    if (token) all.authorization = `Bearer ${token}`
    if (json !== undefined) all["content-type"] ??= "application/json"
    const sent = json === undefined ? body : JSON.stringify(json)
    const response = await app.request(path, {
      method,
      headers: all,
      ...(sent === undefined ? {} : { body: sent }),
    })
    const answer = await read(response)
    witness?.(method, path, answer)
    return answer
  }
}

export async function read(response: Response): Promise<Answer> {
  const text = await response.text()
  const links: Answer["links"] = {}
  for (const [, url, relation] of (response.headers.get("link") ?? "").matchAll(/<([^>]+)>; rel="(\w+)"/g))
    links[relation as string] = url as string
  const isJson = /json/.test(response.headers.get("content-type") ?? "")
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text ? JSON.parse(text) : undefined,
    links,
  }
}
