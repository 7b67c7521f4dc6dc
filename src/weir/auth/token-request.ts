import { z } from "@hono/zod-openapi"
import { readForm, requireUnencoded } from "../http/body.ts"
import type { AppContext } from "../http/context.ts"
import { problem } from "../http/problem-docs.ts"
import { searchOf } from "../http/query-string.ts"
import { type FieldIssue, Problem, type ProblemCode } from "../problem.ts"

const maxName = 254
const maxPassword = 200

/** The form of the password grant (RFC 6749, 4.3.2). Unknown parameters are ignored. */
export const tokenForm = z.object({
  grant_type: z
    .literal("password")
    .optional()
    .openapi({ description: "OAuth2: the password grant. Left out, it is meant" }),
  username: z.string().min(1).max(maxName).openapi({ example: "ann@example.com" }),
  password: z.string().min(1).max(maxPassword).openapi({ format: "password", example: "correct horse" }),
  scope: z.literal("").optional().openapi({ description: "Tokens have no scopes" }),
  client_id: z
    .string()
    .optional()
    .openapi({ description: "Ignored, as is HTTP Basic: no client is registered" }),
  client_secret: z.string().optional().openapi({ description: "Ignored" }),
})

/** The problem of a refused request, with the members of RFC 6749, 5.2. */
export const tokenProblem = problem
  .extend({
    error: z.enum(["invalid_request", "invalid_grant", "unsupported_grant_type", "invalid_scope"]).optional(),
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

/** Who asks for a token. */
export interface Credentials {
  username: string
  password: string
}

/**
 * Reads a request for a token by the letter of RFC 6749: parameters without a value are as left out, none is given
 * twice, unknown ones are ignored (3.2), and all are in the body (2.3.1).
 */
export async function readTokenRequest(c: AppContext): Promise<Credentials> {
  requireUnencoded(c)
  const known = Object.keys(tokenForm.shape)
  const inUrl = known.filter((name) => new URLSearchParams(searchOf(c)).has(name))
  refuse("The query string is not valid", inUrl, "belongs into the body", "conflict")
  const fields = await readForm(c, "Send application/x-www-form-urlencoded: username=...&password=...")
  const valuesOf = (name: string) => fields.getAll(name).filter((value) => value !== "")
  const repeated = known.filter((name) => valuesOf(name).length > 1)
  refuse("The form is not valid", repeated, "may be given only once", "repeated")
  const [grant] = valuesOf("grant_type")
  if (grant !== undefined && grant !== "password")
    throw new Problem("unsupported_grant_type", "The grant_type must be password")
  const [username, password] = [valuesOf("username")[0], valuesOf("password")[0]]
  if (username === undefined || password === undefined) {
    const missing = Object.entries({ username, password }).filter(([, value]) => value === undefined)
    throw refused(
      "The form is not valid",
      missing.map(([name]) => name),
      "is required",
      "required",
    )
  }
  const long = [username.length > maxName ? "username" : "", password.length > maxPassword ? "password" : ""]
  refuse("The form is not valid", long.filter(Boolean), "is too long", "too_big")
  if (valuesOf("scope").length) throw new Problem("invalid_scope", "Tokens have no scopes: leave scope out")
  return { username, password }
}

const refused = (detail: string, paths: string[], message: string, code: string): Problem => {
  const issues = paths.map((path): FieldIssue => ({ path, message, code }))
  return new Problem("invalid_request", `${detail}: ${paths.join(", ")} ${message}`, { issues, status: 400 })
}

function refuse(detail: string, paths: string[], message: string, code: string): void {
  if (paths.length) throw refused(detail, paths, message, code)
}

/** OAuth2's word for each problem of a request, and its status (RFC 6749, 5.2). */
const errors: Partial<Record<ProblemCode, { error: string; status: number }>> = {
  wrong_credentials: { error: "invalid_grant", status: 400 },
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
    ...(known ? { members: { error: known.error, error_description: described(message) } } : {}),
  })
}

/** Text in the characters of an `error_description`. */
const described = (text: string): string => text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "?")
