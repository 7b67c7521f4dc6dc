import type { AppContext } from "./context.ts"

/** What the Node adapter passes along with a request. */
interface NodeBindings {
  incoming?: { socket?: { remoteAddress?: string } }
}

/** The address that a request came from: that of its socket on Node, what Cloudflare says on Workers. */
export function addressOf(c: AppContext): string | undefined {
  const { incoming } = (c.env ?? {}) as NodeBindings
  return incoming ? incoming.socket?.remoteAddress : c.req.header("cf-connecting-ip")
}
