import type { IncomingMessage } from "node:http"
import { Problem } from "../problem.ts"

/** A Host that the URL of a request can be made of as it is: nearly all are. */
const plainHost = /^[a-z0-9._-]+(?::(?:[1-5]\d{3,4}|[6-9]\d{3}))?$/
/** Any other (RFC 3986, 3.2.2), without `*`, which names no host. */
const otherHost = /^(?:\[[\da-f:.]+\]|(?:[\w.~!$&'()+,;=-]|%[\da-f]{2})+)(?::\d*)?$/i

const malformed = (detail: string): Problem => new Problem("malformed_request", detail)

/**
 * A function that says what is wrong with the Host and the target of a request (RFC 9112, 3.2), before a URL is made of
 * them. A Host of another spelling, such as `[0:0:0:0:0:0:0:1]`, gets that of URLs. `methods` are those that the API has.
 */
export function requestCheck(methods: () => string): (incoming: IncomingMessage) => Problem | undefined {
  // Nearly all requests name the same one, and a comparison costs a tenth of a match.
  let lastPlain: string | undefined
  return (incoming) => {
    const { host } = incoming.headers
    if (host === undefined || host !== lastPlain) {
      if (host !== undefined && plainHost.test(host)) lastPlain = host
      else {
        const problem = refusalOfHost(incoming, host)
        if (problem) return problem
      }
    }
    if (incoming.url !== "*") return undefined
    // Only OPTIONS may ask of the server as a whole (RFC 9112, 3.2.4).
    const isOptions = incoming.method === "OPTIONS"
    return isOptions ? notAllowed("OPTIONS", methods()) : malformed("The target is not valid")
  }
}

function refusalOfHost(incoming: IncomingMessage, host: string | undefined): Problem | undefined {
  if (host === undefined)
    return incoming.httpVersion === "1.0" ? undefined : malformed("The request has no Host header")
  if (host === "") return undefined
  const url = `http://${host}`
  // Several Host headers come joined, with a blank in them.
  if (!otherHost.test(host) || !URL.canParse(url))
    return malformed("The request's Host header is not valid, or there are several")
  incoming.headers.host = new URL(url).host
  return undefined
}

/** A method that is for no path of the API. */
export const notAllowed = (method: string, allow: string): Problem =>
  new Problem("method_not_allowed", `${method} is not allowed here; ${allow} are`, { headers: { allow } })

/** A function that tells requests by which a load balancer learns whether the server is well. */
export function probesOf(basePath = ""): (incoming: IncomingMessage) => boolean {
  const probes = new Set(["/health", "/ready", `${basePath}/health`, `${basePath}/ready`])
  return ({ url }) => probes.has(url as string)
}

/** The methods of the routes of an API. */
export function methodsOf(routes: { method: string }[]): string {
  const methods = new Set(routes.map(({ method }) => method).filter((method) => method !== "ALL"))
  return [...methods.add("HEAD")].sort().join(", ")
}
