import type { RouteDoc } from "../http/document.ts"
import * as z from "../lib/zod.ts"
import { bodyOf } from "./body.ts"
import { challengePattern, maxState } from "./sign-in-request.ts"

const challenge = z
  .string()
  .regex(challengePattern, "must be S256 of a verifier, in base64url (RFC 7636)")
  .openapi({
    description: "S256 of the app's PKCE verifier",
    example: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  })
const redirectUri = z.string().openapi({
  description: "Where the browser ends: one of `AUTH_REDIRECTS`, to the letter",
  example: "https://app.example.com/signed-in",
})
const state = z
  .string()
  .max(maxState)
  .optional()
  .openapi({ description: "Is sent back to the app", example: "af0ifjsldkj" })

/** What begins a sign-in that links an identity. */
export const signInBody = z
  .strictObject({
    redirect_uri: redirectUri,
    code_challenge: challenge,
    code_challenge_method: z.literal("S256"),
    state,
  })
  .openapi("SignInBegin")

const redirection = (description: string, cookie: string) => ({
  description,
  headers: z.object({
    Location: z.string().openapi({ description: "Where the browser goes" }),
    "Set-Cookie": z.string().optional().openapi({ description: cookie }),
  }),
})

/** What the document says of signing in with providers. */
export function providerDocs(names: string[]): Record<"begin" | "end" | "link", RouteDoc> {
  const params = z.object({
    provider: z.enum(names as [string, ...string[]]).openapi({ description: "The provider's name" }),
  })
  const tags = ["auth"]
  return {
    begin: {
      operationId: "beginSignIn",
      tags,
      summary: "Sign in with a provider: open it in the browser",
      description:
        "Sends the browser to the provider, and from there back to `redirect_uri`, with `code` for `POST /auth/token`, or with `error` (RFC 6749, 4.1.2).",
      request: {
        params,
        query: z.object({
          redirect_uri: redirectUri.optional(),
          code_challenge: challenge.optional(),
          code_challenge_method: z.literal("S256").optional(),
          state,
          ticket: z.string().optional().openapi({
            description: "In place of the others: from `POST /auth/identities/{provider}`",
          }),
        }),
      },
      responses: {
        302: redirection("To the provider, or back to the app", "What the sign-in was begun with"),
      },
      errors: [404, 422],
    },
    end: {
      operationId: "endSignIn",
      tags,
      summary: "Where a provider sends the browser back",
      description:
        "Called by browsers that a provider sends here: register it there. Sends them back to the app.",
      request: {
        params,
        query: z.object({
          state: z.string().optional(),
          code: z.string().optional(),
          error: z.string().optional(),
          iss: z.string().optional(),
        }),
      },
      responses: { 302: redirection("Back to the app", "Ends what the sign-in was begun with") },
      errors: [400, 404, 422],
    },
    link: {
      operationId: "beginLink",
      tags,
      summary: "Link a provider to one's account",
      description:
        "Answers a URL for the browser. The identity is the account's once the app has exchanged the code that it leads to.",
      request: {
        params,
        ...bodyOf(signInBody),
      },
      responses: {
        200: {
          description: "The URL to open, within five minutes",
          content: { "application/json": { schema: z.object({ url: z.string() }).openapi("SignInUrl") } },
        },
      },
      security: "required",
      errors: [401, 403, 404, 413, 415, 422],
    },
  }
}
