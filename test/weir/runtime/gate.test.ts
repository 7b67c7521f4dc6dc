import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, expect, test } from "vitest"
import { connectionsOf } from "../../../src/weir/runtime/connections.ts"
import { Gate } from "../../../src/weir/runtime/gate.ts"
import { refusing } from "../../../src/weir/runtime/refusals.ts"
import { eventually } from "../support/http.ts"

/** How many requests are in progress at a time, in all and by address. */
let close: () => void = () => {}
afterEach(() => close())

async function serving(limitMs = 600_000) {
  const begun: { address: string; outgoing: ServerResponse }[] = []
  const addressOf = ({ headers }: IncomingMessage) => String(headers["x-client"])
  const server = createServer()
  const connections = connectionsOf(server)
  const gate = new Gate(
    (incoming, outgoing) => {
      if (incoming.url === "/health") return void outgoing.end("well")
      incoming.resume()
      begun.push({ address: addressOf(incoming), outgoing })
    },
    {
      connections,
      addressOf,
      isProbe: ({ url }) => url === "/health",
      refuse: refusing(() => {}, undefined),
      limitMs,
    },
  )
  server.on("request", gate.listener)
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  close = () => {
    server.closeAllConnections()
    server.close()
  }
  /** Sends a request; with a `length`, one whose body does not come. */
  const ask = (client: string, path = "/", length?: number) => {
    const asked = { status: 0, retry: undefined as string | undefined }
    const sent = request({
      port,
      host: "127.0.0.1",
      path,
      agent: false,
      method: length === undefined ? "GET" : "POST",
      headers: { "x-client": client, ...(length === undefined ? {} : { "content-length": length }) },
    })
    sent.on("error", () => {})
    sent.on("response", (response) => {
      asked.status = response.statusCode ?? 0
      asked.retry = response.headers["retry-after"]
      response.resume()
    })
    if (length === undefined) sent.end()
    else sent.flushHeaders()
    return asked
  }
  const many = (count: number, client: string, length?: number) =>
    Array.from({ length: count }, () => ask(client, "/", length))
  const of = (address: string) => begun.filter((one) => one.address === address)
  return { begun, ask, many, of }
}

test("128 requests of an address are begun; others wait, while those of another address are begun", async () => {
  const { begun, ask, many, of } = await serving()
  const all = many(140, "a")
  await eventually(() => expect(of("a")).toHaveLength(128))
  const other = ask("b")
  await eventually(() => expect(of("b")).toHaveLength(1))
  of("b")[0]?.outgoing.end()
  await eventually(() => expect(other.status).toBe(200))
  expect(of("a")).toHaveLength(128)
  const probe = ask("a", "/health")
  await eventually(() => expect(probe.status).toBe(200))
  // The end of one begins the next.
  for (let i = 0; i < 12; i++) begun.find(({ address }) => address === "a") && of("a")[i]?.outgoing.end()
  await eventually(() => expect(of("a")).toHaveLength(140))
  for (const { outgoing } of of("a")) if (!outgoing.writableEnded) outgoing.end()
  await eventually(() => expect(all.every(({ status }) => status === 200)).toBe(true))
})

test("512 requests are begun in all, and the others take turns between addresses", async () => {
  const { begun, ask, many, of } = await serving()
  for (const client of ["a", "b", "c", "d"]) many(130, client)
  await eventually(() => expect(begun).toHaveLength(512))
  ask("e")
  const probe = ask("e", "/health")
  await eventually(() => expect(probe.status).toBe(200))
  expect(begun).toHaveLength(512)
  // Two of each address wait before it, and it has its turn after one of each.
  for (const { outgoing } of begun.slice(0, 5)) outgoing.end()
  await eventually(() => expect(of("e")).toHaveLength(1))
})

test("bodies that do not come, and answers that are being sent, keep no place from other addresses", async () => {
  const { begun, ask, many, of } = await serving()
  for (const client of ["a", "b"]) many(128, client, 10)
  for (const client of ["c", "d"]) many(128, client)
  await eventually(() => expect(begun).toHaveLength(512))
  for (const { outgoing } of [...of("c"), ...of("d")]) outgoing.write("first")
  many(200, "e")
  await eventually(() => expect(of("e")).toHaveLength(128))
  // What streams little holds no place of its address either; a body that does not come does.
  ask("c")
  ask("a")
  await eventually(() => expect(of("c")).toHaveLength(129))
  expect(of("a")).toHaveLength(128)
})

test("who waits too long is refused with a 503, and the others are not", async () => {
  const { begun, ask, many } = await serving(300)
  many(128, "a")
  await eventually(() => expect(begun).toHaveLength(128))
  const late = ask("a")
  await eventually(() => expect(late.status).toBe(503))
  expect(late.retry).toBe("1")
  expect(begun).toHaveLength(128)
})
