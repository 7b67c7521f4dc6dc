import { and, type SQL, sql } from "drizzle-orm"
import type { Statement } from "../db/driver.ts"
import type { AppContext } from "../http/context.ts"
import { changeOf } from "../operations/change.ts"
import { Problem } from "../problem.ts"
import type { Values } from "../query/query.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { bound, compile, planOf, withValues } from "../sql/plan.ts"
import { accountKey } from "./accounts.ts"
import { audited } from "./audit.ts"
import type { AuthContext } from "./auth-context.ts"
import { clientInfo } from "./client-info.ts"
import { type Identity, stillLinked } from "./identity.ts"
import { newRefreshToken } from "./refresh-token.ts"
import { accountLock, both, columnValue, insertOf, type Only, returned, someRow, withRow } from "./rows.ts"
import { passwordMark } from "./token.ts"
import { isUsable } from "./usable.ts"

/** Most sessions that one account has at a time: the ones used longest ago end. */
const maxSessions = 100
const dayMs = 86_400_000
const defaultDays = 30
const defaultMaxDays = 365

/** The answer to who has signed in (RFC 6749, 5.1). */
export interface TokenAnswer {
  access_token: string
  token_type: "bearer"
  expires_in: number
  refresh_token?: string
  session_id?: number
}

/** Who signs in, and how. */
export interface SignedIn {
  id: Key
  hashedPassword: string
  /** `password`, or who vouched. */
  method: string
  /** That what was shown is the account's still: it may be removed meanwhile, and its sessions ended. */
  while?: Only | undefined
  /** By whose word, where that was another issuer's. */
  identity?: Identity | undefined
}

/** How long a session lasts that is not used, in seconds. */
export const sessionSecondsOf = ({ settings }: AuthContext): number =>
  ((settings.sessionDays ?? defaultDays) * dayMs) / 1000

/** When a session ends that is used now, in the wire format. */
export const expiryOf = (context: AuthContext, now: number): string =>
  new Date(now + sessionSecondsOf(context) * 1000).toISOString()

/** A session that began then or before has lasted as long as any may, in the wire format. */
export const oldestBegin = ({ settings }: AuthContext, now: number): string =>
  new Date(now - (settings.sessionMaxDays ?? defaultMaxDays) * dayMs).toISOString()

/** An access token of a session, or of none. */
export async function accessAnswer(
  { tokens }: AuthContext,
  account: Pick<SignedIn, "id" | "hashedPassword">,
  session?: number,
): Promise<TokenAnswer> {
  const claims = { userId: account.id, passwordMark: passwordMark(account.hashedPassword), session }
  return {
    access_token: await tokens.issue(claims),
    token_type: "bearer",
    expires_in: tokens.lifetime,
  }
}

/** Begins a session for who has shown to be the owner of an account, or issues a token alone where there are no sessions. */
export async function beginSession(
  c: AppContext,
  context: AuthContext,
  account: SignedIn,
): Promise<TokenAnswer> {
  const { accounts } = context
  const { sessions } = accounts.tables
  const { id, hashedPassword, method } = account
  const told = { event: "sign_in", account: id, details: { method } } as const
  const client = c.get("call").client()
  if (!sessions) {
    const lines = audited(c, accounts, told)
    if (lines.length) await client.batch(lines)
    return accessAnswer(context, account)
  }
  const refresh = newRefreshToken()
  const now = Date.now()
  const insert = insertOf(
    sessions,
    {
      user_id: id,
      family_hash: refresh.familyHash,
      token_hash: refresh.tokenHash,
      password_mark: passwordMark(hashedPassword),
      method,
      ...clientInfo(c),
      last_used_at: new Date(now).toISOString(),
      expires_at: expiryOf(context, now),
    },
    both(stillUsable(accounts, account), account.while ?? stillLinked(accounts, account)),
  )
  const begun = withRow(sessions, "family_hash", refresh.familyHash)
  const lock = accountLock(sessions, id)
  const results = await client.batch([
    ...lock,
    insert,
    sweep(sessions, id, now),
    ...audited(c, accounts, told, begun),
  ])
  const session = Number(results[lock.length]?.[0]?.[1])
  if (!Number.isSafeInteger(session))
    throw new Problem("wrong_credentials", "The account has changed meanwhile")
  return {
    ...(await accessAnswer(context, account, session)),
    refresh_token: refresh.text,
    session_id: session,
  }
}

/** That the account is still what it was when its owner was found out, and can be used. */
function stillUsable(accounts: Accounts, { id, hashedPassword }: SignedIn): Only {
  const { resource, password } = accounts
  const column = (name: string) => columnName(resource, name)
  const key = accountKey(resource).name
  const own = and(
    sql`${column(key)} = ${boundValue(resource, key, "@account")}`,
    sql`${column(password.name)} = ${boundValue(resource, password.name, "@password")}`,
    isUsable(accounts),
  )
  return {
    name: "usable",
    where: sql`exists (select 1 from ${tableOf(resource)} where ${own})`,
    values: {
      "@account": columnValue(resource, key, id),
      "@password": columnValue(resource, password.name, hashedPassword),
    } as Values,
  }
}

/** Deletes the sessions of an account that have expired, and those beyond the most that it may have. */
function sweep(sessions: Resource, account: Key, now: number): Statement {
  const plan = planOf(sessions, "own:sweep", () => {
    const mine = sql`${columnName(sessions, "user_id")} = ${boundValue(sessions, "user_id")}`
    const key = columnName(sessions, "id")
    const newest = sql`select ${key} from ${tableOf(sessions)} where ${mine} order by ${columnName(sessions, "last_used_at")} desc, ${key} desc limit ${bound("most")}`
    const old = sql`(${columnName(sessions, "expires_at")} <= ${boundValue(sessions, "expires_at")} or ${key} not in (${newest}))`
    return compile(sql`delete from ${tableOf(sessions)} where ${mine} and ${old}`)
  })
  const values: Values = {
    user_id: columnValue(sessions, "user_id", account),
    expires_at: columnValue(sessions, "expires_at", new Date(now).toISOString()),
    most: maxSessions,
  }
  return { ...withValues(plan, values), change: { ...changeOf(sessions, "delete"), moves: true } }
}

/** Which sessions end. */
export interface Ending {
  /** Those of one account. */
  account?: Key | undefined
  /** One alone, or all but one. */
  only?: number | undefined
  but?: number | undefined
  /** Only where that holds before it. */
  while?: Only | undefined
}

/** Which sessions an ending is of, as a condition, and its values. Throws where nothing says which. */
function ended(sessions: Resource, { account, only, but, while: also }: Ending): Only {
  const parts = { account: account !== undefined, only: only !== undefined, but: but !== undefined }
  if (!parts.account && !parts.only) throw new Error("Sessions are ended by account or by key")
  const key = columnName(sessions, "id")
  const where = and(
    parts.account ? sql`${columnName(sessions, "user_id")} = ${boundValue(sessions, "user_id")}` : undefined,
    parts.only ? sql`${key} = ${bound("only")}` : undefined,
    parts.but ? sql`${key} <> ${bound("but")}` : undefined,
    also?.where,
  ) as SQL
  const values: Values = {
    ...(account === undefined ? {} : { user_id: columnValue(sessions, "user_id", account) }),
    only,
    but,
    ...also?.values,
  }
  return { name: `end:${JSON.stringify(parts)}${also?.name ?? ""}`, where, values }
}

/** That there are sessions to end: what tells of an ending says nothing where there is none. It stands before that. */
export function someEnd({ tables }: Accounts, ending: Ending): Only | undefined {
  const { sessions } = tables
  if (!sessions) return undefined
  const { name, where, values } = ended(sessions, ending)
  return { name, where: someRow(sessions, where), values }
}

/**
 * The statement that ends sessions: their tokens hold no more. It returns the rows that were there, as `returned` has
 * them. Throws where no condition says which.
 */
export function endSessions({ tables }: Accounts, ending: Ending): Statement[] {
  const { sessions } = tables
  if (!sessions) return []
  const { name, where, values } = ended(sessions, ending)
  const plan = planOf(sessions, `own:${name}`, () =>
    compile(sql`delete from ${tableOf(sessions)} where ${where} returning ${returned(sessions)}`),
  )
  const { only } = ending
  const change =
    only === undefined ? { ...changeOf(sessions, "delete"), moves: true } : changeOf(sessions, "delete", only)
  return [{ ...withValues(plan, values), change }]
}
