import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "vitest"
import { type Call, read } from "./client.ts"

export const authSecret = "a secret for tests of forty bytes or so"
export const password = "correct horse"

/** Calls a server over the network. */
export function httpCaller(url: string): Call {
  return async (method, path, { token, json, body, headers = {} } = {}) => {
    const all: Record<string, string> = { ...headers }
    if (token) all.authorization = `Bearer ${token}`
    if (json !== undefined) all["content-type"] ??= "application/json"
    const sent = json === undefined ? body : JSON.stringify(json)
    const response = await fetch(url + path, {
      method,
      headers: all,
      ...(sent === undefined ? {} : { body: sent }),
      // Nothing here may hang: an answer that does not come is a failure.
      signal: AbortSignal.timeout(20_000),
    })
    return read(response)
  }
}

/** Signs up, and in: the token. */
export async function signUp(call: Call, username = "ann"): Promise<string> {
  const json = { email: `${username}@example.com`, username, password }
  const created = await call("POST", "/users", { json })
  expect(created.status, created.text).toBe(201)
  return signIn(call, username)
}

export async function signIn(call: Call, username: string, secret = password): Promise<string> {
  const answer = await call("POST", "/auth/token", {
    body: new URLSearchParams({ username, password: secret }).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded" },
  })
  expect(answer.status, answer.text).toBe(200)
  return (answer.body as { access_token: string }).access_token
}

/** All titles in `/items`, page by page. */
export async function allTitles(call: Call): Promise<string[]> {
  const titles: string[] = []
  let path: string | undefined = "/items?limit=1000&fields=title"
  while (path) {
    const page: Awaited<ReturnType<Call>> = await call("GET", path)
    expect(page.status, page.text).toBe(200)
    titles.push(...(page.body as { title: string }[]).map(({ title }) => title))
    path = page.links.next
  }
  return titles
}

/** A bare connection, for what no HTTP client would do. `text` holds what came back so far. */
export interface Raw {
  socket: Socket
  text(): string
  closed: Promise<string>
}

export function rawConnection(port: number): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1")
    let text = ""
    socket.setEncoding("utf8").on("data", (part: string) => (text += part))
    const closed = new Promise<string>((done) => socket.once("close", () => done(text)))
    socket.once("error", reject)
    socket.once("connect", () => {
      socket.on("error", () => {})
      resolve({ socket, text: () => text, closed })
    })
  })
}

/** A request as it goes over the wire. */
export function rawRequest(method: string, path: string, token?: string, body?: string): string {
  const lines = [`${method} ${path} HTTP/1.1`, "host: weir", "connection: close"]
  if (token) lines.push(`authorization: Bearer ${token}`)
  if (body !== undefined) lines.push("content-type: application/json", `content-length: ${body.length}`)
  return `${lines.join("\r\n")}\r\n\r\n${body ?? ""}`
}

/** Waits until it holds, else fails as it did last. */
export async function eventually(check: () => Promise<void> | void, limit = 5_000): Promise<void> {
  const until = performance.now() + limit
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > until) throw error
      await sleep(25)
    }
  }
}
