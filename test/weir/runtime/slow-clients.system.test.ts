import { readFileSync } from "node:fs"
import type { Socket } from "node:net"
import { afterEach, expect, test } from "vitest"
import { authSecret, eventually, httpCaller, rawConnection } from "../support/http.ts"
import { type NodeServer, startNode, tempFolder } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"

/** Clients that ask for much and do not read: what they hold is bounded, and others are served. */
let server: NodeServer
let call: ReturnType<typeof httpCaller>

async function start(limitMs: number): Promise<void> {
  const folder = tempFolder()
  server = await startNode({ AUTH_SECRET: authSecret, REQUEST_TIMEOUT_MS: limitMs }, folder)
  call = httpCaller(server.url)
  const token = await addPerson(folder)
  const json = Array.from({ length: 100 }, (_, i) => ({
    title: `t${i}`,
    price: i,
    description: "d".repeat(1_900),
  }))
  expect((await call("POST", "/items", { token, json })).status).toBe(201)
}
afterEach(() => server.stop())

/** The path of an answer of about 190 KB. */
const large = (n: number) => `/items?limit=100&price[gte]=0&skip=0&sort=${n % 2 ? "id" : "price"}`
const request = (path: string, n: number) => `GET ${path} HTTP/1.1\r\nhost: x\r\nx-request-id: p-${n}\r\n\r\n`
const begun = () => server.logs().filter(({ request_id }) => /^p-/.test(String(request_id))).length
const isCut = () => server.logs().filter(({ msg }) => /cut off/.test(String(msg))).length

/** The ids of the requests that were answered, in order, as they arrive. */
function answersOf(socket: Socket): string[] {
  const ids: string[] = []
  let rest = ""
  socket.on("data", (part) => {
    const text = rest + String(part)
    for (const [, id] of text.matchAll(/\r\nx-request-id: (p-\d+)\r\n/g)) ids.push(id as string)
    rest = text.slice(Math.max(text.lastIndexOf("\r\n"), text.length - 60))
  })
  return ids
}

test("of 2,000 pipelined requests, a client that reads nothing has few begun; then it gets all, in order", async () => {
  await start(60_000)
  const { socket } = await rawConnection(server.port)
  const ids = answersOf(socket)
  socket.pause()
  socket.write(Array.from({ length: 2_000 }, (_, n) => request(large(n), n)).join(""))
  await eventually(() => expect(begun()).toBeGreaterThan(16))
  // Others are served meanwhile.
  for (let i = 0; i < 20; i++) expect((await call("GET", "/items?limit=1")).status).toBe(200)
  // 16, and those whose answers the system's buffers for the connection hold: at most 10 MB.
  expect(begun()).toBeLessThan(16 + 60)
  socket.resume()
  await eventually(() => expect(ids).toHaveLength(2_000), 60_000)
  expect(ids).toEqual(Array.from({ length: 2_000 }, (_, n) => `p-${n}`))
  await eventually(() => expect(begun()).toBe(2_000))
  expect(isCut()).toBe(0)
  socket.destroy()
})

test("pipelined requests with bodies are answered in order, those that wait as well", async () => {
  await start(60_000)
  const { socket } = await rawConnection(server.port)
  const ids = answersOf(socket)
  for (let n = 0; n < 300; n++)
    socket.write(
      n % 3
        ? request("/health", n)
        : `POST /items HTTP/1.1\r\nhost: x\r\nx-request-id: p-${n}\r\ncontent-type: application/json\r\ncontent-length: 2000\r\n\r\n${" ".repeat(2000)}`,
    )
  await eventually(() => expect(ids).toHaveLength(300), 20_000)
  expect(ids).toEqual(Array.from({ length: 300 }, (_, n) => `p-${n}`))
  socket.destroy()
})

test("a client that reads nothing is cut off after the limit, and others go on", async () => {
  await start(1_500)
  const { socket, closed } = await rawConnection(server.port)
  let isClosed = false
  void closed.then(() => (isClosed = true))
  socket.pause()
  socket.write(Array.from({ length: 100 }, (_, n) => request(large(n), n)).join(""))
  await eventually(() => expect(begun()).toBeGreaterThan(16))
  expect(isCut()).toBe(0)
  await eventually(() => expect(isCut()).toBe(1), 20_000)
  expect((await call("GET", "/items?limit=1")).status).toBe(200)
  // What the system has taken can be read; then the connection ends.
  socket.resume()
  await eventually(() => expect(isClosed).toBe(true))
  expect(begun()).toBeLessThan(100)
  const line = server.logs().find(({ msg }) => /cut off/.test(String(msg)))
  expect(line).toMatchObject({ level: "warn", unsent_bytes: expect.any(Number) })
})

test("a client that reads slowly, but reads, is not cut off", async () => {
  await start(2_000)
  const { socket } = await rawConnection(server.port)
  const ids = answersOf(socket)
  // A chunk of at most 64 KiB every 20 ms: 19 MB take three limits.
  socket.on("data", () => {
    socket.pause()
    setTimeout(() => socket.resume(), 20)
  })
  socket.write(Array.from({ length: 100 }, (_, n) => request(large(n), n)).join(""))
  await eventually(() => expect(ids).toHaveLength(100), 60_000)
  expect(isCut()).toBe(0)
  socket.destroy()
})

test("the bytes that wait for all clients are bounded: the slowest are cut off, and others go on", async () => {
  await start(100_000)
  // 70 rows that embed 100 each: 13 MB, to 40 clients.
  const path = "/items?limit=70&include=owner.items"
  for (let n = 0; n < 40; n++) {
    const { socket } = await rawConnection(server.port)
    socket.pause()
    socket.write(request(path, n))
  }
  await eventually(() => expect(begun()).toBe(40), 60_000)
  await eventually(() => expect(isCut()).toBeGreaterThan(0), 20_000)
  expect((await call("GET", path)).status).toBe(200)
  expect(isCut()).toBeLessThan(40)
})

test("50 that ask at once for 13 MB each, and read them, all get them: others wait for room", async () => {
  await start(100_000)
  const peak = () =>
    Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) / 1024
  const headers = { "cache-control": "no-store", "accept-encoding": "identity" }
  const lengthOf = async (): Promise<number> => {
    const answer = await fetch(`${server.url}/items?limit=70&include=owner.items`, { headers })
    expect(answer.status).toBe(200)
    let length = 0
    try {
      for await (const chunk of answer.body as ReadableStream<Uint8Array>) length += chunk.length
    } catch {
      // On a busy machine, this process may read so slowly that it is cut off: it asks again.
      return lengthOf()
    }
    return length
  }
  const lengths = await Promise.all(Array.from({ length: 50 }, lengthOf))
  expect(lengths[0]).toBeGreaterThan(12_000_000)
  expect(new Set(lengths).size).toBe(1)
  // The bytes of all of them, of which each is held twice for a while, would be more.
  expect(peak()).toBeLessThan(1_000)
})

test("where 20,000 requests wait, the connections that send more are closed, and others go on", async () => {
  await start(60_000)
  const flood = "GET /items HTTP/1.1\r\nhost:\r\n\r\n".repeat(2_184)
  let closed = 0
  const sockets: Socket[] = []
  for (let n = 0; n < 30; n++) {
    const raw = await rawConnection(server.port)
    void raw.closed.then(() => closed++)
    raw.socket.pause()
    raw.socket.write(flood)
    sockets.push(raw.socket)
  }
  // A closed connection is noticed by writing to it.
  await eventually(async () => {
    expect((await call("GET", "/items?limit=1")).status).toBe(200)
    for (const socket of sockets) socket.write("GET /health HTTP/1.1\r\nhost:\r\n\r\n")
    expect(closed).toBeGreaterThan(0)
  }, 20_000)
  expect(closed).toBeLessThan(30)
  for (const socket of sockets) socket.destroy()
})
