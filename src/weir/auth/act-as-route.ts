import type { AppContext } from "../http/context.ts"
import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import * as z from "../lib/zod.ts"
import { requireHolds } from "../operations/access.ts"
import { forbidden, invalid } from "../problem.ts"
import type { Key } from "../resource/key.ts"
import { admin } from "../resource/rules.ts"
import { withValues } from "../sql/plan.ts"
import { keyFrom } from "./accounts.ts"
import { audited } from "./audit.ts"
import type { AuthContext } from "./auth-context.ts"
import { bodyOf, readBody } from "./body.ts"
import { credentialsIn, lookPlan, lookValues } from "./credentials.ts"
import { requireInPerson } from "./in-person.ts"
import { passwordMark } from "./token.ts"

/** How long an admin acts as another by one token, in seconds. */
const actSeconds = 600

const input = z
  .strictObject({
    user_id: z.union([z.int(), z.string().min(1)]).openapi({ description: "Whom to act as: no admin" }),
    reason: z.string().trim().min(1).max(500).openapi({ description: "Why, for the audit log" }),
  })
  .openapi("ActAs", { example: { user_id: 2, reason: "Ticket 4711" } })

const answer = z
  .object({ access_token: z.string(), token_type: z.literal("bearer"), expires_in: z.int() })
  .openapi("ActAsToken", {
    example: { access_token: "eyJhbGciOi...", token_type: "bearer", expires_in: actSeconds },
  })

/** `POST /auth/act-as`: a short token of another account, for admins. */
export function actAsRoute(registry: Registry, context: AuthContext): void {
  registry.add(
    "post",
    "/auth/act-as",
    () => ({
      operationId: "actAs",
      tags: ["auth"],
      summary: "Act as another user, for admins",
      description: `A token of another account that holds for ${actSeconds / 60} minutes, as long as the admin's own session lasts. Each log line names the admin as \`actor\`, and the audit log has the reason.`,
      request: bodyOf(input),
      responses: { 200: { description: "The token", content: { "application/json": { schema: answer } } } },
      security: "required",
      errors: [401, 403, 413, 415, 422],
    }),
    async (c) => {
      const call = c.get("call")
      const { viewer } = call
      requireInPerson(viewer, "act as another")
      requireHolds(call, admin)
      const { account, reason } = await readInput(c, context)
      const client = call.client()
      const [row] = await client.query(
        withValues(lookPlan(context.accounts, { userId: account }), lookValues({ userId: account }), true),
      )
      const found = credentialsIn(context.accounts, row)
      if (!found) throw refused("is no account that can be used")
      if (found.role === context.accounts.admin) throw forbidden("Nobody acts as an admin")
      const actor = viewer.id as Key
      const claims = {
        userId: account,
        passwordMark: passwordMark(found.password),
        session: viewer.session,
        actor,
      }
      const token = await context.tokens.issue(claims, actSeconds)
      const told = audited(c, context.accounts, { event: "acted_as", account, actor, details: { reason } })
      if (told.length) await client.batch(told)
      const body = { access_token: token, token_type: "bearer", expires_in: actSeconds }
      return reply(c, 200, JSON.stringify(body), { "cache-control": "no-store" })
    },
  )
}

const refused = (message: string): Error =>
  invalid("The body is not valid", [{ path: "user_id", message, code: "unknown_reference" }])

async function readInput(
  c: AppContext,
  { accounts }: AuthContext,
): Promise<{ account: Key; reason: string }> {
  const { user_id, reason } = await readBody(c, input)
  const account = keyFrom(accounts)(String(user_id))
  if (account === undefined) throw refused("is no key of an account")
  return { account, reason }
}
