import { and, eq, getTableName, sql } from "drizzle-orm"
import { LRUCache } from "lru-cache"
import { users } from "../../schema/users.ts"
import { readsOf, stampsOfRead } from "../cache/stamps.ts"
import type { AppContext, AppMiddleware } from "../http/context.ts"
import { confirmsViewer } from "../http/registry.ts"
import type { Guard, Viewer } from "../resource/rules.ts"
import { bound, compile, type Plan, withValues } from "../sql/plan.ts"
import { type Claims, passwordMark, type Tokens } from "./token.ts"

/** What a user's row says of it as a viewer. */
interface Standing {
  role: string
  password: string
}

let statement: Plan | undefined

/**
 * Finds out who asks, and never rejects: what needs a viewer says so itself. The role is read with each
 * request, so that a change of role or password, or a deleted account, counts from the next one on. A route
 * that guards its statement by the role and password remembered needs no reading before it.
 */
export function identify(tokens: Tokens): AppMiddleware {
  const remembered = new LRUCache<number, Standing>({ max: 2000 })

  const look = async (c: AppContext, { userId, passwordMark: mark }: Claims): Promise<Viewer | string> => {
    statement ??= compile(
      sql`select ${users.role}, ${users.hashed_password} from ${users} where ${users.id} = ${bound("id")}`,
    )
    const asked = withValues(statement, { id: userId }, true)
    const row = { table: getTableName(users), column: users.id.name, value: userId, times: 1 }
    const found = await c.get("cache").recall(
      () => ({ key: `standing:${userId}`, stamps: stampsOfRead(readsOf(asked.text), [row]) }),
      async () => {
        const rows = await c.get("client")().query(asked)
        return rows[0] && JSON.stringify(rows[0])
      },
    )
    const [role, password] = (found === undefined ? [] : JSON.parse(found)) as string[]
    if (role === undefined || password === undefined) return "its user is no more"
    if (passwordMark(password) !== mark) return "the password has changed since"
    remembered.set(userId, { role, password })
    return viewerOf(userId, role)
  }

  const identified = async (c: AppContext, header: string): Promise<Viewer | string> => {
    const token = /^Bearer +(\S+) *$/i.exec(header)?.[1]
    if (!token) return "the Authorization header is not Bearer <token>"
    const claims = await tokens.verify(token)
    if (typeof claims === "string") return claims
    const last = remembered.get(claims.userId)
    if (!last || passwordMark(last.password) !== claims.passwordMark || !confirmsViewer(c))
      return look(c, claims)
    c.set("unconfirmed", {
      guard: guardOf(claims.userId, last),
      confirm: async () => {
        c.set("unconfirmed", undefined)
        settle(c, await look(c, claims))
      },
    })
    return viewerOf(claims.userId, last.role)
  }

  const timed = async (c: AppContext, header: string): Promise<void> => {
    const timings = c.get("timings")
    const { db } = timings
    const started = performance.now()
    settle(c, await identified(c, header))
    timings.auth = performance.now() - started - (timings.db - db)
  }

  return (c, next) => {
    const header = c.req.header("authorization")
    c.set("viewer", anonymous)
    return header === undefined ? next() : timed(c, header).then(next)
  }
}

const anonymous: Viewer = { kind: "anonymous" }

function settle(c: AppContext, found: Viewer | string): void {
  c.set("viewer", typeof found === "string" ? { kind: "anonymous" } : found)
  c.set("rejected", typeof found === "string" ? found : undefined)
}

const viewerOf = (id: number, role: string): Viewer => ({ kind: role === "admin" ? "admin" : "user", id })

const where = and(
  eq(users.id, sql`${bound("guard_id")}`),
  eq(users.role, sql`${bound("guard_role")}`),
  eq(users.hashed_password, sql`${bound("guard_password")}`),
)
const guardSql = sql`exists (select 1 from ${users} where ${where})`

const guardOf = (id: number, { role, password }: Standing): Guard => ({
  where: guardSql,
  values: { guard_id: id, guard_role: role, guard_password: password },
})
