import { randomBytes } from "node:crypto"
import { and, sql } from "drizzle-orm"
import type { AppContext } from "../http/context.ts"
import { changeOf } from "../operations/change.ts"
import { Problem } from "../problem.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { compile, planOf, withValues } from "../sql/plan.ts"
import { keyIn } from "./accounts.ts"
import type { Identity } from "./identity.ts"
import { sweptTokens } from "./links.ts"
import type { Person } from "./person.ts"
import { digestOf } from "./refresh-token.ts"
import { columnValue, insertOf } from "./rows.ts"
import { isSame } from "./same-text.ts"
import type { SignInRequest } from "./sign-in-request.ts"

/** How long a code may be exchanged, in milliseconds. */
const codeMs = 60_000
const purpose = "sign_in"

/** What a code is exchanged for. */
export interface CodeContent {
  account: Key
  provider: string
  /** Who has signed in. */
  identity?: Identity | undefined
  /** Who is linked to the account, and the fingerprint of its password when that was asked for. */
  link?: { person: Person; mark: string } | undefined
}

/** The table of one-time tokens: a start without it was refused. */
const tokensOf = ({ tables }: Accounts): Resource => tables.tokens as Resource

/** Makes a code that is good once, for a minute, with the redirect and the verifier of its request alone. */
export async function issueCode(
  c: AppContext,
  accounts: Accounts,
  request: SignInRequest,
  { account, ...content }: CodeContent,
): Promise<string> {
  const tokens = tokensOf(accounts)
  const code = randomBytes(32).toString("base64url")
  const { redirectUri, codeChallenge } = request
  const insert = insertOf(tokens, {
    token_hash: digestOf(code),
    purpose,
    user_id: account,
    data: { ...content, redirectUri, codeChallenge },
    expires_at: new Date(Date.now() + codeMs).toISOString(),
  })
  await c
    .get("call")
    .client()
    .batch([sweptTokens(tokens), insert])
  return code
}

/** What was sent to exchange a code (RFC 6749, 4.1.3, and RFC 7636, 4.5). */
export interface SentCode {
  code: string
  redirectUri: string
  verifier: string
}

const refused = (why: string): Problem => new Problem("invalid_grant", `The code does not hold: ${why}`)

/**
 * What a code stands for. It is used up by whoever sends it first, also where the rest does not fit: a code that was stolen
 * cannot be tried. Throws `invalid_grant`.
 */
export async function redeemCode(
  c: AppContext,
  accounts: Accounts,
  { code, redirectUri, verifier }: SentCode,
): Promise<CodeContent> {
  const tokens = tokensOf(accounts)
  const plan = planOf(tokens, "own:redeem code", () => {
    const same = (name: string) => sql`${columnName(tokens, name)} = ${boundValue(tokens, name)}`
    const isLate = sql`case when ${columnName(tokens, "expires_at")} <= ${boundValue(tokens, "expires_at", "now")} then 1 else 0 end`
    return compile(
      sql`delete from ${tableOf(tokens)} where ${and(same("token_hash"), same("purpose"))} returning ${columnName(tokens, "user_id")}, ${columnName(tokens, "data")}, ${isLate}`,
    )
  })
  const now = columnValue(tokens, "expires_at", new Date().toISOString())
  const statement = withValues(plan, { token_hash: digestOf(code), purpose, now })
  const change = { ...changeOf(tokens, "delete"), moves: true }
  const [rows] = await c
    .get("call")
    .client()
    .batch([{ ...statement, change }])
  const row = rows?.[0]
  if (!row) throw refused("it is unknown, or was used before")
  if (Number(row[2]) === 1) throw refused("it has expired")
  const data = (typeof row[1] === "string" ? JSON.parse(row[1]) : row[1]) as Omit<CodeContent, "account"> & {
    redirectUri: string
    codeChallenge: string
  }
  if (data.redirectUri !== redirectUri) throw refused("it is for another redirect_uri")
  if (!isSame(digestOf(verifier), data.codeChallenge)) throw refused("the code_verifier is another")
  return { ...data, account: keyIn(accounts, row[0]) }
}
