import { type RouteConfig, z } from "@hono/zod-openapi"
import { titles } from "../problem.ts"

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

/** The documented problems of an operation, by status. */
export function problems(...statuses: number[]): RouteConfig["responses"] {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: titles[status] ?? "Error",
        content: { "application/problem+json": { schema: problem } },
      },
    ]),
  )
}
