import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import * as z from "../lib/zod.ts"
import { requireHolds } from "../operations/access.ts"
import { forbidden, notFound } from "../problem.ts"
import { admin } from "../resource/rules.ts"
import { findByKey, keyFrom } from "./accounts.ts"
import { audited } from "./audit.ts"
import type { AuthContext } from "./auth-context.ts"
import { bodyOf, readBody } from "./body.ts"
import { removedAll, someOf } from "./factor-rows.ts"
import { requireInPerson } from "./in-person.ts"
import { factorTables } from "./required-factor.ts"
import { accountLock } from "./rows.ts"
import { endSessions } from "./sessions.ts"

const input = z
  .strictObject({
    account: z.union([z.int(), z.string()]).openapi({ description: "Whose: not one's own" }),
  })
  .openapi("RemoveFactors", { example: { account: 2 } })

/** `POST /auth/remove-factors`: for admins, of an account that has lost all of its factors. */
export function removeFactorsRoute(registry: Registry, context: AuthContext): void {
  registry.add(
    "post",
    "/auth/remove-factors",
    () => ({
      operationId: "removeFactors",
      tags: ["auth"],
      summary: "Remove all factors of an account, for admins",
      description:
        "Its apps, recovery codes and passkeys go, and its sessions end: its password is enough again.",
      request: bodyOf(input),
      responses: { 204: { description: "They are gone" } },
      security: "required",
      errors: [401, 403, 404, 413, 415, 422],
    }),
    async (c) => {
      const call = c.get("call")
      const { viewer } = call
      requireInPerson(viewer, "remove factors")
      requireHolds(call, admin)
      const { account: text } = await readBody(c, input)
      const { accounts } = context
      const account = keyFrom(accounts)(String(text))
      // Who has found an admin's session open gets no further by it.
      if (account !== undefined && String(account) === String(viewer.id))
        throw forbidden("Remove your own by their own routes, with a proof")
      const client = call.client()
      if (account === undefined || !(await findByKey(accounts, client, account))) throw notFound()
      const { sessions } = accounts.tables
      const tables = factorTables(accounts)
      const some = someOf(tables, account)
      await client.batch([
        // No session begins, and nobody else removes them, between these.
        ...(sessions ? accountLock(sessions, account) : []),
        ...audited(c, accounts, { event: "factors_removed", account, actor: viewer.id }, some),
        ...endSessions(accounts, { account, while: some }),
        ...tables.map((table) => removedAll(table, account)),
      ])
      return reply(c, 204, null)
    },
  )
}
