import { connect } from "node:net"
import { expect, test } from "vitest"
import { authSecret, httpCaller, signUp } from "../support/http.ts"
import { runMigrate, startNode } from "../support/node-server.ts"
import { databases } from "../support/project.ts"

/** 100,000 random bytes, the same in each run: nothing fails, and what is stored comes back byte for byte. */
const total = 100_000

/** Numbers from 0 up to `below`, in an order that the seed fixes (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

type Random = ReturnType<typeof randomNumbers>

/** Any bytes, bytes of text with a wrong one here and there, or text alone. */
function randomBytes(random: Random): Buffer {
  const length = 1 + random(400)
  const kind = random(3)
  if (kind === 0) return Buffer.from(Array.from({ length }, () => random(256)))
  // Most are ASCII, and neither quote nor backslash: those end a JSON string.
  const ranges = [0x5f, 0x5f, 0x800, 0xd7e0, 0x10ffe0]
  const points = Array.from({ length: Math.ceil(length / 2) }, () => {
    const point = 0x20 + random(ranges[random(ranges.length)] as number)
    return point === 0x22 || point === 0x5c ? point + 1 : point
  })
  const text = Buffer.from(points.map((point) => String.fromCodePoint(point)).join(""))
  if (kind === 1) text[random(text.length)] = random(256)
  return text
}

const isText = (bytes: Buffer) => Buffer.from(bytes.toString()).equals(bytes)

/** Sends bytes as they are, and answers with status and body: the connection may be closed at once. */
function sent(port: number, request: Buffer): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1")
    const parts: Buffer[] = []
    socket.on("data", (part) => parts.push(part))
    socket.once("error", reject)
    socket.once("close", () => {
      const answer = Buffer.concat(parts)
      const end = answer.indexOf("\r\n\r\n")
      resolve({ status: Number(answer.toString("latin1", 9, 12)), body: answer.subarray(end + 4) })
    })
    socket.write(request)
  })
}

interface Parts {
  line: string | Buffer
  headers?: (string | Buffer)[]
  body?: Buffer
}

function request({ line, headers = [], body }: Parts): Buffer {
  const lines = [line, "host: weir", "connection: close", ...headers]
  if (body) lines.push(`content-length: ${body.length}`)
  return Buffer.concat([
    ...lines.flatMap((text) => [Buffer.from(text), Buffer.from("\r\n")]),
    Buffer.from("\r\n"),
    ...(body ? [body] : []),
  ])
}

const json = "content-type: application/json"
const form = "content-type: application/x-www-form-urlencoded"
const percent = (bytes: Buffer) => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")
const headerNames = [
  "authorization",
  "if-none-match",
  "traceparent",
  "x-request-id",
  "accept",
  "cache-control",
  "origin",
  "x-forwarded-for",
  "forwarded",
  "content-type",
  "content-encoding",
  "pragma",
  "x-any",
]

/** What a client may do with random bytes. */
const shapes: ((bytes: Buffer, random: Random) => Parts)[] = [
  (bytes) => ({ line: "POST /items HTTP/1.1", headers: [json], body: bytes }),
  (bytes) => ({ line: "PATCH /items/1 HTTP/1.1", headers: [json], body: bytes }),
  (bytes) => ({ line: `GET /items?title=${percent(bytes)} HTTP/1.1` }),
  (bytes) => ({ line: `GET /items?include=owner&${percent(bytes)}=1 HTTP/1.1` }),
  (bytes) => ({ line: Buffer.concat([Buffer.from("GET /items?title="), bytes, Buffer.from(" HTTP/1.1")]) }),
  (bytes) => ({ line: `GET /items/${percent(bytes)} HTTP/1.1` }),
  (bytes) => ({ line: `GET /${percent(bytes)} HTTP/1.1` }),
  (bytes, random) => {
    const name = headerNames[random(headerNames.length)] as string
    const prefix = name === "authorization" ? "Bearer " : ""
    return {
      line: "GET /items HTTP/1.1",
      headers: [Buffer.concat([Buffer.from(`${name}: ${prefix}`), bytes])],
    }
  },
  (bytes) => ({
    line: "POST /auth/token HTTP/1.1",
    headers: [form],
    body: Buffer.concat([Buffer.from("scope=x&"), bytes]),
  }),
]

test.each(["libSQL file", "Postgres"] as const)(
  "%s",
  async (kind) => {
    const url = await databases[kind]()
    if (kind === "Postgres") expect((await runMigrate({ DATABASE_URL: url })).code).toBe(0)
    const server = await startNode({ AUTH_SECRET: authSecret, DATABASE_URL: url })
    const call = httpCaller(server.url)
    const token = await signUp(call)
    const random = randomNumbers(3629)
    const stored = new Map<number, Buffer>()
    const statuses = new Map<number, number>()

    const store = async (bytes: Buffer) => {
      // Between quotes, where an escape or a quote of its own may end it.
      const body = Buffer.concat([
        Buffer.from('{"price":1,"title":"x","description":"<'),
        bytes,
        Buffer.from('>"}'),
      ])
      const headers = [json, `authorization: Bearer ${token}`]
      const answer = await sent(server.port, request({ line: "POST /items HTTP/1.1", headers, body }))
      if (answer.status === 201) {
        const { id, description } = JSON.parse(answer.body.toString()) as { id: number; description: string }
        stored.set(id, Buffer.from(description))
        expect(isText(bytes), bytes.toString("hex")).toBe(true)
        expect(description).toBe((JSON.parse(body.toString()) as { description: string }).description)
      }
      return answer.status
    }
    const sendOne = async (bytes: Buffer) => {
      const shape = shapes[random(shapes.length)] as (typeof shapes)[number]
      const status =
        random(2) === 0 ? await store(bytes) : (await sent(server.port, request(shape(bytes, random)))).status
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }

    let bytesSent = 0
    while (bytesSent < total) {
      const some = Array.from({ length: 20 }, () => randomBytes(random))
      bytesSent += some.reduce((sum, { length }) => sum + length, 0)
      await Promise.all(some.map(sendOne))
    }

    const all = [...statuses.keys()].filter((status) => !(status >= 200 && status < 500))
    expect(all, JSON.stringify([...statuses])).toEqual([])
    expect(stored.size).toBeGreaterThan(50)
    for (const [id, description] of stored) {
      const answer = await call("GET", `/items/${id}?fields=description`)
      expect(Buffer.from((answer.body as { description: string }).description)).toEqual(description)
    }
    expect(server.logs().filter(({ level }) => level === "error")).toEqual([])
    expect(server.stdout()).not.toContain("\ufffd")
    expect(await server.stop()).toBe(0)
  },
  60_000,
)
