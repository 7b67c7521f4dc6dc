import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"
import { atEnd } from "./at-end.ts"

/**
 * An HTTP proxy that serves a server below a path, and takes the path away or leaves it: as nginx's `proxy_pass` with a
 * slash at its end and without. Anything else is a 404 without a body. The result is the proxy's address.
 */
export async function serveBelow(path: string, url: string, strips: boolean): Promise<string> {
  const { hostname, port } = new URL(url)
  const proxy = createServer((incoming, outgoing) => {
    const target = incoming.url ?? ""
    if (target !== path && !target.startsWith(`${path}/`)) return outgoing.writeHead(404).end()
    const passed = strips ? target.slice(path.length) || "/" : target
    const { method, headers } = incoming
    const further = request({ hostname, port, path: passed, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    further.on("error", () => outgoing.destroy())
    incoming.pipe(further)
  })
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))
  atEnd(async () => {
    proxy.closeAllConnections()
    await new Promise((resolve) => proxy.close(resolve))
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}
