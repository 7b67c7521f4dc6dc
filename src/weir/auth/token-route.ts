import type { AppContext } from "../http/context.ts"
import { replyProblem } from "../http/errors.ts"
import { refuseUnhonoured } from "../http/preferences.ts"
import { problems } from "../http/problem-docs.ts"
import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import * as z from "../lib/zod.ts"
import { Problem } from "../problem.ts"
import type { AuthContext } from "./auth-context.ts"
import { clearCookies, cookieOf, requireOwnSite, setCookies } from "./cookies.ts"
import { type Attempt, type Grant, grantsOf } from "./grants.ts"
import { sessionSecondsOf, type TokenAnswer } from "./sessions.ts"
import { type FormValue, readOAuthForm, requireFields } from "./token-form.ts"
import { tokenProblem, toOAuth } from "./token-request.ts"

const tokenResponse = (context: AuthContext) =>
  z
    .object({
      access_token: context.accounts.cookies ? z.string().optional() : z.string(),
      token_type: z.literal("bearer"),
      expires_in: z.int().openapi({ description: "Seconds" }),
      ...(context.accounts.tables.sessions
        ? {
            refresh_token: (context.accounts.cookies ? z.string().optional() : z.string()).openapi({
              description: "For the next access token; it is used once",
            }),
            session_id: z.int().openapi({ description: "The session, as `GET /sessions` has it" }),
          }
        : {}),
    })
    .openapi("Token", {
      example: {
        access_token: "eyJhbGciOi...",
        token_type: "bearer",
        expires_in: context.tokens.lifetime,
        ...(context.accounts.tables.sessions ? { refresh_token: "wrt_6f0c...", session_id: 1 } : {}),
      },
    })

/** A refusal, as a problem or, for clients that ask for JSON, with that media type (RFC 6749, 5.2). */
export const refusals = (statuses: number[]) =>
  Object.fromEntries(
    Object.entries(problems("post", statuses)).map(([status, documented]) => {
      const content = { schema: tokenProblem }
      return [
        status,
        { ...documented, content: { "application/problem+json": content, "application/json": content } },
      ]
    }),
  )
export const oauthRefusals = refusals([400, 415, 429])

const descriptions: Record<string, string> = {
  username: "For the password grant",
  password: "For the password grant",
  refresh_token: "For the grant of a refresh token",
  code: "For the grant of a code: what `GET /auth/sign-in/{provider}` has led to",
  redirect_uri: "For the grant of a code: as it was when the sign-in began",
  code_verifier: "For the grant of a code: the one whose S256 was the `code_challenge`",
  otp: "A code of the account's second factor, or a recovery code",
  challenge: "For the grant of a code: what the answer to a right password had",
  credential: "For the grant of a passkey: what `navigator.credentials.get()` gave, as JSON",
}
const examples: Record<string, string> = { username: "ann@example.com", password: "correct horse" }

/** The form of all grants: what is of one alone is optional where there are others. */
function tokenForm(grants: Record<string, Grant>, cookies: boolean) {
  const names = Object.keys(grants) as [string, ...string[]]
  const isOnly = names.length === 1
  const fields: Record<string, z.ZodType> = {
    grant_type: z.enum(names).optional().openapi({ description: "Left out, the password grant is meant" }),
  }
  for (const grant of Object.values(grants))
    for (const [name, { required, max = 2000 }] of Object.entries(grant.fields)) {
      const field = z.string().min(1).max(max)
      fields[name] = (isOnly && required ? field : field.optional()).openapi({
        description: descriptions[name] ?? `For the grants that take it`,
        ...(examples[name] ? { example: examples[name] } : {}),
        ...(name === "password" ? { format: "password" } : {}),
      })
    }
  return z.object({
    ...fields,
    scope: z.literal("").optional().openapi({ description: "Tokens have no scopes" }),
    client_id: z
      .string()
      .optional()
      .openapi({ description: "Ignored, as is HTTP Basic: no client is registered" }),
    client_secret: z.string().optional().openapi({ description: "Ignored" }),
    ...(cookies
      ? {
          cookie: z
            .literal("true")
            .optional()
            .openapi({ description: "Of a browser: the tokens come in cookies, and not in the answer" }),
        }
      : {}),
  })
}

/** `POST /auth/token`. */
export function tokenRoute(registry: Registry, context: AuthContext): void {
  const names = context.accounts.login.map(({ name }) => name).join(" or ")
  const grants = grantsOf(context)
  registry.add(
    "post",
    "/auth/token",
    () => ({
      operationId: "createToken",
      tags: ["auth"],
      summary: `Sign in: ${names} and password for an access token`,
      description:
        "The grants of OAuth 2. A wrong password and an unknown name look the same; attempts may be limited.",
      request: {
        body: {
          required: true,
          content: {
            "application/x-www-form-urlencoded": { schema: tokenForm(grants, context.accounts.cookies) },
          },
        },
      },
      responses: {
        200: {
          description: "An access token",
          content: { "application/json": { schema: tokenResponse(context) } },
        },
        ...oauthRefusals,
        ...(context.accounts.confirm || context.accounts.cookies ? refusals([403]) : {}),
      },
      errors: [413],
    }),
    async (c) => {
      const attempt: Attempt = { client: c.get("call").caller.client, sign_in: "unfinished" }
      c.set("logged", attempt)
      let isKept = false
      // Of answers of every status (RFC 6749, 5.1).
      c.get("headers").pragma = "no-cache"
      try {
        refuseUnhonoured(c)
        await context.prepare()
        const { grant, value, inCookies, ...read } = await readGrant(c, context, grants)
        isKept = read.isKept
        const answer = await grant.issue(c, context, requireFields(value, grant.fields), attempt)
        attempt.sign_in = "ok"
        return inCookies ? replyInCookies(c, context, answer) : replyTokens(c, answer)
      } catch (error) {
        attempt.sign_in = error instanceof Problem ? error.code : "failed"
        const shown = toOAuth(c, error)
        // The browser would send what does not hold for as long as the session might have lasted.
        if (!/^invalid_(grant|request)$/.test(attempt.sign_in) || !isKept) throw shown
        const response = replyProblem(c, shown as Problem)
        clearCookies(c, response)
        return response
      }
    },
  )
}

const replyTokens = (c: AppContext, answer: object): Response =>
  reply(c, 200, JSON.stringify(answer), { "cache-control": "no-store" })

/** Answers with the tokens in cookies, where no script reads them. */
function replyInCookies(c: AppContext, context: AuthContext, answer: TokenAnswer): Response {
  const { access_token: _, refresh_token: __, ...shown } = answer
  const response = replyTokens(c, shown)
  setCookies(c, response, answer, sessionSecondsOf(context))
  return response
}

/**
 * The grant that a form is for, its values, whether it is of a browser that keeps its tokens in cookies, and whether it has
 * sent one.
 */
async function readGrant(
  c: AppContext,
  { accounts, origins }: AuthContext,
  grants: Record<string, Grant>,
): Promise<{ grant: Grant; value: FormValue; inCookies: boolean; isKept: boolean }> {
  const own = Object.values(grants).flatMap(({ fields }) => Object.keys(fields))
  const ours = accounts.cookies ? ["cookie"] : []
  const known = ["grant_type", ...new Set(own), "scope", "client_id", "client_secret", ...ours]
  const value = await readOAuthForm(c, known, "username=...&password=...")
  const type = value("grant_type") ?? "password"
  const grant = Object.hasOwn(grants, type) ? grants[type] : undefined
  if (!grant) {
    const names = Object.keys(grants)
    const which = names.length > 1 ? `one of ${names.join(", ")}` : names[0]
    throw new Problem("unsupported_grant_type", `The grant_type must be ${which}`)
  }
  if (value("scope")) throw new Problem("invalid_scope", "Tokens have no scopes: leave scope out")
  const kept =
    accounts.cookies && type === "refresh_token" && !value(type) ? cookieOf(c, "refresh") : undefined
  const isKept = kept !== undefined
  const inCookies = isKept || (accounts.cookies && value("cookie") === "true")
  if (inCookies) requireOwnSite(c, origins)
  const read: FormValue = (name) => (name === "refresh_token" ? kept : undefined) ?? value(name)
  return { grant, value: read, inCookies, isKept }
}
