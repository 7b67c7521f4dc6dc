import { type AddressInfo, connect, createServer, type Socket } from "node:net"

export interface Proxy {
  url: string
  /** Loses the connections there are, without telling either end. */
  freeze(): void
  /** Keeps new connections waiting until the answer is called. */
  hold(): () => void
  close(): Promise<void>
}

/** A way to a server by TCP that can be out of order. */
export async function proxyTo(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let open = Promise.resolve()
  const proxy = createServer(async (near) => {
    const far = connect(Number(port), hostname)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on("error", () => {}).once("close", () => sockets.delete(socket))
    }
    await open
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))
  const url = new URL(target)
  url.port = String((proxy.address() as AddressInfo).port)
  return {
    url: url.href,
    freeze: () => {
      for (const socket of sockets) socket.unpipe().pause()
    },
    hold: () => {
      const held = Promise.withResolvers<void>()
      open = held.promise
      return held.resolve
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}
