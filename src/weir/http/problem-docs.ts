import type { RouteConfig } from "@hono/zod-openapi"
import * as z from "../lib/zod.ts"
import { titles } from "../problem.ts"
import type { Components, Reference } from "./components.ts"
import { text } from "./conditional-docs.ts"
import { acceptedHeader } from "./media-types.ts"

/** The schema of a problem. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    request_id: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string(), code: z.string() }))
      .optional()
      .openapi({ description: "What is wrong, and where: a parameter, a header or a member of the body" }),
    current: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({ description: "Of a 412, the row as it is now" }),
  })
  .openapi("Problem", {
    example: {
      type: "about:blank",
      title: "Unprocessable Content",
      status: 422,
      detail: "The query string is not valid",
      code: "invalid_request",
      request_id: "6f0c1f0e-2f4e-4a53-9a0e-0f3c8f1f7f3e",
      errors: [{ path: "limit", message: "must be a whole number from 1 to 1000", code: "out_of_range" }],
    },
  })

/** What the headers of problems tell, by status. */
const headers: Record<number, Record<string, string>> = {
  401: { "WWW-Authenticate": "How to authenticate, and why a token was rejected (RFC 6750)" },
  429: {
    "Retry-After": "Seconds to wait",
    RateLimit: "What is left of each limit, and when it is whole again",
    "RateLimit-Policy": "The limits that were counted",
  },
  503: { "Retry-After": "Seconds to wait" },
}

function headersOf(method: string, status: number): Record<string, string> {
  if (status !== 415) return headers[status] ?? {}
  const [name] = Object.keys(acceptedHeader(method.toUpperCase(), []))
  const shown = (name as string).replace(/(^|-)./g, (letter) => letter.toUpperCase())
  return { [shown]: "The media types that are taken here" }
}

const problemReference = { $ref: "#/components/schemas/Problem" }

function problemOf<Schema>(method: string, status: number, schema: Schema) {
  const described = Object.entries(headersOf(method, status)).map(([name, why]) => [name, text(why)])
  return {
    description: titles[status] ?? "Error",
    ...(described.length ? { headers: Object.fromEntries(described) } : {}),
    content: { "application/problem+json": { schema } },
  }
}

/** The documented problems of an operation, by status. */
export const problems = (method: string, statuses: number[]): RouteConfig["responses"] =>
  Object.fromEntries(statuses.map((status) => [status, problemOf(method, status, problem)]))

/** Makes references to the documented problems of an operation, by status: most are the same for all. */
export function problemReferences(
  components: Components,
): (method: string, statuses: readonly number[]) => Record<string, Reference> {
  const known = new Map<string, Record<string, Reference>>()
  const reference = (method: string, status: number): Reference => {
    const title = (titles[status] ?? `Error${status}`).replaceAll(" ", "")
    // The header that names the media types is another for some methods.
    const name = status === 415 ? `${title}Of${method.charAt(0).toUpperCase()}${method.slice(1)}` : title
    return components.named("responses", name, () => problemOf(method, status, problemReference))
  }
  return (method, statuses) => {
    const key = `${method} ${statuses}`
    let references = known.get(key)
    if (!references) {
      references = Object.fromEntries(statuses.map((status) => [status, reference(method, status)]))
      known.set(key, references)
    }
    return references
  }
}
