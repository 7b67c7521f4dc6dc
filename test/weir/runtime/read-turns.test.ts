import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { afterEach, expect, test } from "vitest"
import { pipelined } from "../../../src/weir/runtime/pipeline.ts"
import { eventually } from "../support/http.ts"

/** Many connections that send many requests at once, over a real server. */
const connections = 80
const each = 100
const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1")
  socket.on("error", () => {})
  socket.resume()
  cleanUps.push(() => socket.destroy())
  await once(socket, "connect")
  return socket
}

test("a burst on many connections is read over many turns, and a quiet connection is answered meanwhile", async () => {
  const { listener, watch } = pipelined((incoming, outgoing) => outgoing.end(incoming.url))
  let parsed = 0
  let inTurn = 0
  let most = 0
  const counted: RequestListener = (incoming, outgoing) => {
    parsed += 1
    if (inTurn++ === 0)
      setImmediate(() => {
        most = Math.max(most, inTurn)
        inTurn = 0
      })
    listener(incoming, outgoing)
  }
  let accepted = 0
  const server = createServer(counted).on("connection", (socket) => {
    accepted += 1
    watch(socket)
  })
  server.listen(0, "127.0.0.1")
  cleanUps.push(() => server.close().closeAllConnections())
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const quiet = await connected(port)
  quiet.write(request)
  await once(quiet, "data")
  const others = await Promise.all(Array.from({ length: connections }, () => connected(port)))
  // They are read together only where all of them have been accepted.
  await eventually(() => expect(accepted).toBe(connections + 1))
  for (const socket of others) socket.write(request.repeat(each))
  quiet.write(request)
  await once(quiet, "data")
  expect(parsed).toBeLessThan(connections * each)
  await eventually(() => expect(parsed).toBe(connections * each + 2), 20_000)
  expect(most).toBeLessThan(1_000)
})
