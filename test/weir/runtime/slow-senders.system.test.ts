import { connect, type Socket } from "node:net"
import { afterEach, expect, test } from "vitest"
import { authSecret, eventually, httpCaller } from "../support/http.ts"
import { type NodeServer, startNode } from "../support/node-server.ts"

/** Clients that begin bodies and do not end them: what they hold is bounded, and the bodies of others arrive. */
let server: NodeServer
let sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets = []
  await server.stop()
})

const start = async () => {
  server = await startNode({
    AUTH_SECRET: authSecret,
    REQUEST_TIMEOUT_MS: 120_000,
    TRUSTED_PROXIES: "127.0.0.1",
  })
}

/** Sends all of a body but its last byte; `text` is what came back, and `end` sends that byte. */
function sending(address: string, bytes = 1_000_000) {
  const socket = connect(server.port, "127.0.0.1")
  sockets.push(socket)
  const sent = { text: "", isClosed: false, end: () => socket.write(" ") }
  socket.on("error", () => {})
  socket.on("data", (part) => (sent.text += String(part)))
  socket.once("close", () => (sent.isClosed = true))
  socket.write(
    `POST /users HTTP/1.1\r\nhost: x\r\nx-forwarded-for: ${address}\r\ncontent-type: application/json\r\ncontent-length: ${bytes + 1}\r\n\r\n`,
  )
  socket.write(Buffer.alloc(bytes, 32))
  return sent
}
const statusOf = ({ text }: { text: string }) => Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1] ?? 0)
const countOf = (all: { text: string }[], status: number) =>
  all.filter((one) => statusOf(one) === status).length

test("bodies of one address that wait for their rest hold 64 MiB, and those of others arrive", async () => {
  await start()
  const other = sending("192.0.2.2")
  const all = Array.from({ length: 120 }, () => sending("192.0.2.1"))
  // 67 of them are as many bytes as an address may hold.
  await eventually(() => expect(countOf(all, 429)).toBeGreaterThanOrEqual(120 - 67), 60_000)
  const refused = all.filter((one) => statusOf(one) === 429)
  expect(refused[0]?.text).toMatch(/retry-after: 1\r\n/i)
  expect(refused[0]?.text).toContain('"too_many_requests"')
  await eventually(() => expect(refused.every(({ isClosed }) => isClosed)).toBe(true))
  // Those that may wait end as they would have.
  other.end()
  await eventually(() => expect(statusOf(other)).toBe(422))
  expect((await httpCaller(server.url)("GET", "/items?limit=1")).status).toBe(200)
})

test("bodies of all addresses that wait for their rest hold 256 MiB", async () => {
  await start()
  const all = Array.from({ length: 300 }, (_, i) => sending(`192.0.2.${i % 6}`))
  await eventually(() => expect(countOf(all, 503)).toBeGreaterThanOrEqual(300 - 269), 60_000)
  expect(countOf(all, 429)).toBe(0)
  expect(all.find((one) => statusOf(one) === 503)?.text).toContain('"overloaded"')
})

test("bodies that hold less wait as long as their requests may", async () => {
  await start()
  const all = Array.from({ length: 30 }, () => sending("192.0.2.1"))
  const begun = performance.now()
  // Several looks at the connections.
  while (performance.now() - begun < 500) await httpCaller(server.url)("GET", "/health")
  expect(all.every(({ text }) => text === "")).toBe(true)
  for (const one of all) one.end()
  await eventually(() => expect(countOf(all, 422)).toBe(30), 20_000)
})
