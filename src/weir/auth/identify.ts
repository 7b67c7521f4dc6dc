import { and, eq, sql } from "drizzle-orm"
import { matchedRoutes } from "hono/route"
import { LRUCache } from "lru-cache"
import { readsOf, stampsOfRead } from "../cache/stamps.ts"
import type { AppContext, AppMiddleware } from "../http/context.ts"
import { takesRecalled } from "../http/registry.ts"
import { rejectedToken } from "../operations/access.ts"
import type { Accounts } from "../resource/accounts.ts"
import { servedPaths } from "../resource/checks.ts"
import type { Key } from "../resource/key.ts"
import type { Field } from "../resource/resource.ts"
import { isPresent } from "../resource/soft-delete.ts"
import type { RouteViewer, Viewer, ViewerGuard } from "../resource/viewer.ts"
import { bound, compile, type Plan, withValues } from "../sql/plan.ts"
import { accountKey } from "./accounts.ts"
import { type Claims, passwordMark, type Tokens } from "./token.ts"

/** What an account's row says of it as a viewer. */
interface Credentials {
  role: string
  password: string
}

/**
 * Identifies the viewer by the access token. Who sends none is anonymous, and the rules decide what needs a viewer; a
 * token that does not hold is a 401 on every route that looks at the viewer (RFC 6750, 3.1). Role and password are
 * read with each request, so that a change of them, or a deleted account, counts from the next one on. A route that
 * guards its statement gets the viewer recalled from memory, which saves that read.
 */
export function identify(accounts: Accounts, tokens: Tokens): AppMiddleware {
  const remembered = new LRUCache<Key, Credentials>({ max: 2000 })
  const { resource, admin } = accounts
  const key = accountKey(resource)
  const viewerOf = (id: Key, role: string): Viewer => ({ kind: role === admin ? "admin" : "user", id })
  const guardOf = guardsOf(accounts, key)
  let plan: Plan | undefined

  const look = async (c: AppContext, { userId, passwordMark: mark }: Claims): Promise<Viewer | string> => {
    plan ??= compileLook(accounts, key)
    const statement = withValues(plan, { id: userId }, true)
    const row = { table: resource.tableName, column: key.name, value: userId, times: 1 }
    const { cache, client } = c.get("call")
    const text = await cache.recall(
      () => ({ key: `credentials:${userId}`, stamps: stampsOfRead(readsOf(statement.text), [row]) }),
      async () => {
        const rows = await client().query(statement)
        return rows[0] && JSON.stringify(rows[0])
      },
    )
    const [role, password] = (text === undefined ? [] : JSON.parse(text)) as string[]
    if (role === undefined || password === undefined) return "its user is no more"
    if (passwordMark(password) !== mark) return "the password has changed since"
    remembered.set(userId, { role, password })
    return viewerOf(userId, role)
  }

  const identified = async (c: AppContext, token: string | null): Promise<Viewer | string> => {
    if (token === null) return "the Authorization header is not Bearer <token>"
    const claims = await tokens.verify(token)
    if (typeof claims === "string") return claims
    const last = remembered.get(claims.userId)
    if (!last || passwordMark(last.password) !== claims.passwordMark || !takesRecalled(c))
      return look(c, claims)
    const call = c.get("call")
    call.recalled = {
      guard: guardOf(claims.userId, last),
      confirm: async () => {
        call.recalled = undefined
        settle(c, await look(c, claims))
        refuseRejected(c)
      },
    }
    return viewerOf(claims.userId, last.role)
  }

  const timed = async (c: AppContext, token: string | null): Promise<void> => {
    const timings = c.get("timings")
    const { db } = timings
    const started = performance.now()
    settle(c, await identified(c, token))
    timings.auth = performance.now() - started - (timings.db - db)
    refuseRejected(c)
  }

  return (c, next) => {
    const header = c.req.header("authorization")
    const token = header && tokenOf(header)
    return token === undefined || token === "" ? next() : timed(c, token).then(next)
  }
}

/**
 * The token of an `Authorization` header. Undefined for another scheme, which says nothing of the viewer, such as the
 * Basic of a proxy; null where the header is malformed.
 */
export function tokenOf(header: string): string | undefined | null {
  const token = /^Bearer +(\S+) *$/i.exec(header)?.[1]
  if (token !== undefined) return token
  const [, scheme] = /^([\w!#$%&'*+.^`|~-]+) +\S/.exec(header) ?? []
  return scheme === undefined || /^bearer$/i.test(scheme) ? null : undefined
}

/** Throws a 401 for a token that does not hold, but on the engine's own routes: they look at no viewer. */
function refuseRejected(c: AppContext): void {
  const { rejected } = c.get("call")
  if (rejected === undefined) return
  if (!matchedRoutes(c).some(({ path }) => servedPaths.includes(path.split("/")[1] as string)))
    throw rejectedToken(rejected)
}

/** Sets the viewer of the request, or the reason why its token was rejected. */
function settle(c: AppContext, viewer: Viewer | string): void {
  const call = c.get("call")
  const rejected = typeof viewer === "string"
  call.viewer = rejected ? { kind: "anonymous" } : viewer
  call.rejected = rejected ? viewer : undefined
  c.set("viewer", call.viewer as RouteViewer)
}

/** The role of an account, empty where accounts have none. */
const roleSql = ({ role }: Accounts) => (role ? sql`${role.column}` : sql`''`)

const compileLook = (accounts: Accounts, key: Field): Plan => ({
  ...compile(
    sql`select ${roleSql(accounts)}, ${accounts.password.column} from ${accounts.resource.table} where ${and(sql`${key.column} = ${bound("id")}`, isPresent(accounts.resource))}`,
  ),
  bounded: true,
})

/** Makes the condition that an account still has the credentials remembered of it. */
function guardsOf(accounts: Accounts, key: Field): (id: Key, credentials: Credentials) => ViewerGuard {
  const unchanged = and(
    eq(key.column, sql`${bound("@guardKey")}`),
    accounts.role && eq(accounts.role.column, sql`${bound("@guardRole")}`),
    eq(accounts.password.column, sql`${bound("@guardPassword")}`),
    isPresent(accounts.resource),
  )
  const where = sql`exists (select 1 from ${accounts.resource.table} where ${unchanged})`
  return (id, { role, password }) => ({
    where,
    values: { "@guardKey": id, "@guardRole": role, "@guardPassword": password },
  })
}
