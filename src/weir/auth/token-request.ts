import type { AppContext } from "../http/context.ts"
import { problem } from "../http/problem-docs.ts"
import * as z from "../lib/zod.ts"
import { Problem, type ProblemCode } from "../problem.ts"

/** The problem of a refused request, with the members of RFC 6749, 5.2. */
export const tokenProblem = problem
  .extend({
    error: z
      .enum([
        "invalid_request",
        "invalid_grant",
        "unsupported_grant_type",
        "invalid_scope",
        "unauthorized_client",
      ])
      .optional(),
    challenge: z.string().optional().openapi({
      description: "Of `second_factor_required`: what to send with a one-time code, within 5 minutes",
    }),
    error_description: z.string().optional().openapi({ description: "`detail`, in ASCII" }),
  })
  .openapi("TokenProblem", {
    example: {
      type: "about:blank",
      title: "Bad Request",
      status: 400,
      detail: "The username or the password is wrong",
      code: "wrong_credentials",
      request_id: "6f0c1f0e-2f4e-4a53-9a0e-0f3c8f1f7f3e",
      error: "invalid_grant",
      error_description: "The username or the password is wrong",
    },
  })

/** OAuth2's word for each problem of a request, and its status (RFC 6749, 5.2). */
const errors: Partial<Record<ProblemCode, { error: string; status: number }>> = {
  wrong_credentials: { error: "invalid_grant", status: 400 },
  invalid_grant: { error: "invalid_grant", status: 400 },
  unverified: { error: "invalid_grant", status: 403 },
  second_factor_required: { error: "invalid_grant", status: 400 },
  unsupported_grant_type: { error: "unsupported_grant_type", status: 400 },
  invalid_scope: { error: "invalid_scope", status: 400 },
  invalid_request: { error: "invalid_request", status: 400 },
  incomplete_body: { error: "invalid_request", status: 400 },
  unsupported_media_type: { error: "invalid_request", status: 415 },
  unsupported_encoding: { error: "invalid_request", status: 415 },
}

/**
 * An error as an OAuth2 client reads it: with `error` and `error_description` where OAuth2 has a word for it, and as
 * `application/json` where the client asks for that, as the libraries do.
 */
export function toOAuth(c: AppContext, error: unknown): unknown {
  if (!(error instanceof Problem)) return error
  const { code, message, issues, status } = error
  const known = errors[code]
  const accept = c.req.header("accept") ?? ""
  const asJson = /(^|,)\s*application\/json\s*(;|,|$)/i.test(accept) && !accept.includes("problem+json")
  return new Problem(code, message, {
    issues,
    status: known?.status ?? status,
    headers: { ...error.headers, ...(asJson ? { "content-type": "application/json" } : {}) },
    cause: error,
    ...(known
      ? { members: { ...error.members, error: known.error, error_description: described(message) } }
      : {}),
  })
}

/** Text in the characters of an `error_description`. */
const described = (text: string): string => text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "?")
