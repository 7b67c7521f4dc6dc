import { randomBytes } from "node:crypto"
import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Client, Statement } from "../db/driver.ts"
import { changeOf } from "../operations/change.ts"
import { Problem } from "../problem.ts"
import type { Values } from "../query/query.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { bound, compile, planOf, withValues } from "../sql/plan.ts"
import { digestOf } from "./refresh-token.ts"
import { columnValue, returned } from "./rows.ts"

/** What a link is for. An invitation, which has no account yet, names the digest of its address. */
export type Purpose = "verify" | "reset" | "email" | `invite:${string}`

/** How long a link holds, in seconds; invitations have a setting of their own. */
export const linkSeconds = 3600
const digestLength = 13
/** Most expired tokens that are deleted with a new one. */
const sweptAtOnce = 100

/** The purpose of an invitation of an address. */
export const inviting = (email: string): Purpose =>
  `invite:${digestOf(`invite ${email}`).slice(0, digestLength)}`

/** A token that is used once, of 256 random bits; the database has its digest. */
export function newLinkToken(): { text: string; hash: string } {
  const text = randomBytes(32).toString("base64url")
  return { text, hash: hashOf(text) }
}

const hashOf = (text: string): string => digestOf(`link ${text}`)

export const invalidLink = (): Problem =>
  new Problem("invalid_link", "The link is unknown, has expired, or was used: ask for a new one")

export interface NewLink {
  hash: string
  purpose: Purpose
  /** Absent for an invitation, and where there is no account: such a token opens nothing, and costs what any costs. */
  account: Key | undefined
  data: Record<string, unknown>
  seconds: number
}

/** The statements that store a link in place of the account's last one of that purpose, and delete some that have expired. */
export function storeLink(tokens: Resource, { hash, purpose, account, data, seconds }: NewLink): Statement[] {
  const column = (name: string) => columnName(tokens, name)
  const from = sql`delete from ${tableOf(tokens)} where`
  const now = Date.now()
  const time = (ms: number) => columnValue(tokens, "expires_at", new Date(ms).toISOString())
  const values: Values = {
    token_hash: hash,
    purpose,
    user_id: account === undefined ? null : columnValue(tokens, "user_id", account),
    data: columnValue(tokens, "data", data),
    expires_at: time(now + seconds * 1000),
  }
  const replaced = planOf(tokens, "own:replaced", () =>
    compile(
      sql`${from} ${column("purpose")} = ${bound("purpose")} and not (${expressions.distinct(column("user_id"), boundValue(tokens, "user_id"))})`,
    ),
  )
  const names = Object.keys(values)
  const insert = planOf(tokens, "own:link", () =>
    compile(
      sql`insert into ${tableOf(tokens)} (${sql.join(names.map(column), sql`, `)}) values (${sql.join(
        names.map((name) => boundValue(tokens, name)),
        sql`, `,
      )}) returning ${returned(tokens)}`,
    ),
  )
  return [
    { ...withValues(replaced, values), change: gone(tokens) },
    { ...withValues(insert, values), change: changeOf(tokens, "insert") },
    sweptTokens(tokens),
  ]
}

const gone = (tokens: Resource) => ({ ...changeOf(tokens, "delete"), moves: true })

/** The statement that deletes some tokens that have expired, of whatever purpose. */
export function sweptTokens(tokens: Resource): Statement {
  const column = (name: string) => columnName(tokens, name)
  const plan = planOf(tokens, "own:expired", () =>
    compile(
      sql`delete from ${tableOf(tokens)} where ${column("token_hash")} in (select ${column("token_hash")} from ${tableOf(tokens)} where ${column("expires_at")} <= ${boundValue(tokens, "expires_at", "now")} limit ${sql.raw(`${sweptAtOnce}`)}${sql.raw(expressions.skippingLocked)})`,
    ),
  )
  const now = columnValue(tokens, "expires_at", new Date().toISOString())
  return { ...withValues(plan, { now }), change: gone(tokens) }
}

/** A link whose token was sent. */
export interface Link {
  hash: string
  purpose: string
  account: Key | undefined
  data: Record<string, unknown>
}

/** Reads the link of a token. Throws a 400 for one that is unknown or has expired. Nothing is used up by it. */
export async function findLink(tokens: Resource, client: Client, text: string): Promise<Link> {
  const hash = hashOf(text)
  const plan = planOf(tokens, "own:find", () => {
    const data = tokens.fields.data?.type.sql.json(columnName(tokens, "data")) ?? sql`null`
    const columns = [columnName(tokens, "purpose"), columnName(tokens, "user_id"), data]
    return {
      ...compile(
        sql`select ${sql.join(columns, sql`, `)} from ${tableOf(tokens)} where ${isIt(tokens, "hash", "now")}`,
      ),
      bounded: true,
    }
  })
  const now = columnValue(tokens, "expires_at", new Date().toISOString())
  const [row] = await client.query(withValues(plan, { hash, now }, true))
  if (!row) throw invalidLink()
  const [purpose, account, data] = row
  return {
    hash,
    purpose: String(purpose),
    account: (account as Key | null) ?? undefined,
    data: (typeof data === "string" ? JSON.parse(data) : data) as Record<string, unknown>,
  }
}

const isIt = (tokens: Resource, hash: string, now: string): SQL =>
  sql`${columnName(tokens, "token_hash")} = ${bound(hash)} and ${columnName(tokens, "expires_at")} > ${boundValue(tokens, "expires_at", now)}`

/**
 * The condition that a link is not used yet. Of two that use it at once, the second waits, where the database has several
 * writers, and finds it gone.
 */
export const isUnused = (tokens: Resource): SQL =>
  sql`exists (select 1 from ${tableOf(tokens)} where ${isIt(tokens, "@link", "@linkNow")}${expressions.forUpdate})`

/** The values that `isUnused` binds. */
export const unusedValues = (tokens: Resource, { hash }: Pick<Link, "hash">): Record<string, string> => ({
  "@link": hash,
  "@linkNow": String(columnValue(tokens, "expires_at", new Date().toISOString())),
})

/** The statement that uses a link up, and with it all others of its account. */
export function endLinks(tokens: Resource, { hash, account }: Pick<Link, "hash" | "account">): Statement {
  const plan = planOf(tokens, "own:used", () =>
    compile(
      sql`delete from ${tableOf(tokens)} where ${columnName(tokens, "token_hash")} = ${bound("hash")} or ${columnName(tokens, "user_id")} = ${boundValue(tokens, "user_id")}`,
    ),
  )
  const user_id = account === undefined ? null : columnValue(tokens, "user_id", account)
  return { ...withValues(plan, { hash, user_id }), change: gone(tokens) }
}
