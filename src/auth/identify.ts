import { sql } from "drizzle-orm"
import type { AppContext, AppMiddleware } from "../context.ts"
import type { Viewer } from "../crud/policy.ts"
import { bound, compile, type Plan, withValues } from "../crud/statement.ts"
import { users } from "../db/schema/users.ts"
import { passwordMark, type Tokens } from "./token.ts"

let statement: Plan | undefined

/**
 * Finds out who asks, and never rejects: what needs a viewer says so itself. The role is read with each
 * request, so that a change of role or password, or a deleted account, counts from the next one on.
 */
export function identify(tokens: Tokens): AppMiddleware {
  return async (c, next) => {
    const header = c.req.header("authorization")
    c.set("viewer", { kind: "anonymous" })
    if (header !== undefined) {
      const started = performance.now()
      const db = c.get("timings").db
      const found = await viewerOf(c, tokens, header)
      if (typeof found === "string") c.set("rejected", found)
      else c.set("viewer", found)
      c.get("timings").auth = performance.now() - started - (c.get("timings").db - db)
    }
    await next()
  }
}

async function viewerOf(c: AppContext, tokens: Tokens, header: string): Promise<Viewer | string> {
  const token = /^Bearer +(\S+) *$/i.exec(header)?.[1]
  if (!token) return "the Authorization header is not Bearer <token>"
  const claims = await tokens.verify(token)
  if (typeof claims === "string") return claims
  statement ??= compile(
    sql`select ${users.role}, ${users.hashed_password} from ${users} where ${users.id} = ${bound("id")}`,
  )
  const rows = await c
    .get("client")()
    .query(withValues(statement, { id: claims.userId }, true))
  const [role, hashed] = rows[0] ?? []
  if (rows.length === 0) return "its user is no more"
  if (passwordMark(String(hashed)) !== claims.passwordMark) return "the password has changed since"
  return { kind: role === "admin" ? "admin" : "user", id: claims.userId }
}
