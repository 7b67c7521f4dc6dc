import { sql } from "drizzle-orm"
import type { Row } from "../db/driver.ts"
import type { AppContext } from "../http/context.ts"
import { refuseUnhonoured } from "../http/preferences.ts"
import { searchOf } from "../http/query-string.ts"
import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import * as z from "../lib/zod.ts"
import { requireHolds } from "../operations/access.ts"
import { invalid } from "../problem.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { signedIn } from "../resource/rules.ts"
import { isAdmin } from "../resource/viewer.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { compile, planOf, withValues } from "../sql/plan.ts"
import { keyFrom } from "./accounts.ts"
import { audited } from "./audit.ts"
import type { AuthContext } from "./auth-context.ts"
import { clearCookies, cookieOf, requireOwnSite } from "./cookies.ts"
import { requireInPerson } from "./in-person.ts"
import { readRefreshToken } from "./refresh-token.ts"
import { endSessions, someEnd } from "./sessions.ts"
import { readOAuthForm, requireFields } from "./token-form.ts"
import { toOAuth } from "./token-request.ts"
import { oauthRefusals, refusals } from "./token-route.ts"

const revokeFields = { token: { required: true }, token_type_hint: {} }

/** `POST /auth/revoke` (RFC 7009). */
export function revokeRoute(registry: Registry, context: AuthContext, sessions: Resource): void {
  registry.add(
    "post",
    "/auth/revoke",
    () => ({
      operationId: "revokeToken",
      tags: ["auth"],
      summary: "Sign out: end the session of a token",
      description:
        "Ends the session that a refresh token or an access token is of (RFC 7009), from the next request on. A token that is none is answered as one that was.",
      request: {
        body: {
          required: true,
          content: {
            "application/x-www-form-urlencoded": {
              schema: z.object({
                token: z.string().min(1).openapi({ example: "wrt_6f0c..." }),
                token_type_hint: z.string().optional().openapi({ description: "Not needed" }),
              }),
            },
          },
        },
      },
      responses: {
        200: { description: "The session has ended, or there was none" },
        ...oauthRefusals,
        ...(context.accounts.cookies ? refusals([403]) : {}),
      },
      errors: [413],
    }),
    async (c) => {
      try {
        refuseUnhonoured(c)
        const value = await readOAuthForm(c, Object.keys(revokeFields), "token=...")
        const kept = context.accounts.cookies && !value("token") ? cookieOf(c, "refresh") : undefined
        if (kept !== undefined) requireOwnSite(c, context.origins)
        const { token = "" } = kept === undefined ? requireFields(value, revokeFields) : { token: kept }
        await revoke(c, context, sessions, token)
        const response = reply(c, 200, null, { "cache-control": "no-store" })
        if (kept !== undefined) clearCookies(c, response)
        return response
      } catch (error) {
        throw toOAuth(c, error)
      }
    },
  )
}

/** `DELETE /sessions`. */
export function endOthersRoute(registry: Registry, context: AuthContext, sessions: Resource): void {
  registry.add(
    "delete",
    `/${sessions.name}`,
    () => ({
      operationId: "endOtherSessions",
      tags: [sessions.name],
      summary: "Sign out everywhere else",
      description:
        "Ends all sessions of the viewer but the one that the request is of; admins end all of an account by `user_id`.",
      request: {
        query: z.object({
          user_id: z
            .string()
            .optional()
            .openapi({ description: "For admins: whose sessions end, all of them" }),
        }),
      },
      responses: { 204: { description: "They have ended" } },
      security: "required",
      scopes: false,
      errors: [401, 403, 422],
    }),
    async (c) => {
      const call = c.get("call")
      requireHolds(call, signedIn)
      const { viewer } = call
      requireInPerson(viewer, "end sessions")
      const account = accountAsked(c, context.accounts)
      const which = account === undefined ? { account: viewer.id as Key, but: viewer.session } : { account }
      const { accounts } = context
      const told = {
        event: "sign_out",
        account: which.account,
        actor: viewer.id,
        details: { sessions: account === undefined ? "others" : "all" },
      } as const
      const some = someEnd(accounts, which)
      await call.client().batch([...audited(c, accounts, told, some), ...endSessions(accounts, which)])
      return reply(c, 204, null)
    },
  )
}

/** The account that an admin names. Throws a 422 for what is no key, and where the viewer is none. */
function accountAsked(c: AppContext, accounts: Accounts): Key | undefined {
  const params = new URLSearchParams(searchOf(c))
  if (params.getAll("user_id").length > 1)
    throw invalid("The query string is not valid", [
      { path: "user_id", message: "may be given only once", code: "repeated" },
    ])
  for (const name of params.keys())
    if (name !== "user_id" || !isAdmin(c.get("call").viewer.kind))
      throw invalid("The query string is not valid", [
        { path: name, message: "is not a parameter of this route", code: "unknown_parameter" },
      ])
  const text = params.get("user_id")
  if (text === null) return undefined
  const key = keyFrom(accounts)(text)
  if (key === undefined)
    throw invalid("The query string is not valid", [
      { path: "user_id", message: "is no key of an account", code: "invalid_value" },
    ])
  return key
}

/** Ends the session of a token, if it is one. */
async function revoke(c: AppContext, context: AuthContext, sessions: Resource, text: string): Promise<void> {
  const { accounts, tokens } = context
  const client = c.get("call").client()
  const refresh = readRefreshToken(text)
  const claims = refresh ? undefined : await tokens.verify(text)
  let found: { session: number; account: Key } | undefined
  if (refresh) {
    const plan = planOf(sessions, "own:family", () => ({
      ...compile(
        sql`select ${columnName(sessions, "id")}, ${columnName(sessions, "user_id")} from ${tableOf(sessions)} where ${columnName(sessions, "family_hash")} = ${boundValue(sessions, "family_hash")}`,
      ),
      bounded: true,
    }))
    const [row] = (await client.query(withValues(plan, { family_hash: refresh.familyHash }, true))) as [Row?]
    if (row) found = { session: Number(row[0]), account: row[1] as Key }
  } else if (typeof claims === "object" && claims.session !== undefined && claims.actor === undefined)
    found = { session: claims.session, account: claims.userId }
  if (!found) return
  const told = { event: "sign_out", account: found.account, details: { session: found.session } } as const
  const which = { account: found.account, only: found.session }
  const some = someEnd(accounts, which)
  await client.batch([...audited(c, accounts, told, some), ...endSessions(accounts, which)])
}
