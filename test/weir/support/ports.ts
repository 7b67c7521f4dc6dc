import { createServer } from "node:net"

/** Below the range from which the kernel takes ports for connections and for listeners without a number. */
const [first, last] = [15_000, 32_000]

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })

/**
 * A port that nobody listens on now. A server that is stopped and started again finds it free: no connection of
 * another test is given it meanwhile.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = first + Math.floor(Math.random() * (last - first))
    if (await listens(port)) return port
  }
  throw new Error(`There is no free port from ${first} to ${last}`)
}
