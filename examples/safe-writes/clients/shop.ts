/** How the scripts of this folder call the API. */
const origin = process.env.URL ?? "http://127.0.0.1:3000"

export interface Answer<T> {
  status: number
  headers: Headers
  body: T
}

export interface Row {
  id: number
  name: string
  price: number
}

const form = new URLSearchParams({ username: "user1@example.com", password: "a password for seeds" })
const signIn = await fetch(`${origin}/auth/token`, { method: "POST", body: form })
if (!signIn.ok) throw new Error(`Is the server running, with its seeds? ${await signIn.text()}`)
const { access_token } = (await signIn.json()) as { access_token: string }

/** Sends a request, and reads its answer. */
export async function send<T = Row>(
  method: string,
  path: string,
  json?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  const response = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json", ...headers },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : null) as T }
}

/** A name for a product that no earlier run has used. */
export const newSku = (): string => crypto.randomUUID().slice(0, 8)
