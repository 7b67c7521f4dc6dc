import { z } from "@hono/zod-openapi"
import type { AppContext } from "../http/context.ts"
import { problems } from "../http/problem-docs.ts"
import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import { Problem } from "../problem.ts"
import type { Accounts } from "../resource/accounts.ts"
import { countedName, findAccount } from "./accounts.ts"
import { decoyHash, verifyPassword } from "./password.ts"
import { passwordMark, type Tokens, tokenLifetime } from "./token.ts"
import { readTokenRequest, tokenForm, tokenProblem, toOAuth } from "./token-request.ts"

const tokenResponse = z
  .object({
    access_token: z.string(),
    token_type: z.literal("bearer"),
    expires_in: z.int().openapi({ description: "Seconds" }),
  })
  .openapi("Token", {
    example: { access_token: "eyJhbGciOi...", token_type: "bearer", expires_in: tokenLifetime },
  })

/** A refusal, as a problem or, for clients that ask for JSON, with that media type (RFC 6749, 5.2). */
const refusals = Object.fromEntries(
  Object.entries(problems("post", [400, 415, 429])).map(([status, documented]) => {
    const content = { schema: tokenProblem }
    return [
      status,
      { ...documented, content: { "application/problem+json": content, "application/json": content } },
    ]
  }),
)

/** What the log line of an attempt to sign in has of it. */
interface Attempt extends Record<string, unknown> {
  client: string | undefined
  /** The mark of the account's name, where there is one. */
  account?: string
  /** `ok`, the code of the problem, or `unfinished` where the time was up before. */
  sign_in: string
}

/** `POST /auth/token`. */
export function authRoutes(
  registry: Registry,
  accounts: Accounts,
  tokens: Tokens,
  prepare: () => Promise<void>,
): void {
  const names = accounts.login.map(({ name }) => name).join(" or ")
  registry.add(
    "post",
    "/auth/token",
    () => ({
      operationId: "createToken",
      tags: ["auth"],
      summary: `Sign in: ${names} and password for an access token`,
      description:
        "The password grant of OAuth 2. A wrong password and an unknown name look the same; attempts may be limited.",
      request: {
        body: { required: true, content: { "application/x-www-form-urlencoded": { schema: tokenForm } } },
      },
      responses: {
        200: { description: "An access token", content: { "application/json": { schema: tokenResponse } } },
        ...refusals,
      },
      errors: [413],
    }),
    async (c) => {
      const attempt: Attempt = { client: c.get("call").caller.client, sign_in: "unfinished" }
      c.set("logged", attempt)
      // Of answers of every status (RFC 6749, 5.1).
      c.get("headers").pragma = "no-cache"
      try {
        await prepare()
        const response = await issueToken(c, accounts, tokens, attempt)
        attempt.sign_in = "ok"
        return response
      } catch (error) {
        attempt.sign_in = error instanceof Problem ? error.code : "failed"
        throw toOAuth(c, error)
      }
    },
  )
}

async function issueToken(
  c: AppContext,
  accounts: Accounts,
  tokens: Tokens,
  attempt: Attempt,
): Promise<Response> {
  const { username, password } = await readTokenRequest(c)
  attempt.account = tokens.nameMark(username)
  const { caller } = c.get("call")
  await caller.count({ kind: "sign_in", account: countedName(accounts, username) })
  const account = username.includes("\0")
    ? undefined
    : await findAccount(accounts, c.get("call").client(), username)
  // An unknown user costs what a known one does, and looks the same.
  const good = await verifyPassword(password, account?.hashedPassword ?? decoyHash, caller)
  if (!account || !good) throw new Problem("wrong_credentials", "The username or the password is wrong")
  const claims = { userId: account.id, passwordMark: passwordMark(account.hashedPassword) }
  const body = { access_token: await tokens.issue(claims), token_type: "bearer", expires_in: tokenLifetime }
  return reply(c, 200, JSON.stringify(body), { "cache-control": "no-store" })
}
