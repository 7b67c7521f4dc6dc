import { matchedRoutes } from "hono/route"
import { LRUCache } from "lru-cache"
import { type PartRead, readsOf, stampsOfRead } from "../cache/stamps.ts"
import type { AppContext, AppMiddleware } from "../http/context.ts"
import { takesRecalled } from "../http/registry.ts"
import { rejectedToken } from "../operations/access.ts"
import { Problem } from "../problem.ts"
import type { Accounts } from "../resource/accounts.ts"
import { servedPaths } from "../resource/checks.ts"
import { routeViewer, type Viewer } from "../resource/viewer.ts"
import { withValues } from "../sql/plan.ts"
import { accountKey } from "./accounts.ts"
import { looksLikeKey } from "./api-key.ts"
import type { AuthContext } from "./auth-context.ts"
import { tokenOf } from "./bearer.ts"
import { cookieOf, requireOwnSite } from "./cookies.ts"
import {
  type Credentials,
  credentialsIn,
  guardsOf,
  type Looked,
  lookPlan,
  lookValues,
} from "./credentials.ts"
import { entailing } from "./entailed.ts"
import { viewerOfKey } from "./key-credentials.ts"
import { type Presented, viewerOf } from "./presented.ts"
import { factorPart, needsFactor, refuseWithoutFactor } from "./required-factor.ts"
import { passwordMark } from "./token.ts"
import { type Touch, touching } from "./touch.ts"

/** What tells apart what is remembered. */
const nameOf = ({ userId, session, actor, identity }: Looked): string =>
  `${userId}${session === undefined ? "" : `:${session}`}${actor === undefined ? "" : `@${actor}`}${identity ? `#${identity.issuer} ${identity.subject}` : ""}`

/**
 * Identifies the viewer by the access token. Who sends none is anonymous, and the rules decide what needs a viewer; a
 * token that does not hold is a 401 on every route that looks at the viewer (RFC 6750, 3.1). Role, password and session
 * are read with each request, so that a change of them, a sign-out or a deleted account counts from the next one on. A
 * route that guards its statement gets the viewer recalled from memory, which saves that read.
 */
export function identify({ accounts, tokens, issued, origins }: AuthContext): AppMiddleware {
  const remembered = new LRUCache<string, Credentials>({ max: 2000 })
  const guardOf = guardsOf(accounts)
  const { keys } = accounts.tables
  const touchKey: Touch = keys ? touching(keys, "last_used_at") : () => undefined
  const { lastSeen } = accounts
  const seen = lastSeen ? touching(accounts.resource, lastSeen.name) : undefined

  const look = async (c: AppContext, presented: Presented): Promise<Viewer | string> => {
    const read = await readCredentials(c, accounts, presented)
    if (!read) return endOf(presented)
    if (isStale(presented, read)) return "the password has changed since"
    remembered.set(nameOf(presented), read)
    return viewerOf(accounts, presented, read)
  }

  /** Looks, and once more by the issuer's token where its identity has changed hands. */
  const lookTwice = async (c: AppContext, token: string, presented: Presented): Promise<Viewer | string> => {
    const viewer = await look(c, presented)
    if (typeof viewer === "object" || !presented.identity) return viewer
    issued?.forget(presented)
    const again = await issued?.present(c, token)
    return typeof again === "object" ? look(c, again) : (again ?? viewer)
  }

  const identified = async (c: AppContext, token: string | null): Promise<Viewer | string> => {
    if (token === null) return "the Authorization header is not Bearer <token>"
    if (keys && looksLikeKey(token)) return viewerOfKey(c, accounts, keys, token, touchKey)
    const presented = (issued && (await issued.present(c, token))) ?? (await tokens.verify(token))
    if (typeof presented === "string") return presented
    const last = takesRecalled(c) ? remembered.get(nameOf(presented)) : undefined
    // The guard of a statement does not ask for the second factor.
    if (!last || isStale(presented, last) || needsFactor(accounts, last.role))
      return lookTwice(c, token, presented)
    const call = c.get("call")
    call.recalled = {
      guard: guardOf(presented, last),
      confirm: async () => {
        call.recalled = undefined
        settle(c, await lookTwice(c, token, presented))
        refuseRejected(c)
      },
    }
    return viewerOf(accounts, presented, last)
  }

  const timed = async (c: AppContext, token: string | null): Promise<void> => {
    const timings = c.get("timings")
    const started = performance.now()
    const db = timings.db.ms
    const identity = await identified(c, token).catch((error: unknown) => {
      // A route that looks at no viewer needs no issuer either.
      if (error instanceof Problem && error.code === "issuer_unavailable" && looksAtNone(c))
        return error.message
      throw error
    })
    settle(c, identity)
    if (seen) await noteSeen(c, seen)
    timings.auth = db - timings.db.ms + performance.now() - started
    refuseRejected(c)
  }

  const entailed = entailing(accounts)
  return (c, next) => {
    if (c.req.method !== "GET") c.get("call").entailed = entailed(c)
    const sent = credentialOf(c, keys !== undefined)
    const token = accounts.cookies && sent === undefined ? inCookie(c, origins) : sent
    return token === undefined || token === "" ? next() : timed(c, token).then(next)
  }
}

/**
 * Notes that the viewer was here: before its row is read, so that what it reads stays as it is. That it cannot be written
 * keeps nobody from reading.
 */
async function noteSeen(c: AppContext, touch: Touch): Promise<void> {
  const { viewer, client } = c.get("call")
  const due = viewer.id === undefined || viewer.actor !== undefined ? undefined : touch(viewer.id)
  if (due)
    await client()
      .batch([due])
      .catch(() => {})
}

/** Methods that change nothing (RFC 9110, 9.2.1). */
const isSafe = /^(GET|HEAD|OPTIONS|QUERY)$/

/** The access token in a cookie, which a page of another site may not use for a change. Signing in looks at none. */
function inCookie(c: AppContext, origins: readonly string[]): string | undefined {
  const token = cookieOf(c, "access")
  if (token !== undefined && !isSafe.test(c.req.method)) requireOwnSite(c, origins)
  return token
}

/** What a request identifies its viewer by: its bearer token, or a key in a header of its own. */
function credentialOf(c: AppContext, takesKeys: boolean): string | undefined | null {
  const header = c.req.header("authorization")
  const token = header && tokenOf(header)
  if (token !== undefined && token !== "") return token
  const key = takesKeys ? c.req.header("x-api-key") : undefined
  // Gateways have keys of their own in this header.
  return key !== undefined && looksLikeKey(key) ? key : token
}

/** Reads what an account is now, from the memory of the cache where nothing has changed it. */
async function readCredentials(
  c: AppContext,
  accounts: Accounts,
  claims: Presented,
): Promise<Credentials | undefined> {
  const { cache, client } = c.get("call")
  const statement = withValues(lookPlan(accounts, claims), lookValues(claims), true)
  const row = await cache.recall(
    () => ({
      key: `credentials:${nameOf(claims)}`,
      stamps: stampsOfRead(readsOf(statement.text), partsOf(accounts, claims)),
    }),
    async () => (await client().query(statement))[0],
  )
  return credentialsIn(accounts, row)
}

/** The rows that a look-up reads. Who acts as another is a second row of the accounts. */
function partsOf(accounts: Accounts, { userId, session, actor }: Presented): PartRead[] {
  const { resource, tables } = accounts
  const { sessions } = tables
  const own = { table: resource.tableName, column: accountKey(resource).name, value: userId, times: 1 }
  const parts = [...(actor === undefined ? [own] : []), ...factorPart(accounts, userId)]
  if (sessions && session !== undefined)
    parts.push({ table: sessions.tableName, column: "id", value: session, times: 1 })
  return parts
}

/**
 * Throws a 401 for a token that does not hold, but on the engine's own routes: they look at no viewer; and a 403 for who
 * must set up a second factor first.
 */
function refuseRejected(c: AppContext): void {
  refuseWithoutFactor(c)
  const { rejected } = c.get("call")
  if (rejected !== undefined && !looksAtNone(c)) throw rejectedToken(rejected)
}

/** Whether the route is one of the engine's own. */
const looksAtNone = (c: AppContext): boolean =>
  matchedRoutes(c).some(({ path }) => servedPaths.includes(path.split("/")[1] as string))

/** Whether the password has changed since a token was issued. */
const isStale = ({ passwordMark: mark }: Presented, { password }: Credentials): boolean =>
  mark !== undefined && passwordMark(password) !== mark

/** Why a token does not hold whose account was not found. */
function endOf({ session, identity }: Presented): string {
  if (identity) return "its subject has no account here any more"
  return session === undefined ? "its user is no more" : "its session has ended"
}

/** Sets the viewer of the request, or the reason why its token was rejected. */
function settle(c: AppContext, viewer: Viewer | string): void {
  const call = c.get("call")
  const rejected = typeof viewer === "string"
  call.viewer = rejected ? { kind: "anonymous" } : viewer
  call.rejected = rejected ? viewer : undefined
  c.set("viewer", routeViewer(call.viewer))
}
