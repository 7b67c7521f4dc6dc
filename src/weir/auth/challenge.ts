import { randomBytes } from "node:crypto"
import { and, eq, sql } from "drizzle-orm"
import type { AppContext } from "../http/context.ts"
import { changeOf } from "../operations/change.ts"
import { Problem } from "../problem.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { bound, compile, planOf, withValues } from "../sql/plan.ts"
import { type Account, accountKey } from "./accounts.ts"
import type { AuthContext } from "./auth-context.ts"
import { factorsOf, isActive } from "./factor-rows.ts"
import type { Identity } from "./identity.ts"
import { sweptTokens } from "./links.ts"
import { passkeyServerOf } from "./passkey-server.ts"
import { digestOf } from "./refresh-token.ts"
import { columnValue, insertOf, returned } from "./rows.ts"
import { type Shown, takeCode, wrongCode } from "./second-factor.ts"
import { passwordMark } from "./token.ts"
import { isUsable } from "./usable.ts"

/** How long one may look for the code after the password, in ms. */
const challengeMs = 300_000
const purpose = "second_factor"
const form = /^wch_[\w-]{43}$/

/** Who has shown the first factor, and how: by `password`, or by a provider. */
type Shower = Pick<Account, "id" | "hashedPassword"> & { method: string; identity?: Identity | undefined }

/**
 * What stands between a right password, or a provider's word, and a session: nothing where the account has no second
 * factor, else a code that was sent with it. Throws a 400 with a challenge where none was: it is to be sent with a code;
 * and without one where a passkey is to be used.
 */
export async function requireCode(
  c: AppContext,
  context: AuthContext,
  account: Shower,
  code: string | undefined,
): Promise<Shown | undefined> {
  const { factors, tokens } = context.accounts.tables
  const client = c.get("call").client()
  const hasApp = factors && (await factorsOf(client, factors, account.id)).some(isActive)
  if (!hasApp || !tokens) {
    await passkeyServerOf(context.accounts)?.requirePasskey(client, context.accounts, account.id)
    return undefined
  }
  if (code === undefined)
    throw new Problem("second_factor_required", "Send a one-time code as well: otp, or challenge and otp", {
      status: 400,
      members: { challenge: await newChallenge(c, tokens, account) },
    })
  const shown = await takeCode(c, context, factors, account.id, code)
  if (!shown) throw new Problem("invalid_grant", wrongCode)
  return shown
}

/** Begins a challenge. */
async function newChallenge(c: AppContext, tokens: Resource, account: Shower): Promise<string> {
  const challenge = `wch_${randomBytes(32).toString("base64url")}`
  const insert = insertOf(tokens, {
    token_hash: digestOf(challenge),
    purpose,
    user_id: account.id,
    data: {
      password: passwordMark(account.hashedPassword),
      method: account.method,
      identity: account.identity,
    },
    expires_at: new Date(Date.now() + challengeMs).toISOString(),
  })
  await c
    .get("call")
    .client()
    .batch([sweptTokens(tokens), insert])
  return challenge
}

/** Who has answered a challenge, and by what. Throws a 400 where it does not hold, or the code is wrong. */
export async function answerChallenge(
  c: AppContext,
  context: AuthContext,
  challenge: string,
  code: string,
): Promise<Shower & { shown: Shown }> {
  const { factors, tokens } = context.accounts.tables
  const found =
    factors && tokens && form.test(challenge) ? await look(c, context, tokens, challenge) : undefined
  const unknown = new Problem("invalid_grant", "The challenge does not hold: it is unknown, expired or used")
  if (!factors || !tokens || !found) throw unknown
  const shown = await takeCode(c, context, factors, found.id, code)
  if (!shown) throw new Problem("invalid_grant", wrongCode)
  const end = planOf(tokens, "own:challenges:end", () =>
    compile(
      sql`delete from ${tableOf(tokens)} where ${columnName(tokens, "token_hash")} = ${bound("hash")} and ${columnName(tokens, "purpose")} = ${purpose} returning ${returned(tokens)}`,
    ),
  )
  const ending = { ...withValues(end, { hash: digestOf(challenge) }), change: changeOf(tokens, "delete") }
  const [ended = []] = await c.get("call").client().batch([ending])
  // Somebody else has answered it meanwhile.
  if (ended.length === 0) throw unknown
  return { ...found, shown }
}

/** The account of a challenge that holds: it can be used, and has the password that it had then. */
async function look(
  c: AppContext,
  { accounts }: AuthContext,
  tokens: Resource,
  challenge: string,
): Promise<Shower | undefined> {
  const plan = planOf(tokens, "own:challenges:look", () => {
    const { resource, password } = accounts
    const own = (name: string) => sql`${tableOf(tokens)}.${columnName(tokens, name)}`
    const key = accountKey(resource).column
    const where = and(
      sql`${own("token_hash")} = ${bound("hash")} and ${own("purpose")} = ${purpose}`,
      sql`${own("expires_at")} > ${boundValue(tokens, "expires_at")}`,
      isUsable(accounts),
    )
    const data = tokens.fields.data?.type.sql.json(own("data")) ?? sql`null`
    return {
      ...compile(
        sql`select ${key}, ${password.column}, ${data} from ${tableOf(tokens)} join ${resource.table} on ${eq(key, own("user_id"))} where ${where}`,
      ),
      bounded: true,
    }
  })
  const values = {
    hash: digestOf(challenge),
    expires_at: columnValue(tokens, "expires_at", new Date().toISOString()),
  }
  const [row] = await c
    .get("call")
    .client()
    .query(withValues(plan, values, true))
  if (!row) return undefined
  const [id, hashed, data] = row
  const {
    password,
    method = "password",
    identity,
  } = (typeof data === "string" ? JSON.parse(data) : data) as Partial<Shower> & { password?: string }
  const hashedPassword = String(hashed)
  return password === passwordMark(hashedPassword)
    ? { id: id as Key, hashedPassword, method, identity }
    : undefined
}
