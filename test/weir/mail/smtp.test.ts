import { createServer, type Server, type Socket } from "node:net"
import { SMTPServer, type SMTPServerOptions } from "smtp-server"
import { afterEach, describe, expect, test } from "vitest"
import { isAddress, type Mail } from "../../../src/weir/mail/message.ts"
import { smtpSender, smtpServer } from "../../../src/weir/mail/smtp.ts"

const mail: Mail = {
  to: "ann@example.com",
  subject: "Hëllo",
  text: "A secret: xyzzy\n.\nBcc: eve@example.com",
}
const from = { name: "Example", address: "hello@example.com" }

interface Received {
  user: unknown
  from: string
  to: string[]
  text: string
}

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A server that keeps what it gets; its URL, with a user's name and password. */
async function serve(
  options: Partial<SMTPServerOptions> = {},
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    closeTimeout: 100,
    onAuth: ({ username, password }, _, done) =>
      username === "weir" && password === "p@ss word"
        ? done(null, { user: username })
        : done(new Error(`no such ${password}`)),
    onData: (stream, session, done) => {
      let text = ""
      stream.on("data", (part) => {
        text += part
      })
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          user: session.user,
          from: mailFrom ? mailFrom.address : "",
          to: rcptTo.map(({ address }) => address),
          text,
        })
        done()
      })
    },
    ...options,
  })
  server.on("error", () => {})
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  closers.push(() => server.close())
  return { url: urlOf(server.server), received }
}

const urlOf = (server: Server): string =>
  `smtp://weir:p%40ss%20word@127.0.0.1:${(server.address() as { port: number }).port}`

/** A server that does as it is told with each connection. */
async function raw(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return urlOf(server)
}

describe("mail over SMTP", () => {
  test("goes to one address, signed in, with its text as it is", async () => {
    const { url, received } = await serve()
    await smtpSender({ url, from })(mail)
    expect(received).toHaveLength(1)
    const [{ user, from: sender, to, text }] = received as [Received]
    expect({ user, sender, to }).toEqual({
      user: "weir",
      sender: "hello@example.com",
      to: ["ann@example.com"],
    })
    const [head = "", body = ""] = text.split("\r\n\r\n")
    expect(head).toContain("From: Example <hello@example.com>")
    expect(head).toContain("To: ann@example.com")
    expect(head).not.toMatch(/^Bcc/im)
    expect(body).toContain("xyzzy")
  })

  test("has HTML beside its text", async () => {
    const { url, received } = await serve()
    await smtpSender({ url, from })({ ...mail, html: "<p>Hello</p>" })
    expect(received[0]?.text).toContain("multipart/alternative")
    expect(received[0]?.text).toContain("<p>Hello</p>")
  })

  test("does not take an address for several, even unchecked", async () => {
    const { url, received } = await serve()
    const to = "ann@example.com, eve@example.com"
    expect(isAddress(to)).toBe(false)
    await smtpSender({ url, from })({ ...mail, to }).catch(() => {})
    expect(received.flatMap((one) => one.to)).not.toContain("eve@example.com")
  })

  test.each<[string, Partial<SMTPServerOptions>, RegExp]>([
    [
      "its recipient",
      { onRcptTo: (_, __, done) => done(new Error("xyzzy is not here")) },
      /did not take the mail: EENVELOPE RCPT TO 5\d\d$/,
    ],
    [
      "its content",
      {
        onData: (stream, _, done) => {
          stream.resume()
          stream.on("end", () => done(new Error("xyzzy is spam")))
        },
      },
      /did not take the mail: EMESSAGE DATA 450$/,
    ],
    [
      "the password",
      { onAuth: (_, __, done) => done(new Error("p@ss word is wrong")) },
      /did not take the mail: EAUTH AUTH PLAIN 535$/,
    ],
  ])("fails where the server refuses %s, and repeats none of its words", async (_, options, message) => {
    const { url, received } = await serve(options)
    await expect(smtpSender({ url, from })(mail)).rejects.toThrow(message)
    expect(received).toEqual([])
  })

  test("fails where the connection is dropped in the middle", async () => {
    const url = await raw((socket) => {
      socket.write("220 here\r\n")
      socket.once("data", () => socket.destroy())
    })
    await expect(smtpSender({ url, from })(mail)).rejects.toThrow(
      /did not take the mail: E(CONNECTION|SOCKET)/,
    )
  })

  test("fails where nobody is there", async () => {
    const { url } = await serve()
    for (const close of closers.splice(0)) close()
    await expect(smtpSender({ url, from })(mail)).rejects.toThrow(/did not take the mail: E/)
  })

  test("fails in time where the server is silent, and where it sends a byte now and then", async () => {
    const silent = await raw(() => {})
    await expect(smtpSender({ url: silent, from, timeoutMs: 50 })(mail)).rejects.toThrow("ETIMEDOUT")
    const slow = await raw((socket) => {
      const timer = setInterval(() => socket.write("2"), 5)
      socket.on("close", () => clearInterval(timer))
    })
    await expect(smtpSender({ url: slow, from, timeoutMs: 100 })(mail)).rejects.toThrow("ETIMEDOUT")
  })

  test.each([
    ["smtp://u:p@mail.example.com", { host: "mail.example.com", port: 587, secure: false, requireTLS: true }],
    ["smtps://u:p@mail.example.com", { port: 465, secure: true, requireTLS: false }],
    ["smtp://127.0.0.1:2525", { port: 2525, requireTLS: false }],
    ["smtp://mail:25?tls=optional", { host: "mail", port: 25, requireTLS: false }],
    ["smtp://u%40x:p%3Aq@mail.example.com", { auth: { user: "u@x", pass: "p:q" } }],
  ])("needs TLS but for this machine: %s", (url, parts) => {
    expect(smtpServer(url)).toMatchObject(parts)
  })
})
