import type { AppContext } from "../http/context.ts"
import { printable } from "../http/log-record.ts"

/** Where a request comes from, as sessions and the audit log keep it. */
export interface ClientInfo {
  device: string | undefined
  address: string | undefined
}

/** Longest text of a device that is kept, in characters. */
const maxDevice = 200
const maxAddress = 64

/** The client of a request: its `User-Agent` in printable characters, and its address. */
export function clientInfo(c: AppContext): ClientInfo {
  const agent = c.req.header("user-agent")
  return {
    device: agent && (printable(agent).slice(0, maxDevice).trim() || undefined),
    address: c.get("call").caller.client?.slice(0, maxAddress),
  }
}
