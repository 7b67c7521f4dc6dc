import { connect } from "node:net"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { authSecret, eventually, httpCaller, type Raw, rawConnection } from "../support/http.ts"
import { type NodeServer, startNode } from "../support/node-server.ts"

let server: NodeServer
beforeAll(async () => {
  server = await startNode({ AUTH_SECRET: authSecret, METRICS: "all" })
})
afterAll(() => server.stop())

interface Answer {
  status: number
  head: string
  body: string
}

const answerOf = (text: string): Answer => {
  const [head = "", ...rest] = text.split("\r\n\r\n")
  return { status: Number(head.split(" ")[1]), head, body: rest.join("\r\n\r\n") }
}

/** Sends bytes on a connection of their own: what came back until it was closed. */
async function sent(text: string): Promise<Answer> {
  const raw = await rawConnection(server.port)
  raw.socket.write(text, "latin1")
  return answerOf(await raw.closed)
}

/** The lines of the log with an id. */
const logged = (id: string) => server.logs().filter(({ request_id }) => request_id === id)

const counted = async (method: string, status: number): Promise<number> => {
  const { text } = await httpCaller(server.url)("GET", "/metrics")
  const label = `weir_http_requests_total{route="none",method="${method}",status="${status}"} `
  return Number(
    text
      .split("\n")
      .find((line) => line.startsWith(label))
      ?.slice(label.length) ?? 0,
  )
}

const close = "connection: close\r\n"
const post = `POST /auth/token HTTP/1.1\r\nhost: x\r\n${close}content-type: application/x-www-form-urlencoded\r\n`
const get = (host: string) => `GET /health HTTP/1.1\r\n${host}\r\n`

/** A request, the status and code of its problem, and the method in log and metrics. */
const refusals: [what: string, text: string, status: number, code: string, method: string][] = [
  ["no Host", get(""), 400, "malformed_request", "GET"],
  ["a Host with a blank", get("host: a b\r\n"), 400, "malformed_request", "GET"],
  ["a Host that is a wildcard", get("host: *\r\n"), 400, "malformed_request", "GET"],
  ["a Host with a wildcard", get("host: *.example.com\r\n"), 400, "malformed_request", "GET"],
  ["a Host with a user", get("host: a@b\r\n"), 400, "malformed_request", "GET"],
  ["a Host with a path", get("host: a/b\r\n"), 400, "malformed_request", "GET"],
  ["a Host whose port is none", get("host: a:99999\r\n"), 400, "malformed_request", "GET"],
  ["a Host of bytes that are not ASCII", get("host: \xfcber\r\n"), 400, "malformed_request", "GET"],
  ["an IPv6 Host without brackets", get("host: ::1\r\n"), 400, "malformed_request", "GET"],
  ["an IPv6 Host that is no address", get("host: [1:2]\r\n"), 400, "malformed_request", "GET"],
  ["two Hosts", get("host: a\r\nhost: b\r\n"), 400, "malformed_request", "GET"],
  ["the same Host twice", get("host: a\r\nhost: a\r\n"), 400, "malformed_request", "GET"],
  ["OPTIONS *", `OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n`, 405, "method_not_allowed", "OPTIONS"],
  ["GET *", `GET * HTTP/1.1\r\nhost: a\r\n\r\n`, 400, "malformed_request", "GET"],
  [
    "a backslash in the path",
    `GET /a\\b HTTP/1.1\r\nhost: a\r\n${close}\r\n`,
    400,
    "malformed_request",
    "GET",
  ],
  [
    "an absolute target without a host",
    `GET http:// HTTP/1.1\r\nhost: a\r\n${close}\r\n`,
    400,
    "malformed_request",
    "GET",
  ],
  [
    "an absolute target with a bad port",
    `GET http://a:99999/ HTTP/1.1\r\nhost: a\r\n${close}\r\n`,
    400,
    "malformed_request",
    "GET",
  ],
  ["another scheme", `GET ftp://a/ HTTP/1.1\r\nhost: a\r\n${close}\r\n`, 400, "malformed_request", "GET"],
  ["another Expect", get(`host: a\r\nexpect: x\r\n`), 417, "expectation_failed", "GET"],
  ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n", 405, "method_not_allowed", "CONNECT"],
  ["a bad request line", "GET\r\n\r\n", 400, "malformed_request", "none"],
  ["a method that is none", "FOO /health HTTP/1.1\r\nhost: a\r\n\r\n", 400, "malformed_request", "none"],
  ["another protocol", "GET /health HTTPS/1.1\r\nhost: a\r\n\r\n", 400, "malformed_request", "none"],
  ["HTTP/2 without negotiation", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "malformed_request", "none"],
  [
    "the first bytes of TLS",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    400,
    "malformed_request",
    "none",
  ],
  ["a header without a colon", get("host a\r\n"), 400, "malformed_request", "none"],
  ["a blank before the colon", get("host : a\r\n"), 400, "malformed_request", "none"],
  ["a large header", get(`host: a\r\nx: ${"a".repeat(20_000)}\r\n`), 431, "headers_too_large", "none"],
  [
    "a long target",
    `GET /${"a".repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
    431,
    "headers_too_large",
    "none",
  ],
  [
    "two lengths",
    `${post}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
    400,
    "malformed_request",
    "none",
  ],
  [
    "a length and chunks",
    `${post}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    "malformed_request",
    "none",
  ],
  [
    "an unknown transfer encoding",
    `${post}transfer-encoding: gzip\r\n\r\nab`,
    400,
    "malformed_request",
    "POST",
  ],
  ["a negative length", `${post}content-length: -1\r\n\r\n`, 400, "malformed_request", "none"],
  [
    "a chunk whose size is none",
    `${post}transfer-encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n`,
    400,
    "malformed_request",
    "POST",
  ],
  [
    "a chunk that is longer than its size",
    `${post}transfer-encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n`,
    400,
    "malformed_request",
    "POST",
  ],
]

test.each(refusals)(
  "%s is a problem, with an id, a log line and a count",
  async (_, text, status, code, method) => {
    const before = await counted(method, status)
    const answer = await sent(text)
    expect(answer.head).toMatch(new RegExp(`^HTTP/1.1 ${status} [A-Z]`))
    expect(answer.head.toLowerCase()).toContain("content-type: application/problem+json")
    expect(answer.head.toLowerCase()).toContain("x-content-type-options: nosniff")
    const problem = JSON.parse(answer.body) as { request_id: string }
    expect(problem).toMatchObject({ status, code })
    expect(answer.head.toLowerCase()).toContain(`x-request-id: ${problem.request_id}`)
    expect(/^allow: (.*)$/im.exec(answer.head)?.[1]).toBe(
      status === 405 ? "DELETE, GET, HEAD, PATCH, POST, QUERY" : undefined,
    )
    await eventually(() => {
      expect(logged(problem.request_id)).toHaveLength(1)
      const line = { level: "info", msg: "request", method: method === "none" ? null : method, status }
      expect(logged(problem.request_id)[0]).toMatchObject(line)
    })
    if (method !== "POST") expect(await counted(method, status)).toBe(before + 1)
  },
)

test.each<[string, string, number]>([
  ["HTTP/1.0 without Host", "GET /health HTTP/1.0\r\n\r\n", 200],
  ["HTTP/1.0 with two Hosts", "GET /health HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n", 400],
  ["an empty Host", get(`host:\r\n${close}`), 200],
  ["IPv6", get(`host: [::1]:3000\r\n${close}`), 200],
  ["IPv6 in full", get(`host: [0:0:0:0:0:0:0:1]:3000\r\n${close}`), 200],
  ["IPv6 in capitals", get(`host: [2001:DB8::A]\r\n${close}`), 200],
  ["IPv4 in IPv6", get(`host: [::ffff:127.0.0.1]:80\r\n${close}`), 200],
  ["IPv4 in short, and a port of five digits", get(`host: 127.1:65000\r\n${close}`), 200],
  ["a Host in capitals, with an empty port", get(`host: LocalHost:\r\n${close}`), 200],
  ["an absolute target", `GET http://other.example/health HTTP/1.1\r\nhost: a\r\n${close}\r\n`, 200],
  ["an absolute target of IPv6", `GET http://[0:0::1]:3000/health HTTP/1.1\r\nhost: a\r\n${close}\r\n`, 200],
  ["Upgrade, which is ignored", get(`host: a\r\nconnection: close, upgrade\r\nupgrade: websocket\r\n`), 200],
  ["TRACE of a path", `TRACE /items HTTP/1.1\r\nhost: a\r\n${close}\r\n`, 405],
  [
    "a GET whose chunks are none: it reads no body",
    `${get("host: a\r\ntransfer-encoding: chunked\r\n")}zz\r\n`,
    200,
  ],
])("%s: %#", async (_, text, status) => {
  const answer = await sent(text)
  expect(answer.status, answer.head).toBe(status)
  expect(answer.body).not.toBe("")
})

test.each(["content-length: 9\r\n\r\nusername", "transfer-encoding: chunked\r\n\r\n9\r\nusername"])(
  "a client that ends its side within a body is told so: %#",
  async (text) => {
    const raw = await rawConnection(server.port)
    raw.socket.end(post + text)
    const { status, body } = answerOf(await raw.closed)
    // With 400 by RFC 6749, where the server's parser does not refuse it before.
    expect([400, 422]).toContain(status)
    expect(JSON.parse(body)).toMatchObject({ code: "incomplete_body" })
  },
)

test("a well-formed X-Request-Id of the client is kept", async () => {
  const { body } = await sent(get("x-request-id: mine\r\n"))
  expect(JSON.parse(body)).toMatchObject({ request_id: "mine" })
})

test("the log has the path without its query string, and without what a terminal obeys", async () => {
  await sent("GET /a?password=secret HTTP/1.1\r\nx-request-id: path-1\r\n\r\n")
  await eventually(() => expect(logged("path-1")).toMatchObject([{ path: "/a" }]))
})

describe("what follows another request on a connection", () => {
  const first = "GET /health HTTP/1.1\r\nhost: a\r\n\r\n"
  test.each([
    ["nonsense", "nonsense\r\n\r\n", 400],
    ["no Host", "GET /health HTTP/1.1\r\n\r\n", 400],
    ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n", 405],
  ])("%s is answered after it", async (_, text, status) => {
    const raw = await rawConnection(server.port)
    raw.socket.write(first + first + text)
    const statuses = [...(await raw.closed).matchAll(/HTTP\/1.1 (\d+) /g)].map(([, one]) => Number(one))
    expect(statuses).toEqual([200, 200, status])
  })

  test("a body whose later chunk is malformed is a problem, and nothing is created", async () => {
    const raw: Raw = await rawConnection(server.port)
    const json = '{"email":"eve@example.com","username":"eve","password":"correct horse"}'
    raw.socket.write(
      `POST /users HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${json.length.toString(16)}\r\n${json}\r\n`,
    )
    await fetch(`${server.url}/health`)
    raw.socket.write("zz\r\n")
    const answer = answerOf(await raw.closed)
    expect(answer.status, answer.head).toBe(400)
    expect(JSON.parse(answer.body)).toMatchObject({ code: "malformed_request" })
    expect((await httpCaller(server.url)("GET", "/users?username=eve")).body).toEqual([])
  })
})

test("HOST=:: is printed as URLs have it, and takes requests", async () => {
  const six = await startNode({ HOST: "::", AUTH_SECRET: authSecret })
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect(six.port, "::1")
    let all = ""
    socket.on("error", reject).on("close", () => resolve(all))
    socket.setEncoding("utf8").on("data", (part: string) => (all += part))
    socket.write(get(`host: [::1]:${six.port}\r\n${close}`))
  })
  expect(answerOf(text).status).toBe(200)
  await six.stop()
  expect(six.logs().some(({ msg }) => String(msg).includes(` http://[::]:${six.port},`))).toBe(true)
})
