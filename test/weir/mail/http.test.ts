import { createServer, type IncomingHttpHeaders, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { httpSender } from "../../../src/weir/mail/http.ts"
import { type Mail, MailError } from "../../../src/weir/mail/message.ts"

const mail: Mail = { to: "ann@example.com", subject: "Hello", text: "A secret: xyzzy" }
const from = { name: "Example", address: "hello@example.com" }

interface Received {
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
}

/** What the server does with each request, in turn; the last one again. */
type Turn = number | "drop" | "hang" | "redirect"

let server: Server
let received: Received[]
let turns: Turn[]
let url: string

beforeEach(async () => {
  received = []
  turns = [200]
  server = createServer((request, response) => {
    let text = ""
    request.on("data", (part) => {
      text += part
    })
    request.on("end", () => {
      received.push({ headers: request.headers, body: JSON.parse(text) })
      const turn = turns.length > 1 ? turns.shift() : turns[0]
      if (turn === "drop") request.socket.destroy()
      else if (turn === "redirect") response.writeHead(307, { location: `${url}/elsewhere` }).end()
      else if (turn !== "hang")
        response
          .writeHead(turn as number)
          .end(JSON.stringify(turn === 200 ? { id: "1" } : { name: "some_error", message: `no: ${text}` }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const send = (options: { timeoutMs?: number } = {}) =>
  httpSender({ url: `${url}/emails`, token: "re_token", from, ...options })(mail)

describe("mail over HTTP", () => {
  test("has Resend's form", async () => {
    await send()
    expect(received).toHaveLength(1)
    const [{ headers, body }] = received as [Received]
    expect(headers.authorization).toBe("Bearer re_token")
    expect(headers["content-type"]).toBe("application/json")
    expect(headers["idempotency-key"]).toMatch(/^[\w-]{36}$/)
    expect(body).toEqual({
      from: '"Example" <hello@example.com>',
      to: ["ann@example.com"],
      subject: "Hello",
      text: mail.text,
    })
  })

  test.each<[string, Turn]>([
    ["a 503", 503],
    ["a 429", 429],
    ["a dropped connection", "drop"],
  ])("is sent once more after %s, under the same key", async (_, turn) => {
    turns = [turn, 200]
    await send()
    expect(received).toHaveLength(2)
    expect(new Set(received.map(({ headers }) => headers["idempotency-key"])).size).toBe(1)
  })

  test("has another key for another mail", async () => {
    await send()
    await send()
    expect(new Set(received.map(({ headers }) => headers["idempotency-key"])).size).toBe(2)
  })

  test.each<[string, Turn, number, string]>([
    ["is refused", 422, 1, "The mail service answered 422 (some_error)"],
    ["is redirected", "redirect", 1, "The mail service answered 307"],
    ["is refused twice", 500, 2, "The mail service answered 500 (some_error)"],
    ["is dropped twice", "drop", 2, "The mail service cannot be reached"],
  ])("fails where it %s, and names nothing of the mail", async (_, turn, times, message) => {
    turns = [turn]
    await expect(send()).rejects.toThrow(new MailError(message))
    expect(received).toHaveLength(times)
  })

  test("fails where nobody answers in time", async () => {
    turns = ["hang"]
    await expect(send({ timeoutMs: 50 })).rejects.toThrow("did not answer within 50 ms")
    expect(received).toHaveLength(2)
  })
})
