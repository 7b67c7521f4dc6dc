import { and, eq, sql } from "drizzle-orm"
import type { Row, Statement } from "../db/driver.ts"
import type { AppContext } from "../http/context.ts"
import { changeOf } from "../operations/change.ts"
import { Problem } from "../problem.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { compile, planOf, withValues } from "../sql/plan.ts"
import { accountKey } from "./accounts.ts"
import { audited } from "./audit.ts"
import type { AuthContext } from "./auth-context.ts"
import { clientInfo } from "./client-info.ts"
import { nextRefreshTokens, type RefreshToken, readRefreshToken } from "./refresh-token.ts"
import { columnValue } from "./rows.ts"
import { accessAnswer, endSessions, expiryOf, oldestBegin, someEnd, type TokenAnswer } from "./sessions.ts"
import { passwordMark } from "./token.ts"
import { isUsable } from "./usable.ts"

/** How long a token may be sent again whose answer was lost, in milliseconds. */
const retryMs = 10_000

const refused = (why: string): Problem =>
  new Problem("invalid_grant", `The refresh token does not hold: ${why}`)

/** What there is to know of a session whose token was sent. */
interface Found {
  session: number
  account: Key
  passwordMark: string
  hashedPassword: string | undefined
  tokenHash: string
  previousHash: string | null
  isRecent: boolean
  isOver: boolean
}

/**
 * The grant of a refresh token (RFC 6749, 6): it is replaced by the one that follows it, and holds no more. Sent again
 * within ten seconds, it gets the same answer once more; sent again later, two have it, and the session ends (RFC 9700,
 * 4.14.2). Of many at once, one replaces it, and the others get what that one has made.
 */
export async function refresh(c: AppContext, context: AuthContext, text: string): Promise<TokenAnswer> {
  const { accounts, tokens } = context
  const { sessions } = accounts.tables
  const sent = readRefreshToken(text)
  if (!sessions || !sent) throw refused("it is none of this API")
  const followers = nextRefreshTokens(sent, tokens)
  const now = Date.now()
  const client = c.get("call").client()
  const [replaced = [], states = []] = await client.batch([
    rotation(c, context, sessions, { sent, next: followers[0], now }),
    look(context, sessions, sent, now),
  ])
  const found = states[0] && foundIn(states[0])
  if (!found) throw refused("it is unknown, or its session has ended")
  const next = replaced.length
    ? followers[0]
    : followers.find(({ tokenHash }) => tokenHash === found.tokenHash)
  const isRetry = next !== undefined && found.previousHash === sent.tokenHash && found.isRecent
  if (!replaced.length && !isRetry) {
    if (found.isOver) throw refused("its session has expired")
    const isPresent = found.tokenHash === sent.tokenHash
    if (!isPresent) await endReused(c, context, found)
    throw refused(
      isPresent ? "its account cannot sign in" : "it was used before, so that its session has ended",
    )
  }
  if (found.hashedPassword === undefined || passwordMark(found.hashedPassword) !== found.passwordMark) {
    await client.batch(endSessions(accounts, { only: found.session }))
    throw refused("the password has changed since")
  }
  const account = { id: found.account, hashedPassword: found.hashedPassword }
  return {
    ...(await accessAnswer(context, account, found.session)),
    refresh_token: (next as RefreshToken).text,
    session_id: found.session,
  }
}

/** Ends a session of which somebody has an old token, and says why. */
async function endReused(
  c: AppContext,
  { accounts }: AuthContext,
  { session, account }: Found,
): Promise<void> {
  const ending = { only: session }
  const event = { event: "refresh_reused", account, details: { session } } as const
  const told = audited(c, accounts, event, someEnd(accounts, ending))
  await c
    .get("call")
    .client()
    .batch([...told, ...endSessions(accounts, ending)])
}

interface Rotation {
  sent: RefreshToken
  next: RefreshToken
  now: number
}

/** Replaces the token of a session, if it is the present one, and the account can sign in. */
function rotation(
  c: AppContext,
  context: AuthContext,
  sessions: Resource,
  { sent, next, now }: Rotation,
): Statement {
  const { accounts } = context
  const column = (name: string) => columnName(sessions, name)
  const value = (name: string, by = name) => boundValue(sessions, name, by)
  const plan = planOf(sessions, "own:rotate", () => {
    const account = sql`select 1 from ${accounts.resource.table} where ${and(eq(accountKey(accounts.resource).column, sql`${tableOf(sessions)}.${column("user_id")}`), isUsable(accounts))}`
    return compile(
      sql`update ${tableOf(sessions)} set ${column("previous_hash")} = ${column("token_hash")}, ${column("token_hash")} = ${value("token_hash", "next")}, ${column("last_used_at")} = ${value("last_used_at", "now")}, ${column("expires_at")} = ${value("expires_at")}, ${column("device")} = ${value("device")}, ${column("address")} = ${value("address")} where ${column("family_hash")} = ${value("family_hash")} and ${column("token_hash")} = ${value("token_hash")} and ${column("expires_at")} > ${value("expires_at", "now")} and ${column("created_at")} > ${value("created_at", "oldest")} and exists (${account}) returning 1, ${column("id")}, ${column("id")}, ${column("user_id")}`,
    )
  })
  const { device, address } = clientInfo(c)
  const values = {
    family_hash: sent.familyHash,
    token_hash: sent.tokenHash,
    next: next.tokenHash,
    now: columnValue(sessions, "last_used_at", new Date(now).toISOString()),
    oldest: columnValue(sessions, "created_at", oldestBegin(context, now)),
    expires_at: columnValue(sessions, "expires_at", expiryOf(context, now)),
    device: device ?? null,
    address: address ?? null,
  }
  // The row is named as a reference would be: which one it is, the database alone knows.
  const change = { ...changeOf(sessions, "update"), references: ["id", "user_id"] }
  return { ...withValues(plan, values), change }
}

/** Reads the session of a token as it is, and its account's password. */
function look(context: AuthContext, sessions: Resource, sent: RefreshToken, now: number): Statement {
  const { accounts } = context
  const plan = planOf(sessions, "own:look", () => {
    const { resource, password } = accounts
    const own = (name: string) => sql`${tableOf(sessions)}.${columnName(sessions, name)}`
    const time = (name: string, by: string) => boundValue(sessions, name, by)
    const columns = [
      ...["id", "user_id", "password_mark", "token_hash", "previous_hash"].map(own),
      sql`case when ${own("last_used_at")} > ${time("last_used_at", "since")} then 1 else 0 end`,
      sql`case when ${own("expires_at")} <= ${time("expires_at", "now")} or ${own("created_at")} <= ${time("created_at", "oldest")} then 1 else 0 end`,
      sql`(select ${password.column} from ${resource.table} where ${and(eq(accountKey(resource).column, own("user_id")), isUsable(accounts))})`,
    ]
    return compile(
      sql`select ${sql.join(columns, sql`, `)} from ${tableOf(sessions)} where ${own("family_hash")} = ${boundValue(sessions, "family_hash")}`,
    )
  })
  const iso = (ms: number) => columnValue(sessions, "last_used_at", new Date(ms).toISOString())
  const values = {
    family_hash: sent.familyHash,
    since: iso(now - retryMs),
    now: iso(now),
    oldest: columnValue(sessions, "created_at", oldestBegin(context, now)),
  }
  return { ...withValues(plan, values, true), isRead: true }
}

const foundIn = ([id, account, mark, token, previous, recent, over, password]: Row): Found => ({
  session: Number(id),
  account: account as Key,
  passwordMark: String(mark),
  tokenHash: String(token),
  previousHash: previous as string | null,
  isRecent: Number(recent) === 1,
  isOver: Number(over) === 1,
  hashedPassword: password === null || password === undefined ? undefined : String(password),
})
